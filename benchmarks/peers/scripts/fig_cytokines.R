source("helpers.R")
library(ggplot2)
d <- merge(get_("labs"), get_("cohort")[c("id", "infused", "crs")])
d$day <- as.numeric(d$date - d$infused)
d <- subset(d, test %in% c("IL6", "FERRITIN", "CRP") & day >= 0 & day <= 28)
picture("fig_cytokines", ggplot(d, aes(day, value, group = id, colour = factor(crs))) + geom_line() +
  facet_wrap(~test, ncol = 1, scales = "free_y") + scale_y_log10() + labs(colour = "CRS") + theme_classic(), 7, 8)
