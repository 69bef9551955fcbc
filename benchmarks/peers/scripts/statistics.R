source("helpers.R")
library(survival)
library(cmprsk)
d <- get_("cohort")
rr <- d[d$stratum == "RR", ]
share <- function(x) c(n = sum(x), N = length(x), setNames(100 * binom.test(sum(x), length(x))$conf.int, c("low", "high")))
rates <- rbind(cr_rr_evaluable = share(rr$remission[rr$evaluable]), cr_rr_infused = share(rr$remission %in% TRUE),
               mrd_negative_mrdpos = share(d$remission[d$stratum == "MRD"] %in% TRUE), crs_severe = share(d$crs >= 3))
fit <- survfit(Surv(os, dead) ~ 1, d, conf.type = "log-log")
days <- 12 * 365.25 / 12
r <- d[!is.na(d$lfs), ]
relapse <- cuminc(r$lfs, r$cause, cencode = 0)
p <- c(log_rank = survdiff(Surv(os, dead) ~ stratum, d)$chisq, cox = coef(coxph(Surv(os, dead) ~ log10(dose), d))[[1]],
       age = fisher.test(table(rr$age >= 18, rr$remission))$p.value,
       trend = kruskal.test(blasts ~ dose_group, d)$p.value,
       spearman = suppressWarnings(cor.test(d$dose, d$crs, method = "spearman"))$p.value)
put(list(rates = rates, os_12 = summary(fit, times = days)$surv, relapse_12 = timepoints(relapse, days)$est[1, 1], p = p),
    "statistics")
write.csv(round(rbind(rates, os_12 = c(NA, fit$n, 100 * summary(fit, times = days)$surv, NA)), 2),
          file.path(OUT, "statistics.csv"))
