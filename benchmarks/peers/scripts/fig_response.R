source("helpers.R")
library(ggplot2)
d <- as.data.frame(get_("statistics")$rates)
d$what <- factor(rownames(d), rev(rownames(d)))
picture("fig_response", ggplot(d, aes(100 * n / N, what, xmin = low, xmax = high)) + geom_pointrange() + xlim(0, 100) +
  labs(x = "%", y = NULL) + theme_classic())
