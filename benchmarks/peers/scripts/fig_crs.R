source("helpers.R")
library(ggplot2)
picture("fig_crs", ggplot(get_("cohort"), aes(dose_group, fill = factor(crs))) + geom_bar(position = "fill") +
  scale_fill_brewer("CRS", palette = "YlOrRd") + labs(x = "Dose", y = "Share") + theme_classic())
