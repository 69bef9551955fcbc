# The other side of statistics_grid.py: Rscript statistics_grid.R <folder> reads grid.csv and writes r.csv.
suppressPackageStartupMessages({library(survival); library(cmprsk)})
folder <- commandArgs(trailingOnly = TRUE)[1]; all <- read.csv(file.path(folder, "grid.csv")); out <- list()
add <- function(set, ...) { v <- c(...); out[[length(out) + 1]] <<- data.frame(set = set, statistic = names(v), value = unname(v)) }
try_add <- function(set, e) tryCatch(suppressWarnings(do.call(add, c(list(set), as.list(unlist(e()))))), error = function(e) NULL)
for (d in split(all, all$set)) {
  s <- d$set[1]; a <- d$x[d$g == 1]; b <- d$x[d$g == 0]; t <- table(factor(d$g, 1:0), factor(d$y, 1:0))
  try_add(s, function() c(fisher.p_value = fisher.test(t)$p.value))
  try_add(s, function() c(fisher_greater.p_value = fisher.test(t, alternative = "greater")$p.value))
  try_add(s, function() { r <- chisq.test(t, correct = TRUE); if (min(dim(t), rowSums(t), colSums(t)) > 0) c(chi.statistic = r$statistic[[1]], chi.p_value = r$p.value) })
  try_add(s, function() { r <- mantelhaen.test(table(factor(d$g, 1:0), factor(d$y, 1:0), d$k)); c(mh.statistic = r$statistic[[1]], mh.p_value = r$p.value) })
  try_add(s, function() { r <- mcnemar.test(table(factor(d$y, 1:0), factor(d$g, 1:0))); c(mcnemar.statistic = r$statistic[[1]], mcnemar.p_value = r$p.value) })
  try_add(s, function() { r <- wilcox.test(a, b); c(mw.statistic = r$statistic[[1]], mw.p_value = r$p.value) })
  try_add(s, function() { r <- t.test(a, b); c(t.statistic = r$statistic[[1]], t.df = r$parameter[[1]], t.p_value = r$p.value, t.ci_low = r$conf.int[1], t.ci_high = r$conf.int[2]) })
  try_add(s, function() { r <- kruskal.test(d$x, d$k); c(kw.statistic = r$statistic[[1]], kw.p_value = r$p.value) })
  try_add(s, function() { r <- cor.test(d$x, d$z, method = "kendall"); c(kendall.estimate = r$estimate[[1]], kendall.p_value = r$p.value) })
  try_add(s, function() { r <- cor.test(d$x, d$z, method = "spearman"); c(spearman.estimate = r$estimate[[1]], spearman.p_value = r$p.value) })
  try_add(s, function() { r <- binom.test(sum(d$y), nrow(d), 0.3); c(binom.p_value = r$p.value, binom.ci_low = r$conf.int[1], binom.ci_high = r$conf.int[2]) })
  for (g in c(0, 1)) for (ct in c("log-log", "log", "plain")) try_add(s, function() {
    k <- d[d$g == g, ]; f <- survfit(Surv(time, event) ~ 1, k, conf.type = ct); at <- sort(k$time)[ceiling(nrow(k) * c(0.25, 0.5, 0.75))]
    r <- summary(f, times = at, extend = TRUE); q <- unname(summary(f)$table[7:9])  # quantile() takes a midpoint with the last time, print() does not
    v <- c(r$surv, r$std.err, r$lower, r$upper, q)
    names(v) <- paste0("km", g, ct, ".", seq_along(v)); v[!is.na(v)] })
  try_add(s, function() { r <- survdiff(Surv(time, event) ~ g, d); c(lr.statistic = r$chisq, lr.p_value = pchisq(r$chisq, 1, lower.tail = FALSE)) })
  try_add(s, function() { r <- survdiff(Surv(time, event) ~ k, d, rho = 1); df <- sum(r$exp > 0) - 1; c(fh.statistic = r$chisq, fh.p_value = pchisq(r$chisq, df, lower.tail = FALSE)) })
  try_add(s, function() { f <- coxph(Surv(time, event) ~ z, d, control = coxph.control(eps = 1e-12, toler.chol = 1e-14, iter.max = 60)); r <- summary(f)
    if (abs(coef(f)) * sd(d$z) < 8) c(cox.coefficient = coef(f)[[1]], cox.std_error = r$coefficients[1, 3], cox.p_value = r$coefficients[1, 5]) })
  for (of in 1:2) try_add(s, function() { f <- survfit(Surv(time, factor(cause, 0:2)) ~ 1, d, conf.type = "log-log"); at <- sort(d$time)[ceiling(nrow(d) * c(0.25, 0.5, 0.75))]
    r <- summary(f, times = at, extend = TRUE); v <- c(r$pstate[, of + 1], r$std.err[, of + 1], r$lower[, of + 1], r$upper[, of + 1])
    names(v) <- paste0("cif", of, ".", seq_along(v)); v[!is.na(v)] })
  singular <- function(r) if (r["1", "stat"] < 0) NULL else r["1", "stat"]  # cmprsk says -1
  try_add(s, function() { r <- cuminc(d$time, d$cause, d$g)$Tests; if (!is.null(singular(r))) c(gray.statistic = r["1", "stat"], gray.p_value = r["1", "pv"]) })
  try_add(s, function() { r <- cuminc(d$time, d$cause, d$g, d$k)$Tests; if (!is.null(singular(r))) c(gray_stratified.statistic = r["1", "stat"], gray_stratified.p_value = r["1", "pv"]) })
}
r <- do.call(rbind, out); write.csv(transform(r, value = sprintf("%.17g", value)), file.path(folder, "r.csv"), row.names = FALSE)
