source("helpers.R")
library(survival)
library(ggplot2)
s <- summary(coxph(Surv(os, dead) ~ log10(dose) + stratum + sex, get_("cohort")))$conf.int
d <- data.frame(what = rownames(s), hr = s[, 1], low = s[, 3], high = s[, 4])
picture("fig_forest", ggplot(d, aes(hr, what, xmin = low, xmax = high)) + geom_pointrange() + scale_x_log10() +
  geom_vline(xintercept = 1, linetype = 2) + labs(x = "Hazard ratio", y = NULL) + theme_classic())
