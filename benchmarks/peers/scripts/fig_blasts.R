source("helpers.R")
library(ggplot2)
d <- subset(get_("cohort"), stratum == "RR" & evaluable & blasts > 0)
d$change <- pmin(100 * (d$blasts_after - d$blasts) / d$blasts, 100)
d$id <- reorder(d$id, -d$change)
picture("fig_blasts", ggplot(d, aes(id, change, fill = remission)) + geom_col() + labs(x = NULL, y = "Change, %") +
  theme_classic() + theme(axis.text.x = element_blank()))
