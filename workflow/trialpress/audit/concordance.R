# A second opinion: the statistics of the analysis results data computed again by R from exported data. One file, since it shares no code with anything and R starts once.
# Rscript concordance.R <folder>: reads jobs.csv, levels.csv, families.csv and data.csv, writes second.csv. It shares no code with the first.
folder <- commandArgs(trailingOnly = TRUE)[1]
without <- function(package, of) {  # load a package with stand-ins for the functions that it imports of another one, which is loaded when one is called
  asked <- Filter(function(from) from[[1]] == package, readRDS(system.file("Meta", "nsInfo.rds", package = of))$imports); names <- unique(unlist(lapply(asked, `[[`, 2)))
  stand <- list2env(sapply(names, function(name) function(...) getExportedValue(package, name)(...), simplify = FALSE), parent = baseenv())
  stand$.__NAMESPACE__. <- list2env(list(spec = c(name = package, version = format(packageVersion(package))), exports = list2env(as.list(setNames(names, names)))))
  .Internal(registerNamespace(package, stand)); on.exit(.Internal(unregisterNamespace(package))); loadNamespace(of)
}
invisible(try(without("Matrix", "survival"), silent = TRUE))  # Matrix takes longer to load than all else together, and survival calls it for matrices of hazard rates alone
suppressPackageStartupMessages(library(survival))  # while what is read is being written
ready <- file("stdin"); invisible(readLines(ready, 1)); close(ready)  # now it is there
read <- function(name) read.csv(file.path(folder, name), colClasses = "character", na.strings = "@missing@", check.names = FALSE, encoding = "UTF-8")
jobs <- read("jobs.csv"); ids <- read("levels.csv"); data <- read("data.csv")
parts <- split(data, factor(data$analysis, levels = jobs$analysis))
if (nrow(data) < 1e5) invisible(compiler::enableJIT(0))  # compiling these functions takes longer than running them on few rows

too_many <- function(a, b) sum(as.numeric(a) * b) > 1e7  # pairs: a statistic of all of them is not computed, since memory would end
closed <- 1e-9; exact <- 1e-7; fitted <- 1e-6
found <- list(); failed <- list()
add <- function(group, level, by, tolerance, ...) {
  values <- c(...)
  found[[length(found) + 1]] <<- list(analysis = job$analysis, group = group, level = level, statistic = names(values),
    second = ifelse(is.na(values), "NA", sprintf("%.17g", values)), tolerance = tolerance, implementation = by)
}
rows <- function(found) {  # a column at a time: thousands of small data frames bound together take longer than the statistics
  n <- lengths(lapply(found, `[[`, "second"))
  column <- function(name) if (length(n)) unlist(Map(rep_len, lapply(found, `[[`, name), n)) else character()
  data.frame(sapply(c("analysis", "group", "level", "statistic", "second", "tolerance", "implementation"), column, simplify = FALSE))
}
num <- function(text) suppressWarnings(as.numeric(text))
named <- function(set, kind) { l <- ids[ids$analysis == job$analysis & ids$set == set & ids$kind == kind, ]; l$id[order(as.integer(l$position))] }
at_time <- function(t) paste0(t, "_", job$unit)  # ids as the analysis results data have them
of <- function(column, code) paste0(column, "=", code)

interval <- function(x, n, conf) {
  z <- qnorm(1 - (1 - conf) / 2)
  if (n == 0) return(NULL)
  switch(job$interval,
    "clopper-pearson" = list("binom.test", binom.test(x, n, conf.level = conf)$conf.int),
    "wilson" = list("prop.test", suppressWarnings(prop.test(x, n, conf.level = conf, correct = FALSE))$conf.int),
    "jeffreys" = list("qbeta", c(if (x == 0) 0 else qbeta((1 - conf) / 2, x + 0.5, n - x + 0.5), if (x == n) 1 else qbeta(1 - (1 - conf) / 2, x + 0.5, n - x + 0.5))),
    NULL)
}
rate <- function(group, y, conf) {
  x <- sum(y == 1); n <- length(y)
  add(group, "", "sum, length", closed, n = x, N = n, estimate = if (n) x / n else NA)
  ci <- interval(x, n, conf)
  if (!is.null(ci)) add(group, "", ci[[1]], closed, ci_low = ci[[2]][1], ci_high = ci[[2]][2])
}
in_range <- function(k) { u <- max(abs(k)); if (is.finite(u) && u > 0) u else 1 }  # a unit in which squares are numbers
describe <- function(group, level, y) {
  k <- y[!is.na(y)]; q <- quantile(k, c(0.25, 0.5, 0.75), names = FALSE, type = 7)
  some <- length(k) > 0
  add(group, level, "length, is.na", closed, n = length(k), missing = sum(is.na(y)))
  if (job$intervals == "true" && some) {
    s <- sort(k); n <- length(k); conf <- num(job$conf); r <- which(2 * pbinom(seq_len(n) - 1, n, 0.5) <= 1 - conf)
    if (n > 1 && sd(k) > 0) { t <- t.test(k, conf.level = conf)$conf.int; add(group, level, "t.test", closed, mean_ci_low = t[1], mean_ci_high = t[2]) }
    if (length(r)) add(group, level, "pbinom, sort", closed, median_ci_low = s[max(r)], median_ci_high = s[n + 1 - max(r)])
  }
  if (some) add(group, level, "mean, sd, quantile", closed, mean = mean(k), sd = sd(k / in_range(k)) * in_range(k), median = q[2], q1 = q[1], q3 = q[3], min = min(k), max = max(k))
}
count <- function(group, prefix, values, levels) {
  add(group, prefix, "table", closed, N = sum(!is.na(values)), missing = sum(is.na(values)))
  t <- table(factor(values, levels = levels))
  for (l in levels) {
    add(group, if (prefix == "") l else of(prefix, l), "table", closed, n = t[[l]], percent = t[[l]] / sum(t))
    if (job$intervals == "true" && sum(t)) { b <- binom.test(t[[l]], sum(t), conf.level = num(job$conf))$conf.int
      add(group, of(prefix, l), "binom.test", closed, ci_low = b[1], ci_high = b[2]) }
  }
}
mahalanobis_of <- function(counts) {  # Yang & Dalton 2012, from two vectors of counts per level
  seen <- counts[[1]] + counts[[2]] > 0; p <- lapply(counts, function(k) as.vector(k / sum(k))[seen][-1])
  if (sum(seen) < 2 || !any(counts[[1]] * counts[[2]] > 0)) return(NA)
  v <- lapply(p, function(p) diag(p, length(p)) - p %o% p); d <- p[[1]] - p[[2]]
  s <- sqrt(sum(d * solve((v[[1]] + v[[2]]) / 2, d)))
  if (length(d) == 1) s * sign(d) else s
}
wilson <- function(x, n, conf) suppressWarnings(prop.test(x, n, conf.level = conf, correct = FALSE))$conf.int
newcombe <- function(x, n, conf) {  # of the first less the second
  p <- x / n; a <- wilson(x[1], n[1], conf); b <- wilson(x[2], n[2], conf)
  p[1] - p[2] + c(-sqrt((p[1] - a[1])^2 + (b[2] - p[2])^2), sqrt((a[2] - p[1])^2 + (p[2] - b[1])^2))
}
conditional <- function(t, conf) {  # the equations of fisher.test, solved more closely than it does
  m <- sum(t[, 1]); n <- sum(t[, 2]); k <- sum(t[1, ]); a <- t[1, 1]; s <- max(0, k - n):min(k, m); tail <- (1 - conf) / 2; if (length(s) < 2) return(NULL)
  d <- function(l) { d <- dhyper(s, m, n, k, log = TRUE) + l * s; d <- exp(d - max(d)); d / sum(d) }
  solve <- function(f) exp(uniroot(f, c(-30, 30), tol = 1e-14)$root)
  c(odds_ratio = if (a == min(s)) 0 else if (a == max(s)) Inf else solve(function(l) sum(d(l) * s) - a),
    ci_low = if (a == min(s)) 0 else solve(function(l) sum(d(l)[s >= a]) - tail),
    ci_high = if (a == max(s)) Inf else solve(function(l) sum(d(l)[s <= a]) - tail))
}
cramer <- function(t, conf) {
  if (min(dim(t)) < 2) return()
  x <- unname(suppressWarnings(chisq.test(t, correct = FALSE))$statistic); df <- prod(dim(t) - 1); most <- sum(t) * (min(dim(t)) - 1)
  at <- function(p) if (pchisq(x, df) <= p) 0 else uniroot(function(l) pchisq(x, df, l) - p, c(0, 10 * x + 200), tol = 1e-13)$root
  v <- sqrt(x / most); ends <- pmin(1, sqrt(c(at((1 + conf) / 2), at((1 - conf) / 2)) / most))
  add("", "", "chisq.test, pchisq, uniroot", 1e-4, estimate = v, ci_low = min(ends[1], v), ci_high = max(ends[2], v))
}
shift <- function(y, conf, level) {  # Hodges-Lehmann, of the second less the first
  if (too_many(length(y[[1]]), length(y[[2]]))) return(suppressWarnings(wilcox.test(y[[2]], y[[1]])))
  t <- suppressWarnings(wilcox.test(y[[2]], y[[1]], conf.int = TRUE, conf.level = conf, tol.root = 1e-12))
  add("", level, "wilcox.test", fitted, ci_low = t$conf.int[1], ci_high = t$conf.int[2])
  add("", level, "median of all differences", closed, estimate = median(outer(y[[2]], y[[1]], "-")))
  t
}
ratios <- function(f, groups, conf, by = "coxph") {  # hazard ratio of each group but the first
  if (anyNA(coef(f)) || any(abs(coef(f)) > 15) || !all(diag(vcov(f)) > 0)) return()
  s <- summary(f, conf.int = conf)$conf.int
  for (i in seq_along(groups)) add("", of(job$by, groups[i]), by, fitted, hazard_ratio = s[i, 1], ci_low = s[i, 3], ci_high = s[i, 4])
}
coefficient <- function(X, y, conf, shown, penalise) {  # logistic regression, X with intercept; Firth's penalty and profiles, or ML and Wald
  if (!penalise) {
    f <- suppressWarnings(glm(y ~ X - 1, family = binomial, control = glm.control(1e-14, 100))); if (max(abs(fitted.values(f) - y)) < 1e-6 || any(abs(coef(f)) > 25)) return()
    s <- summary(f)$coefficients; z <- qnorm((1 + conf) / 2)
    for (i in seq_along(shown)) { b <- s[i + 1, 1]; e <- s[i + 1, 2]; add("", shown[i], "glm", fitted, odds_ratio = exp(b), ci_low = exp(b - z * e), ci_high = exp(b + z * e), p_value = 2 * pnorm(-abs(b / e))) }
    return()
  }
  penalised <- function(b) { p <- plogis(drop(X %*% b)); sum(log(ifelse(y == 1, p, 1 - p))) + determinant(crossprod(X * sqrt(p * (1 - p))))$modulus[1] / 2 }
  fit <- function(fixed = 0, at = 0, b = rep(0, ncol(X)), close = 1e-13) {  # Newton on the modified score; one coefficient may be held; steps to and fro grow shorter
    free <- setdiff(seq_len(ncol(X)), fixed); if (fixed) b[fixed] <- at; pace <- 1; last <- 0
    for (step in 1:500) {
      p <- plogis(drop(X %*% b)); w <- p * (1 - p); information <- crossprod(X * sqrt(w))
      h <- w * rowSums((X %*% solve(information)) * X); score <- drop(crossprod(X, y - p + h * (0.5 - p)))[free]
      move <- drop(solve(information[free, free, drop = FALSE], score)); move <- move / max(1, max(abs(move)) / 2)
      if (sum(move * last) < 0) pace <- pace / 2; last <- move; b[free] <- b[free] + pace * move; if (max(abs(move)) < close) break
    }
    b
  }
  b <- fit(); top <- penalised(b); cut <- qchisq(conf, 1) / 2; wald <- sqrt(diag(solve(crossprod(X * sqrt(plogis(drop(X %*% b)) * (1 - plogis(drop(X %*% b))))))))
  for (i in seq_along(shown)) {
    j <- i + 1; here <- b  # each profile begins where the one before has ended; its height is flat there, so that half the digits do
    drop_to <- function(at) { here <<- fit(j, at, here, 1e-9); top - penalised(here) - cut }
    end <- function(sign) { here <<- b; far <- b[j] + sign * 2 * wald[j]; while (drop_to(far) < 0 && abs(far) < 60) far <- far + sign * wald[j]; uniroot(drop_to, sort(c(b[j], far)), tol = 1e-11)$root }
    add("", shown[i], "Newton, profile by uniroot", fitted, odds_ratio = exp(b[[j]]), ci_low = exp(end(-1)), ci_high = exp(end(1)),
        p_value = pchisq(2 * (top - penalised(fit(j, 0, b))), 1, lower.tail = FALSE))
  }
}
nca <- function(t, c, until, limit, below) {  # exposure of one participant: linear up, logarithmic down
  ok <- c >= limit
  if (!any(ok)) return(rep(NA, 5))
  first <- which(ok)[1]; v <- ifelse(ok, c, 0); late <- !ok & seq_along(c) > first
  if (below == "half") v[late] <- limit / 2
  if (below == "missing") { keep <- !late } else keep <- rep(TRUE, length(c))
  u <- t[keep]; v <- v[keep]; if (u[1] > 0 && job$start == "zero") { u <- c(0, u); v <- c(0, v) }
  auc <- NA
  if (u[1] == 0 && length(u) > 1 && u[length(u)] >= until) {
    falls <- function(a, b) a > b && b > 0
    i <- findInterval(until, u); if (u[i] < until) {
      s <- (until - u[i]) / (u[i + 1] - u[i]); end <- if (falls(v[i], v[i + 1])) exp(log(v[i]) + s * (log(v[i + 1]) - log(v[i]))) else v[i] + s * (v[i + 1] - v[i])
      u <- c(u[1:i], until); v <- c(v[1:i], end)
    } else { u <- u[1:i]; v <- v[1:i] }
    auc <- 0
    for (k in seq_along(u)[-1]) auc <- auc + (u[k] - u[k - 1]) * if (falls(v[k - 1], v[k])) (v[k - 1] - v[k]) / log(v[k - 1] / v[k]) else (v[k - 1] + v[k]) / 2
  }
  peak <- which(ok)[which.max(c[ok])]; after <- which(ok & t > t[peak]); half <- NA
  if (length(after) >= 3) {
    best <- -Inf; slope <- NA
    for (k in 3:length(after)) {
      at <- tail(after, k); f <- lm.fit(cbind(1, t[at]), log(c[at])); r <- 1 - sum(f$residuals^2) / sum((log(c[at]) - mean(log(c[at])))^2) * (k - 1) / (k - 2)
      if (var(log(c[at])) == 0) r <- -Inf
      if (k == 3 || r > best - 1e-4) { best <- if (k == 3) r else max(best, r); slope <- f$coefficients[[2]] }
    }
    if (slope < 0) half <- log(2) / -slope
  }
  c(c[peak], t[peak], auc, max(t[ok]), half)
}
compared <- function(d, groups) {  # counts of known outcomes; rows of the second group and the first
  d <- d[!is.na(d$y), ]
  n <- sapply(groups, function(g) sum(d$group == g)); x <- sapply(groups, function(g) sum(d$y[d$group == g] == 1))
  for (g in groups) add(g, "", "sum, length", closed, n = x[[g]], N = n[[g]], percent = if (n[[g]]) x[[g]] / n[[g]] else NA)
  keep <- which(n > 0)
  if (length(keep) != 2) return(NULL)
  list(x = unname(rev(x[keep])), n = unname(rev(n[keep])))
}
difference <- function(t, conf, level) {
  ci <- newcombe(t$x, t$n, conf)
  add("", level, "prop.test, combined as Newcombe", closed, estimate = t$x[1] / t$n[1] - t$x[2] / t$n[2], ci_low = ci[1], ci_high = ci[2])
}
within_strata <- function(d, conf, ratio, level = "") {  # Mantel-Haenszel weights; Sato, Greenland and Robins, Yan and Su, Cochran
  d <- d[!is.na(d$x), ]; if (is.null(compared(d, named("", "group")))) return(); d <- d[!is.na(d$y) & d$group != "", ]; g <- named("", "group"); g <- rev(g[g %in% d$group])
  k <- sapply(split(d, d$x), function(v) c(sum(v$y[v$group == g[1]]), sum(v$group == g[1]), sum(v$y[v$group == g[2]]), sum(v$group == g[2]))); k <- k[, k[2, ] > 0 & k[4, ] > 0, drop = FALSE]; add("", "", "sum", closed, strata = ncol(k)); if (!ncol(k)) return()
  a <- k[1, ]; n1 <- k[2, ]; b <- k[3, ]; n2 <- k[4, ]; N <- n1 + n2; m <- a + b; z <- qnorm((1 + conf) / 2); v <- sum(n1 * n2 * m * (N - m) / N^3)
  if (v > 0) { x <- sum(a - n1 * m / N)^2 / v; add("", "", "pchisq", closed, statistic = x, df = 1, p_value = pchisq(x, 1, lower.tail = FALSE)) }
  if (ratio) { R <- sum(a * n2 / N); S <- sum(b * n1 / N); e <- sqrt(sum(n1 * n2 / N^2 * m - a * b / N) / (R * S)); if (R > 0 && S > 0) add("", "", "sum", closed, risk_ratio = R / S, ci_low = R / S * exp(-z * e), ci_high = R / S * exp(z * e)); return() }
  w <- n1 * n2 / N; s <- w / sum(w); p1 <- a / n1; p2 <- b / n2; rd <- sum(s * (p1 - p2)); add("", level, "sum", closed, estimate = if (abs(rd) < 1e-12) 0 else rd)
  e <- switch(job$interval, "sato" = sqrt((rd * sum(b * (n1 / N)^2 - a * (n2 / N)^2 + (n1 / N) * (n2 / N) * (n2 - n1) / 2) + sum(a * (n2 - b) / N + b * (n1 - a) / N) / 2) / sum(w)^2), "greenland-robins" = sqrt(sum(s^2 * (p1 * (1 - p1) / n1 + p2 * (1 - p2) / n2))), NULL)
  limits <- function(x, n) { u <- x / n * (1 - x / n) / n; if (!any(u > 0)) u <- 1 / n; q <- z * sqrt(sum(s^2 * u)) / sum(s * sqrt(u)); rowSums(sapply(seq_along(x), function(i) s[i] * wilson(x[i], n[i], 2 * pnorm(q) - 1))) }
  if (is.null(e)) { l <- limits(a, n1); o <- limits(b, n2); k <- c(sum(s^2 / n1), sum(s^2 / n2)); l <- k[1] * l * (1 - l); o <- k[2] * o * (1 - o); e <- sqrt(c(l[1] + o[2], l[2] + o[1])) } else add("", level, "sum", closed, std_error = e)
  r <- c(if (abs(rd) < 1e-12) 0 else rd, max(-1, rd - z * e[1]), min(1, rd + z * rev(e)[1])); add("", level, "prop.test or sum", closed, ci_low = r[2], ci_high = r[3]); r
}
cross <- function(d, groups, levels) {
  t <- table(factor(d$level, levels = levels), factor(d$group, levels = groups))
  for (g in groups) for (l in levels) add(g, l, "table", closed, n = t[l, g])
  add("", "", "table", closed, N = sum(t))
  t[rowSums(t) > 0, colSums(t) > 0, drop = FALSE]
}
medians <- function(d, groups) for (g in groups) {
  y <- d$y[d$group == g & !is.na(d$y)]
  add(g, "", "median, length", closed, n = length(y), median = if (length(y)) median(y) else NA)
}
tables <- function(total, sizes) {  # all ways in which the events can fall into the groups, as rows
  rest <- as.matrix(expand.grid(lapply(rev(sizes[-1]), function(n) 0:min(n, total)))); rest <- unname(rest[, rev(seq_len(ncol(rest))), drop = FALSE])
  first <- total - rowSums(rest); some <- which(first >= 0 & first <= sizes[1]); some <- some[order(first[some])]
  cbind(first, rest)[some, , drop = FALSE]
}
late <- function() job$delayed == "true"  # at risk in (entry, time]
surv <- function(k, event = k$event) if (late()) Surv(k$entry, k$time, event) else Surv(k$time, event)
curve <- function(k, event, conf) survfit(surv(k, event) ~ 1, conf.type = job$transform, conf.int = conf)
middle <- function(f) unname(summary(f)$table[7:9])  # as print(); quantile() takes a midpoint with the last time of all
at_risk <- function(k, t) sum(k$time >= t & (!late() | k$entry < t))
event_of <- function(d) { k <- d[!is.na(d$time) & !is.na(d$event), ]; if (late()) k[!is.na(k$entry) & k$entry < k$time, ] else k }
before <- function(t, values) findInterval(t, sort(values), left.open = TRUE)  # how many values are less than each t
sums_at_events <- function(entry, time, event, group) {  # at each event time: how many are at risk and have an event, by group
  t <- sort(unique(time[event == 1])); by <- split(data.frame(entry, time, event), if (is.factor(group)) group else factor(group, unique(group)))
  r <- sapply(by, function(k) before(t, k$entry) - before(t, k$time)); d <- sapply(by, function(k) tabulate(match(k$time[k$event == 1], t), length(t)))
  list(r = matrix(r, length(t)), d = matrix(d, length(t)))
}
log_rank_by_hand <- function(k, rho = 0, gamma = 0, scores = NULL) {  # survdiff takes no entry and one weight: observed, expected and variance, summed over the event times of each stratum
  groups <- unique(k$group); d <- 0; V <- 0; weighs <- FALSE
  for (h in split(k, if (is.null(k$stratum)) rep(1, nrow(k)) else k$stratum)) if (any(h$event == 1)) {
    h$group <- factor(h$group, groups); a <- sums_at_events(h$entry, h$time, h$event, h$group); n <- rowSums(a$r); m <- rowSums(a$d); share <- a$r / n
    s <- c(1, cumprod(1 - m / n)[-length(n)]); w <- s^rho * (1 - s)^gamma; weighs <- weighs || any(w > 0); each <- ifelse(n > 1, w^2 * m * (n - m) / pmax(n - 1, 1), 0)
    V <- V + diag(colSums(each * share), ncol(share)) - crossprod(share * sqrt(each)); d <- d + colSums(w * (a$d - m * share))
  }
  if (!weighs) return(NULL)
  at <- which(diag(V) > 1e-12 * max(diag(V)))[-1]  # groups that say something, less one
  list(gap = d, var = V, df = length(at), chisq = tryCatch(drop(d[at] %*% solve(V[at, at], d[at])), error = function(e) NA))
}
runs_away <- function(f) { s <- apply(model.matrix(f), 2, sd); e <- sqrt(diag(if (is.null(f$naive.var)) f$var else f$naive.var)); any(abs(coef(f)) * s > 8 | e * s > 50) }  # a coefficient without a maximum
tight <- coxph.control(eps = 1e-12, toler.chol = 1e-14, iter.max = 50)
tested <- function(group, level, t) add(group, level, "survdiff", closed, statistic = t$chisq, df = length(t$n) - 1, p_value = pchisq(t$chisq, length(t$n) - 1, lower.tail = FALSE))
hazard <- function(group, level, f, conf, with_p = TRUE) {
  if (anyNA(coef(f)) || any(abs(coef(f)) > 15) || !all(diag(vcov(f)) > 0)) return()
  s <- summary(f, conf.int = conf); if (!all(is.finite(s$conf.int))) return()
  add(group, level, "coxph", fitted, hazard_ratio = s$conf.int[1, 1], ci_low = s$conf.int[1, 3], ci_high = s$conf.int[1, 4])
  if (with_p) add(group, level, "coxph", fitted, p_value = s$coefficients[1, 5])
}
stratum_of <- function(k) { if (job$stratum == "true") k <- k[!is.na(k$level), ] else k$level <- rep("all", nrow(k)); k }  # the stratum (level) of those in whom it is known
after_day_0 <- function(d) d[is.na(d$time) | d$time > 0, ]
people <- function(d) { k <- stratum_of(event_of(d)); add("", "", "sum", closed, n = nrow(k), events = sum(k$event), n_begun = sum(!is.na(k$x) & pmax(k$x, 0) < k$time)) }
split_at_begin <- function(d) {  # start-stop intervals before and after x, the day on which it begins
  k <- stratum_of(event_of(d)); if (!nrow(k)) return(data.frame(start = 0, stop = 0, event = 0, state = 0, level = "")[0, ]); x <- ifelse(is.na(k$x) | k$x >= k$time, Inf, pmax(k$x, 0))
  s <- rbind(data.frame(start = 0, stop = pmin(x, k$time), event = ifelse(is.finite(x), 0, k$event), state = 0, level = k$level),
             data.frame(start = x, stop = k$time, event = k$event, state = 1, level = k$level)[is.finite(x), ])
  s[s$stop > s$start, ]
}

subhazards <- function(time, cause, X, s, of) {  # Fine and Gray within strata (Zhou et al. 2011), by matrices of weights: coefficients and robust errors; NULL where Newton's method ends nowhere
  X <- as.matrix(X); p <- ncol(X); parts <- lapply(split(seq_along(time), s), function(i) { t <- time[i]; c <- cause[i]; u <- sort(unique(t[c == of])); v <- sort(unique(t[c == 0]))
    n <- vapply(v, function(a) sum(t >= a), 1); k <- vapply(v, function(a) sum(t == a & c == 0), 1); S <- c(1, cumprod(1 - k / n)); G <- function(a) S[findInterval(a, v, left.open = TRUE) + 1]
    W <- outer(t, u, ">=") + outer(t, u, "<") * outer(ifelse(c > 0 & c != of, 1 / G(t), 0), G(u)); list(x = X[i, , drop = FALSE], t = t, c = c, u = u, d = vapply(u, function(a) sum(t == a & c == of), 1), W = W, v = v, n = n, k = k) })
  parts <- Filter(function(q) length(q$u) > 0, parts); means <- function(q, b) { r <- drop(exp(q$x %*% b)); S <- colSums(q$W * r); list(r = r, S = S, E = crossprod(q$W * r, q$x) / S) }
  b <- numeric(p); for (step in 1:60) { U <- numeric(p); I <- matrix(0, p, p); for (q in parts) { m <- means(q, b); U <- U + colSums(q$x[q$c == of, , drop = FALSE]) - colSums(q$d * m$E)
    I <- I + crossprod(q$x, q$x * drop(q$W %*% (q$d / m$S) * m$r)) - crossprod(m$E * sqrt(q$d)) }; if (!all(is.finite(I)) || rcond(I) < 1e-14) return(NULL); move <- solve(I, U); b <- b + move * min(1, 2 / max(abs(X %*% move))); if (max(abs(X %*% move)) < 1e-12) break }
  R <- do.call(rbind, lapply(parts, function(q) { m <- means(q, b); h <- q$d / m$S; own <- match(q$t, q$u); e <- -m$r * (q$x * drop(q$W %*% h) - q$W %*% (h * m$E)); i <- q$c == of; e[i, ] <- e[i, ] + q$x[i, ] - m$E[own[i], ]
    for (k in seq_along(q$v)) { late <- q$u >= q$v[k]; gone <- q$t < q$v[k]; w <- q$W[gone, late, drop = FALSE] * m$r[gone]; Q <- (colSums(q$x[gone, , drop = FALSE] * drop(w %*% h[late])) - drop(crossprod(colSums(w) * h[late], m$E[late, , drop = FALSE]))) / q$n[k]
      e <- e + outer((q$t == q$v[k] & q$c == 0) - (q$t >= q$v[k]) * q$k[k] / q$n[k], Q) }; e }))
  V <- solve(I) %*% crossprod(R) %*% solve(I); list(b = b, e = sqrt(diag(V)), V = V)
}
hazards_of <- function(f, X, shown, conf, with_p = TRUE) if (!is.null(f) && all(is.finite(f$e)) && !any(abs(f$b) * apply(X, 2, sd) > 5)) { z <- qnorm((1 + conf) / 2); for (i in seq_along(shown)) { b <- f$b[[i]]; e <- f$e[[i]]
  add("", shown[i], "matrices of weights", fitted, hazard_ratio = exp(b), ci_low = exp(b - z * e), ci_high = exp(b + z * e)); if (with_p) add("", shown[i], "matrices of weights", fitted, p_value = 2 * pnorm(-abs(b / e))) } }

limits_of <- function(p, e, conf) {  # symmetric on the scale of job$transform
  z <- qnorm((1 + conf) / 2) * c(-1, 1); l <- switch(job$transform, plain = p + z * e, log = p * exp(z * e / p), "log-log" = p^exp(-z * e / (p * log(p))), arcsin = sin(pmin(pmax(asin(sqrt(p)) + z * e / (2 * sqrt(p * (1 - p))), 0), pi / 2))^2)
  pmin(pmax(sort(l), 0), 1)
}
correlated <- function(level, d, conf) {
  d <- d[!is.na(d$x) & !is.na(d$y), ]; n <- nrow(d)
  add("", level, "nrow", closed, n = n)
  if (n < 3 || length(unique(d$x)) < 2 || length(unique(d$y)) < 2) return()
  t <- suppressWarnings(cor.test(d$x, d$y, method = "spearman"))
  add("", level, "cor.test", exact, p_value = t$p.value)
  r <- unname(t$estimate)
  z <- atanh(r) + c(-1, 1) * qnorm(1 - (1 - conf) / 2) * sqrt((1 + r^2 / 2) / (n - 3))
  add("", level, "cor.test", closed, estimate = r)
  if (n > 3 && abs(r) < 1 - 1e-12) add("", level, "cor.test, Bonett & Wright 2000", closed, ci_low = tanh(z[1]), ci_high = tanh(z[2]))
}

across <- function(d, conf, read) {  # differences of two groups within strata (level), and their mean with the weights n1 n2 / (n1 + n2)
  d <- event_of(d); d <- d[!is.na(d$level) & d$group != "", ]; g <- intersect(named("", "group"), d$group); if (length(g) != 2) return(); z <- qnorm((1 + conf) / 2); strata <- 0; w <- b <- v <- c(); lost <- FALSE
  for (s in named("", "level")) {
    k <- lapply(g, function(i) d[d$level == s & d$group == i, ]); n <- sapply(k, nrow); if (min(n) == 0) next; strata <- strata + 1
    r <- lapply(k, read); if (is.null(r[[1]]) || is.null(r[[2]]) || sum(r[[1]][2], r[[2]][2]) == 0) { lost <- TRUE; next }
    m <- r[[2]][1] - r[[1]][1]; e <- sqrt(r[[1]][2]^2 + r[[2]][2]^2); w <- c(w, prod(n) / sum(n)); b <- c(b, m); v <- c(v, e^2)
    add("", s, "survfit", closed, estimate = m, std_error = e, ci_low = m - z * e, ci_high = m + z * e)
    f <- lapply(r, function(q) { x <- scaled(q[1], if (job$method == "restricted_mean") "plain" else job$transform); c(x[1], x[2] * q[2]) }); u <- (f[[2]][1] - f[[1]][1]) / sqrt(f[[1]][2]^2 + f[[2]][2]^2); add("", s, "survfit", closed, statistic = u, p_value = 2 * pnorm(-abs(u)))
  }
  add("", "", "sum", closed, strata = strata); if (lost || !length(w)) return()
  w <- w / sum(w); m <- sum(w * b); e <- sqrt(sum(w^2 * v))
  add("", "", "survfit", closed, estimate = m, std_error = e, ci_low = m - z * e, ci_high = m + z * e, statistic = m / e, p_value = 2 * pnorm(-abs(m / e)))
}

methods <- list(
  proportion = function(d, conf) for (g in named("", "group")) rate(g, d$y[d$group == g & !is.na(d$y)], conf),
  toxicity = function(d, conf) {
    people <- d[is.na(d$set), ]; events <- d[!is.na(d$set), ]; groups <- named("", "group"); two <- list()
    for (g in c(groups, "")) {
      size <- if (g == "") nrow(people) else sum(people$group == g, na.rm = TRUE)
      add(g, "", "nrow", closed, N = size)
      for (s in unique(events$set)) {
        e <- events[events$set == s, ]; if (g != "") e <- e[!is.na(e$group) & e$group == g, ]
        worst <- suppressWarnings(tapply(e$y, e$x, max, na.rm = TRUE)); worst[!is.finite(worst)] <- NA
        severe <- sum(worst >= num(job$severe), na.rm = TRUE)
        add(g, s, "table", closed, n = length(worst), occurrences = nrow(e), severe = severe, ungraded = sum(is.na(worst)),
            setNames(sapply(1:5, function(k) sum(worst == k, na.rm = TRUE)), paste0("grade_", 1:5)))
        if (size) add(g, s, "table", closed, percent = length(worst) / size, severe_percent = severe / size)
        if (job$related == "true") add(g, s, "table", closed, related = length(unique(e$x[e$level == "1"])))
        two[[s]] <- if (g != "") list(x = c(length(worst), two[[s]]$x), n = c(size, two[[s]]$n)) else two[[s]]
      }
    }
    if (length(groups) == 2) for (s in names(two)) if (all(two[[s]]$n > 0)) {
      t <- two[[s]]; ci <- newcombe(t$x, t$n, conf)
      add("", s, "prop.test, combined as Newcombe", closed, estimate = t$x[1] / t$n[1] - t$x[2] / t$n[2], ci_low = ci[1], ci_high = ci[2])
      if (job$p_values == "true") add("", s, "fisher.test", exact, p_value = fisher.test(cbind(t$x, t$n - t$x))$p.value)
    }
  },
  combinations = function(d, conf) {
    k <- d$level[!is.na(d$level)]; parts <- strsplit(k, "+", fixed = TRUE)
    add("", "", "table", closed, N = length(k), missing = sum(is.na(d$level)))
    if (!length(k)) return()
    for (l in unique(k)) add("", l, "table", closed, n = sum(k == l), percent = mean(k == l))
    for (s in named("", "set")) { here <- sapply(parts, function(p) s %in% p); add("", of("set", s), "strsplit", closed, n = sum(here), percent = mean(here)) }
  },
  dose_escalation = function(d, conf) {
    l <- named("", "group"); target <- num(job$target); limit <- num(job$closes); d <- d[!is.na(d$y), ]; x <- n <- setNames(rep(0, length(l)), l); shut <- length(l) + 1; s <- num(strsplit(job$skeleton, ";")[[1]])
    for (g in l) rate(g, d$y[d$group == g], conf)
    best <- function() { f <- function(b) sapply(b, function(v) exp(sum(x * exp(v) * log(s)) + sum((n - x) * log(1 - s^exp(v)))) * dnorm(v, 0, sqrt(1.34))); i <- function(g) integrate(g, -8, 0, rel.tol = 1e-10)$value + integrate(g, 0, 8, rel.tol = 1e-10)$value
      b <- i(function(v) v * f(v)) / i(f); list(b, which.min(abs(s^exp(b) - target))) }
    for (k in named("", "level")) {
      m <- d[!is.na(d$level) & d$level == k & d$group != "", ]; if (!nrow(m)) next
      g <- m$group[1]; at <- match(g, l); x[g] <- x[g] + sum(m$y); n[g] <- n[g] + nrow(m); add("", k, "sum", closed, n = sum(m$y), N = nrow(m), dose_level = at); add("", of(k, "until_then"), "sum", closed, n = x[[g]], N = n[[g]])
      if (job$design == "3+3") { if (x[g] >= 2 || n[g] %in% c(3, 6)) add("", k, "rules", closed, decision = if (x[g] >= 2) -1 else if (n[g] == 3 && x[g] == 1) 0 else 1); next }
      if (job$design == "crm") { b <- best(); add("", k, "integrate", closed, decision = sign(b[[2]] - at), recommended = b[[2]]); next }
      exceeds <- pbeta(target, 1 + x[g], 1 + n[g] - x[g], lower.tail = FALSE); closes <- n[g] >= 3 && exceeds > limit; if (closes) shut <- min(shut, at)
      step <- if (job$design == "boin") { a <- 0.6 * target; b <- 1.4 * target; p <- x[g] / n[g]
        if (p <= log((1 - a) / (1 - target)) / log(target * (1 - a) / (a * (1 - target)))) 1 else if (p >= log((1 - target) / (1 - b)) / log(b * (1 - target) / (target * (1 - b)))) -1 else 0
      } else { cut <- sort(unique(c(0, rev(seq(target - 0.05, 0, -0.1)), seq(target + 0.05, 1, 0.1), 1))); cut <- cut[c(TRUE, diff(cut) > 1e-9)]; top <- which.max(diff(pbeta(cut, 1 + x[g], 1 + n[g] - x[g])) / diff(cut)); sign(round(target - (cut[top] + cut[top + 1]) / 2, 9)) * (abs(target - (cut[top] + cut[top + 1]) / 2) > 0.05) }
      if (at >= shut) step <- -1 else if (at + step >= shut) step <- 0
      add("", k, "pbeta", closed, decision = unname(step), exceeds = unname(exceeds), closed = as.numeric(closes))
    }
    x <- sapply(l, function(g) sum(d$y[d$group == g])); n <- sapply(l, function(g) sum(d$group == g)); if (!sum(n)) return()
    if (job$design == "boin") { a <- 0.6 * target; b <- 1.4 * target; add("", "design", "formula", closed, escalate_at = log((1 - a) / (1 - target)) / log(target * (1 - a) / (a * (1 - target))), deescalate_at = log((1 - target) / (1 - b)) / log(b * (1 - target) / (target * (1 - b)))) }
    if (job$design == "crm") { b <- best(); for (j in seq_along(l)) add(l[j], "", "integrate", fitted, model = s[j]^exp(b[[1]])); add("", "design", "integrate", closed, mtd = min(b[[2]], max(which(n > 0)))); return() }
    if (job$design == "3+3") { low <- cumsum(x >= 2) == 0 & n >= 6; if (any(low)) add("", "design", "rules", closed, mtd = max(which(low))); return() }
    tried <- which(n > 0); tried <- tried[tried < shut]; if (!length(tried)) return(); p <- (x / n)[tried]; w <- n[tried]; pooled <- p
    for (i in seq_along(p)) pooled[i] <- max(sapply(1:i, function(a) min(sapply(i:length(p), function(b) sum((p * w)[a:b]) / sum(w[a:b])))))
    gap <- abs(pooled - target); near <- which(gap - min(gap) < 1e-8); under <- near[pooled[near] < target]; add("", "design", "isotonic by max-min", closed, mtd = unname(tried[if (length(under)) max(under) else min(near)]))
  },
  escalation_characteristics = function(d, conf) {  # 3+3 by following every course of a trial
    if (job$design != "3+3") return(); rates <- num(strsplit(job$rates, ";")[[1]]); k <- length(rates); chosen <- size <- rep(0, k); none <- 0
    go <- function(n, x, at, down, p) {
      if (p == 0) return(); if (at == 0) { none <<- none + p; size <<- size + p * n; return() }
      if (n[at] == 6) { if (x[at] <= 1) { chosen[at] <<- chosen[at] + p; size <<- size + p * n } else go(n, x, at - 1, TRUE, p); return() }
      for (y in 0:3) { m <- n; z <- x; m[at] <- m[at] + 3; z[at] <- z[at] + y; q <- p * dbinom(y, 3, rates[at])
        if (down) go(m, z, at, TRUE, q) else if (z[at] >= 2) go(m, z, at - 1, TRUE, q) else if (m[at] == 3 && z[at] == 1) go(m, z, at, FALSE, q) else if (at < k) go(m, z, at + 1, FALSE, q) else go(m, z, at, TRUE, q) } }
    go(rep(0, k), rep(0, k), 1, FALSE, 1); add("", "", "every course", closed, none = none, expected_n = sum(size), expected_dlt = sum(size * rates))
    for (j in seq_len(k)) add("", paste0("dose_", j), "every course", closed, rate = rates[j], selected = chosen[j], expected_n = size[j], expected_dlt = size[j] * rates[j])
  },
  summary = function(d, conf) for (g in named("", "group")) describe(g, "", d$y[d$group == g]),
  frequency = function(d, conf) for (g in named("", "group")) count(g, "", d$level[d$group == g], named("", "level")),
  baseline = function(d, conf) for (g in named("", "group")) {
    here <- if (g == "") d else d[d$group == g, ]  # "": everyone
    for (s in named("", "set")) {
      v <- here[here$set == s, ]
      if (s == named("", "set")[1]) add(g, "", "nrow", closed, N = nrow(v))
      if (length(named(s, "level"))) count(g, s, v$level, named(s, "level")) else describe(g, s, v$y)
    }
    two <- setdiff(named("", "group"), "")
    if (g == "" && length(two) == 2) for (s in named("", "set")) {
      v <- lapply(two, function(g) d[d$set == s & d$group == g, ])
      smd <- if (length(named(s, "level"))) mahalanobis_of(lapply(v, function(v) table(factor(v$level, levels = named(s, "level"))))) else {
        y <- lapply(v, function(v) v$y[!is.na(v$y)]); y <- if (all(lengths(y))) lapply(y, `/`, in_range(unlist(y))) else y; (mean(y[[1]]) - mean(y[[2]])) / sqrt((var(y[[1]]) + var(y[[2]])) / 2) }
      if (is.finite(smd)) add("", s, "mean, var, solve", closed, standardised_difference = smd)
    }
  },
  fisher = function(d, conf) {
    t <- compared(d, named("", "group"))
    if (is.null(t)) return()
    m <- cbind(t$x, t$n - t$x)
    add("", "", "fisher.test", exact, p_value = fisher.test(m, alternative = job$alternative)$p.value)
    add("", "", "dhyper, uniroot", fitted, conditional(m, conf))
    difference(t, conf, "risk_difference")
  },
  risk_difference = function(d, conf) { if (job$stratum == "true") return(within_strata(d, conf, FALSE)); t <- compared(d, named("", "group")); if (!is.null(t) && job$interval == "newcombe") difference(t, conf, "") },
  risk_ratio = function(d, conf) {
    if (job$stratum == "true") return(within_strata(d, conf, TRUE))
    t <- compared(d, named("", "group"))
    if (is.null(t) || any(t$x == 0)) return()
    r <- (t$x[1] / t$n[1]) / (t$x[2] / t$n[2]); se <- sqrt(sum(1 / t$x - 1 / t$n)); z <- qnorm(1 - (1 - conf) / 2)
    add("", "", "delta method", closed, risk_ratio = r, ci_low = r * exp(-z * se), ci_high = r * exp(z * se))
  },
  fisher_rxc = function(d, conf) {
    t <- cross(d, named("", "group"), named("", "level"))
    if (min(dim(t)) > 1 && max(dim(t)) <= 7) add(  # beyond, fisher.test of R 4.2 may be wrong: 8 x 8, n = 32, 0.33 for 0.59; 22 x 2, n = 110, 0.20 for 0.27
      "", "", "fisher.test", exact, p_value = fisher.test(t, workspace = 2e7)$p.value)
    cramer(t, conf)
  },
  chi_square = function(d, conf) {
    t <- cross(d, named("", "group"), named("", "level"))
    if (min(dim(t)) < 2) return()
    r <- suppressWarnings(chisq.test(t, correct = job$correction == "true"))
    add("", "", "chisq.test", closed, statistic = unname(r$statistic), df = unname(r$parameter), p_value = r$p.value, min_expected = min(r$expected))
    cramer(t, conf)
  },
  trend = function(d, conf) {
    d <- d[!is.na(d$y), ]; groups <- named("", "group"); job$interval <<- "clopper-pearson"
    for (g in groups) rate(g, d$y[d$group == g], conf)
    n <- sapply(groups, function(g) sum(d$group == g)); x <- sapply(groups, function(g) sum(d$y[d$group == g] == 1))
    score <- seq_along(groups)[n > 0]; x <- x[n > 0]; n <- n[n > 0]
    if (length(n) < 2 || sum(x) == 0 || sum(x) == sum(n)) return()
    if (job$variant == "exact" && prod(as.numeric(n[-1] + 1)) > 1e6) return()  # too many tables to list
    if (job$variant != "exact") {
      f <- glm(cbind(x, n - x) ~ score, family = binomial, control = glm.control(1e-14, 100)); b <- coef(f)[[2]]; e <- sqrt(vcov(f)[2, 2]); z <- qnorm((1 + conf) / 2)
      if (abs(b) < 15) add("", "", "glm", fitted, odds_ratio = exp(b), ci_low = exp(b - z * e), ci_high = exp(b + z * e))
    }
    if (job$variant == "exact") {
      all <- tables(sum(x), n); w <- rowSums(lchoose(matrix(n, nrow(all), length(n), byrow = TRUE), all)); s <- drop(all %*% score); seen <- sum(score * x)
      weight <- function(b) { v <- w + b * s; v <- exp(v - max(v)); v / sum(v) }
      solved <- function(f) exp(uniroot(f, c(-40, 40), tol = 1e-13)$root)
      up <- function(p) solved(function(b) sum(weight(b)[s >= seen]) - p); down <- function(p) solved(function(b) sum(weight(b)[s <= seen]) - p)
      bottom <- seen == min(s); top <- seen == max(s); tail <- (1 - conf) / 2
      add("", "", "enumeration of all tables, uniroot", fitted, ci_low = if (bottom) 0 else up(tail), ci_high = if (top) Inf else down(tail),
          odds_ratio = if (top) up(0.5) else if (bottom) down(0.5) else solved(function(b) sum(weight(b) * s) - seen))
      p <- exp(w - lchoose(sum(n), sum(x))); distance <- abs(s - sum(score * n) * sum(x) / sum(n))
      add("", "", "enumeration of all tables", exact, p_value = sum(p[distance >= abs(sum(score * x) - sum(score * n) * sum(x) / sum(n)) - 1e-9]))
    } else { t <- unname(prop.trend.test(x, n, score)$statistic) * (if (job$variant == "r") 1 else 1 - 1 / sum(n)); add("", "", "prop.trend.test", closed, statistic = t, p_value = pchisq(t, 1, lower.tail = FALSE)) }
  },
  mann_whitney = function(d, conf) {
    groups <- named("", "group"); if (job$stratum == "true") d <- d[!is.na(d$x), ]; medians(d, groups)
    y <- lapply(groups, function(g) d$y[d$group == g & !is.na(d$y)]); y <- y[lengths(y) > 0]
    if (length(y) != 2) return()
    if (job$stratum == "true") return(van_elteren(d[!is.na(d$y) & d$group != "", ], groups, conf))
    t <- shift(y, conf, "")
    one <- suppressWarnings(wilcox.test(y[[2]], y[[1]], alternative = job$alternative))
    add("", "", "wilcox.test", exact, p_value = one$p.value, statistic = unname(t$statistic), n1 = length(y[[2]]), n2 = length(y[[1]]))
  },
  kruskal_wallis = function(d, conf) {
    medians(d, named("", "group")); d <- d[!is.na(d$y) & d$group != "", ]; add("", "", "nrow", closed, n = nrow(d), groups = length(unique(d$group)))
    if (length(unique(d$group)) < 2) return()
    t <- kruskal.test(d$y, factor(d$group))
    y <- lapply(setNames(named("", "group"), named("", "group")), function(g) d$y[d$group == g]); y <- y[lengths(y) > 0]
    for (g in names(y)[-1]) if (length(unique(c(y[[1]], y[[g]]))) > 1) shift(list(y[[1]], y[[g]]), conf, of(job$by, g))
    if (is.finite(t$statistic)) add("", "", "kruskal.test", closed, statistic = unname(t$statistic), df = unname(t$parameter), p_value = t$p.value)
  },
  roc = function(d, conf) {
    d <- d[!is.na(d$x) & !is.na(d$y), ]; with <- d$x[d$y == 1]; without <- d$x[d$y == 0]
    add("", "", "nrow", closed, n = nrow(d), events = length(with))
    if (!length(with) || !length(without) || too_many(length(with), length(without))) return()
    higher <- outer(with, without, function(a, b) (a > b) + (a == b) / 2); area <- mean(higher)  # every pair of participants
    add("", "", "mean over all pairs", closed, estimate = area)
    if (min(dim(higher)) < 2 || area %in% c(0, 1)) return()
    error <- sqrt(var(rowMeans(higher)) / length(with) + var(colMeans(higher)) / length(without))
    limits <- area + c(-1, 1) * qnorm(1 - (1 - conf) / 2) * error
    add("", "", "DeLong over all pairs", closed, std_error = error, ci_low = max(0, limits[1]), ci_high = min(1, limits[2]))
  },
  calibration = function(d, conf) {
    d <- d[!is.na(d$x) & !is.na(d$y), ]; inside <- all(d$x > 0 & d$x < 1); add("", "", "nrow, sum", closed, n = nrow(d), events = sum(d$y)); if (inside) add("", "", "sum", closed, expected = sum(d$x))
    for (g in sort(unique(d$group))) {
      k <- d[d$group == g, ]; b <- binom.test(sum(k$y), nrow(k), conf.level = conf)
      add("", g, "binom.test, mean", closed, n = sum(k$y), N = nrow(k), estimate = mean(k$y), ci_low = b$conf.int[1], ci_high = b$conf.int[2], predicted = mean(k$x))
    }
    if (!nrow(d) || !inside) return()
    b <- binom.test(sum(d$y), nrow(d), conf.level = conf); e <- mean(d$x)
    add("", "observed_to_expected", "binom.test", closed, estimate = mean(d$y) / e, ci_low = b$conf.int[1] / e, ci_high = b$conf.int[2] / e)
    if (length(unique(d$y)) < 2) return()
    l <- qlogis(d$x); f <- glm(d$y ~ 1 + offset(l), family = binomial, control = list(epsilon = 1e-14, maxit = 100))
    z <- coef(f)[[1]] + c(-1, 1) * qnorm(1 - (1 - conf) / 2) * sqrt(vcov(f)[1, 1])
    add("", "calibration_in_the_large", "glm, offset", fitted, estimate = coef(f)[[1]], ci_low = z[1], ci_high = z[2])
    if (length(unique(l)) < 2) return()
    f <- suppressWarnings(glm(d$y ~ l, family = binomial, control = list(epsilon = 1e-14, maxit = 100)))
    if (!f$converged || max(abs(coef(f))) > 15) return()
    z <- coef(f)[[2]] + c(-1, 1) * qnorm(1 - (1 - conf) / 2) * sqrt(vcov(f)[2, 2])
    add("", "calibration_slope", "glm", fitted, estimate = coef(f)[[2]], ci_low = z[1], ci_high = z[2])
  },
  spearman = function(d, conf) correlated("", d, conf),
  correlations = function(d, conf) for (s in named("", "set")) correlated(s, d[d$set == s, ], conf),
  kaplan_meier = function(d, conf) for (g in named("", "group")) {
    k <- event_of(d[d$group == g, ]); if (!nrow(k)) { add(g, "", "nrow", closed, n = 0); next }
    f <- curve(k, k$event, conf); q <- middle(f)
    add(g, "", "survfit", closed, n = nrow(k), events = sum(k$event), median = q[1], ci_low = q[2], ci_high = q[3])
    for (t in if (job$at == "") NULL else strsplit(job$at, ";")[[1]]) {
      s <- summary(f, times = as.numeric(t), extend = TRUE)
      if (as.numeric(t) <= max(k$time)) add(g, at_time(t), "survfit", closed, estimate = s$surv, ci_low = s$lower, ci_high = s$upper)
      add(g, at_time(t), "sum", closed, n_at_risk = at_risk(k, num(t)))
    }
  },
  survival_difference = function(d, conf) {
    k <- event_of(d); k <- k[k$group != "", ]
    for (g in named("", "group")) add(g, "", "sum", closed, n = sum(k$group == g), events = sum(k$event[k$group == g]))
    groups <- intersect(named("", "group"), k$group)
    if (length(groups) != 2) return()
    for (t in if (job$at == "") NULL else strsplit(job$at, ";")[[1]]) {
      if (num(t) > min(tapply(k$time, k$group, max))) next
      s <- lapply(groups, function(g) { h <- k[k$group == g, ]; summary(survfit(Surv(h$time, h$event) ~ 1), times = num(t), extend = TRUE) })
      e <- s[[2]]$surv - s[[1]]$surv; half <- qnorm(1 - (1 - conf) / 2) * sqrt(s[[1]]$std.err^2 + s[[2]]$std.err^2)
      add("", at_time(t), "survfit", closed, estimate = e, ci_low = e - half, ci_high = e + half)
    }
  },
  follow_up = function(d, conf) for (g in named("", "group")) {
    k <- event_of(d[d$group == g, ]); if (!nrow(k)) { add(g, "", "nrow", closed, n = 0); next }
    f <- curve(k, 1 - k$event, conf); q <- middle(f)
    add(g, "", "survfit", closed, n = nrow(k), median = q[1], ci_low = q[2], ci_high = q[3], events = sum(1 - k$event))
  },
  log_rank = function(d, conf) {
    k <- event_of(d); k <- k[k$group != "", ]; if (job$stratum == "true") { k <- k[!is.na(k$x), ]; k$stratum <- k$x }
    groups <- intersect(named("", "group"), k$group); if (length(groups) < 2 || !sum(k$event)) return()
    k$at <- match(k$group, groups); k <- k[order(k$at), ]; g <- if (job$trend == "true") k$at else factor(k$group, groups)
    f <- function(terms) coxph(as.formula(paste("surv(k) ~", terms, if (job$stratum == "true") "+ strata(stratum)")), k, ties = "efron", control = tight)
    if (job$trend == "true") hazard("", "", f("at"), conf, FALSE) else if (all(tapply(k$event, factor(k$group, groups), sum) > 0)) ratios(f("factor(group, groups)"), groups[-1], conf)
    hand <- late() || num(job$gamma) > 0 || job$trend == "true"; if (!late()) k$entry <- -Inf
    t <- if (hand) log_rank_by_hand(k, num(job$rho), num(job$gamma)) else survdiff(as.formula(paste("Surv(time, event) ~ group", if (job$stratum == "true") "+ strata(stratum)")), k, rho = num(job$rho))
    if (is.null(t)) return()
    if (job$trend == "true") { score <- seq_along(groups); t$chisq <- sum(score * t$gap)^2 / drop(score %*% t$var %*% score) }
    df <- if (job$trend == "true") 1 else if (hand) t$df else sum(rowSums(as.matrix(t$exp)) > 0) - 1; if (!df) return()
    add("", "", if (hand) "sums over the event times" else "survdiff", closed, statistic = t$chisq, df = df, p_value = pchisq(t$chisq, df, lower.tail = FALSE))
  },
  cox = function(d, conf) {
    sets <- named("", "set"); wide <- d[d$set == sets[1], c("time", "event", if (late()) "entry", if (job$cluster == "true") "x")]; terms <- c(); shown <- c()
    if (job$stratum == "true") { wide$group <- d$group[d$set == sets[1]]; wide$group[wide$group == ""] <- NA }
    for (i in seq_along(sets)) {
      v <- d[d$set == sets[i], ]; l <- named(sets[i], "level"); terms[i] <- paste0("c", i)
      wide[[terms[i]]] <- if (length(l)) factor(v$level, levels = l) else v$y
    }
    wide <- droplevels(event_of(wide[complete.cases(wide), ]))
    for (i in seq_along(sets)) shown <- c(shown, if (is.factor(wide[[terms[i]]])) of(sets[i], levels(wide[[terms[i]]])[-1]) else sets[i])
    left <- if (late()) "Surv(entry, time, event)" else "Surv(time, event)"; add("", "", "nrow", closed, n = nrow(wide), events = sum(wide$event))
    fit <- function(terms, ...) coxph(reformulate(c(terms, if (job$stratum == "true") "strata(group)"), left), wide, ties = job$ties, control = coxph.control(eps = tight$eps / 10, toler.chol = 1e-14, iter.max = 50), ...)
    robust <- job$errors == "robust" || job$cluster == "true"; if (!nrow(wide) || !sum(wide$event)) return()
    f <- if (job$cluster == "true") fit(terms, cluster = wide$x) else if (robust) fit(terms, robust = TRUE) else fit(terms)
    s <- summary(f, conf.int = conf); if (any(is.na(coef(f))) || any(!(diag(vcov(f)) > 0))) return()
    if (!robust) add("", "", "coxph", fitted, lr_statistic = unname(s$logtest["test"]), lr_p_value = unname(s$logtest["pvalue"]))
    if (runs_away(f)) return()
    if (job$cluster == "true") add("", "", "table", closed, clusters = length(unique(wide$x)))
    if (robust) { e <- sqrt(diag(f$var)); C <- f$var / outer(e, e); if (rcond(C) > 1e-10) { u <- coef(f) / e; u <- drop(u %*% solve(C, u)); add("", "", "coxph", fitted, wald_statistic = u, wald_p_value = pchisq(u, length(coef(f)), lower.tail = FALSE)) } }
    for (i in seq_along(shown)) {
      add("", shown[i], "coxph", fitted, hazard_ratio = s$conf.int[i, 1], p_value = s$coefficients[i, ncol(s$coefficients)])
      if (job$interval == "wald") { add("", shown[i], "coxph", fitted, ci_low = s$conf.int[i, 3], ci_high = s$conf.int[i, 4]); next }
      M <- model.matrix(f); colnames(M) <- paste0("m", seq_len(ncol(M))); wide <- cbind(wide[setdiff(names(wide), colnames(M))], M); b <- coef(f)[[i]]; e <- sqrt(vcov(f)[i, i])
      far <- function(v) { held <- fit(c(colnames(M)[-i], sprintf("offset(%.17g * m%d)", v, i))); 2 * (f$loglik[2] - held$loglik[length(held$loglik)]) - qchisq(conf, 1) }
      end <- function(s) { k <- 1; while (far(b + s * k * e) < 0 && k < 60) k <- k * 1.5; if (far(b + s * k * e) < 0) NA else exp(uniroot(far, sort(b + s * c(0, k * e)), tol = 1e-11)$root) }
      ends <- c(end(-1), end(1)); if (!anyNA(ends)) add("", shown[i], "coxph, uniroot", fitted, ci_low = ends[1], ci_high = ends[2])
    }
  },
  missing_response = function(all, conf) for (g in named("", "group")) {
    d <- all[all$group == g, ]; n <- sum(d$y == 1, na.rm = TRUE); k <- sum(!is.na(d$y)); m <- sum(is.na(d$y))
    add(g, "", "sum, is.na", closed, n = n, N = k, missing = m)
    for (case in list(list("complete", n, k), list("worst", n, k + m), list("best", n + m, k + m))) {
      ci <- if (case[[3]]) interval(case[[2]], case[[3]], conf)
      if (!is.null(ci)) add(g, case[[1]], ci[[1]], closed, estimate = case[[2]] / case[[3]], ci_low = ci[[2]][1], ci_high = ci[[2]][2])
    }
  },
  restricted_mean = function(d, conf) {
    z <- qnorm(1 - (1 - conf) / 2); until <- num(job$until); seen <- list()
    if (job$stratum == "true") d <- d[!is.na(d$level), ]
    mean_of <- function(k) { if (nrow(k) && until < min(k$time)) return(c(until, 0)); if (!nrow(k) || (max(k$time) < until && min(curve(k, k$event, conf)$surv) > 0)) return(NULL); s <- summary(curve(k, k$event, conf), rmean = until)$table; c(s[["rmean"]], s[["se(rmean)"]]) }
    for (g in named("", "group")) {
      k <- event_of(d[d$group == g, ]); add(g, "", "nrow", closed, n = nrow(k)); if (nrow(k)) add(g, "", "sum", closed, events = sum(k$event), tau = until); v <- mean_of(k); if (is.null(v)) next
      m <- v[1]; se <- v[2]; add(g, "", "survfit", closed, estimate = m, std_error = se, ci_low = m - z * se, ci_high = m + z * se)
      seen[[length(seen) + 1]] <- c(m, se)
    }
    if (job$stratum == "true") return(across(d, conf, mean_of))
    if (length(named("", "group")) == 2 && length(seen) == 2 && seen[[1]][2] + seen[[2]][2] > 0) {
      m <- seen[[2]][1] - seen[[1]][1]; se <- sqrt(seen[[1]][2]^2 + seen[[2]][2]^2)
      add("", "", "survfit", closed, estimate = m, std_error = se, ci_low = m - z * se, ci_high = m + z * se, statistic = m / se, p_value = 2 * pnorm(-abs(m / se)))
    }
  },
  landmark = function(d, conf) {
    k <- stratum_of(event_of(d)); begun <- !is.na(k$x) & pmax(k$x, 0) < k$time
    for (t in strsplit(job$at, ";")[[1]]) {
      day <- num(t); s <- paste0(t, "_days")
      here <- k$time > day; l <- k[here, ]; l$state <- as.numeric(begun[here] & l$x <= day)
      add("", s, "sum", closed, n = nrow(l), n_begun = sum(l$state), events = sum(l$event), excluded_events = sum(k$event[!here]),
          excluded_censored = sum(1 - k$event[!here]), begun_later = sum(begun[here] & l$x > day))
      if (length(unique(l$state)) < 2 || !sum(l$event)) next
      if (job$stratum == "true") { h <- log_rank_by_hand(data.frame(entry = -1, time = l$time, event = l$event, group = l$state, stratum = l$level)); if (!is.null(h) && h$var[1, 1] > 1e-12) { add("", s, "sums over the event times", closed, statistic = h$chisq, df = 1, p_value = pchisq(h$chisq, 1, lower.tail = FALSE))
        f <- coxph(Surv(time, event) ~ state + strata(level), l, control = tight); if (!is.na(coef(f)) && abs(coef(f)) < 8) hazard("", s, f, conf, FALSE) }; next }
      tested("", s, survdiff(Surv(time, event) ~ state, l)); hazard("", s, coxph(Surv(time, event) ~ state, l, control = tight), conf, FALSE)
    }
  },
  mantel_byar = function(d, conf) {
    s <- split_at_begin(d); people(after_day_0(d))
    if (length(unique(s$state)) < 2 || !sum(s$event)) return(); v <- log_rank_by_hand(data.frame(entry = s$start, time = s$stop, event = s$event, group = s$state, stratum = s$level))
    if (is.null(v) || v$var[1, 1] < 1e-12) return(); at <- table(s$stop[s$event == 1]); risk <- vapply(as.numeric(names(at)), function(t) sum(s$start < t & s$stop >= t), 0)
    many <- job$stratum == "true" || sum(choose(risk, at)) > 1e5  # the exact likelihood of ties takes all subsets of those at risk
    score <- if (many) v$chisq else
      unname(coxph(Surv(start, stop, event) ~ state, s, ties = "exact", init = 0, control = coxph.control(iter.max = 0))$score)
    add("", "", if (many) "sums over the event times" else "coxph score test", closed, statistic = score, df = 1, p_value = pchisq(score, 1, lower.tail = FALSE))
    flat <- coxph(Surv(start, stop, event) ~ state + strata(level), s, ties = "breslow", init = 0, control = coxph.control(iter.max = 0))
    for (state in 0:1) {
      o <- sum(s$event[s$state == state]); e <- o - sum(residuals(flat)[s$state == state])
      add(c("not_yet", "begun")[state + 1], "", "martingale residuals", closed, observed = o, expected = e)
    }
  },
  simon_makuch = function(d, conf) {
    day <- num(job$landmark); people(d[is.na(d$time) | d$time > day, ]); add("", "", "sum", closed, excluded = sum(event_of(d)$time <= day))
    s <- split_at_begin(d); s <- s[s$stop > day, ]; s$start <- pmax(s$start, day); unit <- num(job$divisor); if (length(unique(s$state)) < 2) return()
    for (state in 0:1) {
      k <- s[s$state == state, ]; if (!nrow(k)) next
      f <- survfit(Surv(start, stop, event) ~ 1, k, conf.type = "log-log", conf.int = conf)
      for (t in strsplit(job$at, ";")[[1]]) {
        day <- num(t) * unit; v <- summary(f, times = day, extend = TRUE); g <- c("not_yet", "begun")[state + 1]
        if (day <= max(k$stop)) add(g, at_time(t), "survfit", closed, estimate = v$surv, ci_low = v$lower, ci_high = v$upper,
                                    n_at_risk = sum(k$start < day & k$stop >= day))
      }
    }
  },
  time_dependent_cox = function(d, conf) {
    if (job$covariates == "true") {
      d$x[is.na(d$x)] <- Inf; m <- side_by_side(d[!is.na(d$set), ], c("time", "event", "x", "group")); w <- event_of(m$w); if (job$stratum == "true") w <- w[w$group != "", ]; w$level <- w$group; people(after_day_0(w)); x <- ifelse(w$x >= w$time, Inf, pmax(w$x, 0)); late <- is.finite(x)
      s <- rbind(cbind(w, start = 0, stop = pmin(x, w$time), happens = ifelse(late, 0, w$event), state = 0), cbind(w[late, ], start = x[late], stop = w$time[late], happens = w$event[late], state = 1)); s <- s[s$stop > s$start, ]; if (length(unique(s$state)) < 2 || !sum(s$happens)) return()
      f <- coxph(reformulate(c("state", m$terms, "strata(level)"), "Surv(start, stop, happens)"), s, control = tight); if (anyNA(coef(f)) || runs_away(f)) return(); r <- summary(f, conf.int = conf); ids <- c(named("", "begin"), m$shown)
      for (i in seq_along(ids)) add("", ids[i], "coxph", fitted, hazard_ratio = r$conf.int[i, 1], ci_low = r$conf.int[i, 3], ci_high = r$conf.int[i, 4], p_value = r$coefficients[i, 5])
      return()
    }
    s <- split_at_begin(d); people(after_day_0(d))
    if (length(unique(s$state)) == 2 && sum(s$event)) { f <- coxph(Surv(start, stop, event) ~ state + strata(level), s, control = tight); if (job$stratum != "true" || (!is.na(coef(f)) && abs(coef(f)) < 8)) hazard("", named("", "begin"), f, conf) }
  },
  naive_comparison = function(d, conf) {
    k <- event_of(d); k$state <- as.numeric(!is.na(k$x) & pmax(k$x, 0) < k$time); people(d)
    if (length(unique(k$state)) < 2 || !sum(k$event)) return()
    t <- survdiff(Surv(time, event) ~ state, k); tested("", "", t)
    if (all(tapply(k$event, k$state, sum) > 0)) hazard("", "", coxph(Surv(time, event) ~ state, k, control = tight), conf, FALSE)
    for (state in 0:1) add(c("never", "ever")[state + 1], "", "survdiff", closed, observed = t$obs[state + 1], expected = t$exp[state + 1])
  },
  cumulative_incidence = function(d, conf) for (g in named("", "group")) {
    k <- event_of(d[d$group == g, ]); if (!nrow(k)) next
    of <- num(job$cause); add(g, job$cause_name, "sum", closed, n = nrow(k), events = sum(k$event == of), competing_events = sum(k$event > 0 & k$event != of))
    times <- if (job$at == "") NULL else strsplit(job$at, ";")[[1]]
    for (t in times) add(g, at_time(t), "sum", closed, n_at_risk = at_risk(k, num(t)))
    if (!sum(k$event == of)) for (t in times) if (num(t) <= max(k$time)) add(g, at_time(t), "sum", closed, estimate = 0)
    if (!sum(k$event == of)) for (t in times) if (num(t) < min(k$time)) add(g, at_time(t), "sum", closed, ci_low = 0, ci_high = 0)
    if (!sum(k$event == of)) next
    if (job$variance == "cmprsk") {
      if (!requireNamespace("cmprsk", quietly = TRUE)) next
      f <- cmprsk::cuminc(k$time, k$event)[[paste("1", of)]]
      for (t in times) if (num(t) <= max(k$time)) { i <- max(which(f$time <= num(t))); add(g, at_time(t), "cmprsk::cuminc", closed, estimate = f$est[i]); if (f$est[i] > 0 && f$est[i] < 1) { ci <- limits_of(f$est[i], sqrt(f$var[i]), conf); add(g, at_time(t), "cmprsk::cuminc", closed, ci_low = ci[1], ci_high = ci[2]) } }
      next
    }
    causes <- sort(unique(c(0, of, k$event)))
    f <- survfit(surv(k, factor(k$event, causes)) ~ 1, id = seq_len(nrow(k)), conf.type = job$transform, conf.int = conf); at <- match(of, causes)
    for (t in times) if (num(t) <= max(k$time)) {
      s <- summary(f, times = num(t), extend = TRUE)
      add(g, at_time(t), "survfit, multi-state", closed, estimate = s$pstate[1, at], ci_low = s$lower[1, at], ci_high = s$upper[1, at])
    }
  },
  gray = function(d, conf) {
    k <- event_of(d); k <- k[k$group != "", ]; of <- num(job$cause); within <- job$stratum == "true"; if (within) k <- k[!is.na(k$x), ]
    add("", "", "sum", closed, n = nrow(k), events = sum(k$event == of), competing_events = sum(k$event > 0 & k$event != of))
    if (!requireNamespace("cmprsk", quietly = TRUE) || length(unique(k$group)) < 2 || !sum(k$event == of)) return()
    t <- cmprsk::cuminc(k$time, k$event, k$group, if (within) k$x else rep(1, nrow(k)), rho = num(job$rho))$Tests[job$cause, ]
    if (t[["stat"]] >= 0) add("", "", "cmprsk::cuminc", closed, statistic = t[["stat"]], df = t[["df"]], p_value = pchisq(t[["stat"]], t[["df"]], lower.tail = FALSE))
    if (!within && min(k$time[k$event > 0]) == 0) return()  # crr takes no event at time 0
    groups <- intersect(named("", "group"), k$group); X <- sapply(groups[-1], function(g) as.numeric(k$group == g))
    if (within) { hazards_of(subhazards(k$time, k$event, X, k$x, of), X, paste0(job$by, "=", groups[-1]), conf, FALSE); return() }
    if (all(tapply(k$event == of, factor(k$group, groups), sum) > 0)) {
      f <- cmprsk::crr(k$time, k$event, X, failcode = of, gtol = 1e-10, maxiter = 100); z <- qnorm((1 + conf) / 2); e <- sqrt(diag(f$var))
      for (i in seq_along(groups[-1])) add("", paste0(job$by, "=", groups[i + 1]), "cmprsk::crr", fitted, hazard_ratio = exp(f$coef[[i]]), ci_low = exp(f$coef[[i]] - z * e[i]), ci_high = exp(f$coef[[i]] + z * e[i]))
    }
  },
  pool = function(d, conf) {
    x <- d$x; n <- d$y; k <- length(x); half <- (1 - conf) / 2; job$interval <<- "clopper-pearson"
    for (i in seq_len(k)) { ci <- interval(x[i], n[i], conf)[[2]]; add("", d$level[i], "binom.test", closed, n = x[i], N = n[i], estimate = x[i] / n[i], ci_low = ci[1], ci_high = ci[2]) }
    add("", "", "sum", closed, n = sum(x), N = sum(n), trials = k)
    if (k < 2) return()
    more <- if (any(x == 0 | x == n)) 0.5 else 0
    y <- qlogis((x + more) / (n + 2 * more)); v <- 1 / (x + more) + 1 / (n - x + more); back <- plogis
    if (job$transform == "freeman-tukey") {
      arc <- function(x, n) (asin(sqrt(x / (n + 1))) + asin(sqrt((x + 1) / (n + 1)))) / 2; y <- arc(x, n); v <- 1 / (4 * n + 2); h <- k / sum(1 / n)
      back <- function(t) if (t <= arc(0, h)) 0 else if (t >= arc(h, h)) 1 else uniroot(function(p) arc(h * p, h) - t, 0:1, tol = 1e-15)$root
    }
    w <- 1 / v
    q <- sum(w * (y - weighted.mean(y, w))^2); t2 <- max(0, (q - k + 1) / (sum(w) - sum(w^2) / sum(w)))
    spare <- function(t2) { w <- 1 / (v + t2); sum(w * (y - weighted.mean(y, w))^2) - k + 1 }
    if (job$tau2 == "pm") { top <- 1; while (spare(top) > 0) top <- 2 * top; t2 <- if (spare(0) <= 0) 0 else uniroot(spare, c(0, top), tol = 1e-15)$root }
    if (job$tau2 == "reml") for (step in 1:5000) {  # the fixed point of the restricted likelihood's equation
      w <- 1 / (v + t2); before <- t2; t2 <- max(0, sum(w^2 * ((y - weighted.mean(y, w))^2 - v)) / sum(w^2) + 1 / sum(w))
      if (abs(t2 - before) < 1e-15) break
    }
    w <- 1 / (v + t2); m <- weighted.mean(y, w); hk <- job$knapp_hartung == "true"
    se <- if (hk) sqrt(sum(w * (y - m)^2) / (k - 1) / sum(w)) else sqrt(1 / sum(w))
    reach <- se * (if (hk) qt(1 - half, k - 1) else qnorm(1 - half)); wide <- if (k > 2) qt(1 - half, k - 2) * sqrt(se^2 + t2)
    add("", "", "fixed point of the restricted likelihood", fitted, estimate = back(m), ci_low = back(m - reach), ci_high = back(m + reach))
    if (k > 2) add("", "", "fixed point of the restricted likelihood", fitted, prediction_low = back(m - wide), prediction_high = back(m + wide))
    for (i in seq_len(k)) add("", d$level[i], "fixed point of the restricted likelihood", fitted, weight = w[i] / sum(w))
    add("", "heterogeneity", "sum of squares", closed, statistic = q, df = k - 1, p_value = pchisq(q, k - 1, lower.tail = FALSE), i2 = max(0, 100 * (q - k + 1) / q))
    if (t2 > 1e-8 || t2 == 0) add("", "heterogeneity", "fixed point of the restricted likelihood", fitted, tau2 = t2)
  },
  firth_logistic = function(d, conf) {
    sets <- named("", "set"); wide <- data.frame(y = d$x[d$set == sets[1]]); shown <- c()
    terms <- paste0("c", seq_along(sets))  # a column may be called y
    for (i in seq_along(sets)) { v <- d[d$set == sets[i], ]; l <- named(sets[i], "level"); wide[[terms[i]]] <- if (length(l)) factor(v$level, levels = l) else v$y }
    wide <- droplevels(wide[complete.cases(wide), ]); add("", "", "sum", closed, n = nrow(wide), events = sum(wide$y)); if (length(unique(wide$y)) < 2) return()
    X <- model.matrix(~ ., wide[-1]); y <- wide$y
    for (i in seq_along(sets)) shown <- c(shown, if (is.factor(wide[[terms[i]]])) of(sets[i], levels(wide[[terms[i]]])[-1]) else sets[i])
    coefficient(X, y, conf, shown, TRUE)
  },
  dose_response = function(d, conf) {
    d <- d[!is.na(d$x) & !is.na(d$y) & d$x > 0, ]; add("", "", "sum", closed, n = nrow(d), events = sum(d$y))
    if (length(unique(d$y)) == 2) coefficient(cbind(1, log10(d$x)), d$y, conf, "per_tenfold_dose", job$firth == "true")
  },
  exposure = function(d, conf) {
    groups <- named("", "group"); known <- list(); names <- c("cmax", "tmax", "auc", "tlast", "half_life")
    for (g in groups) {
      who <- unique(d$x[d$set == "people" & d$group == g]); m <- d[d$set == "values" & !is.na(d$y) & !is.na(d$time) & d$time >= 0, ]; of <- split(seq_len(nrow(m)), factor(m$x, who))
      each <- vapply(of, function(i) { i <- i[order(m$time[i])]; if (length(i)) nca(m$time[i], m$y[i], num(job$until), num(job$limit), job$below) else rep(NA_real_, 5) }, numeric(5))
      for (i in 1:5) {
        y <- matrix(each, 5)[i, ]; describe(g, names[i], y); y <- y[!is.na(y)]; known[[names[i]]][[g]] <- y
        if (i %in% c(1, 3) && length(y) && all(y > 0)) {
          add(g, names[i], "mean of log", closed, geometric_mean = exp(mean(log(y))))
          if (length(y) > 1 && sd(log(y)) > 1e-12) { ci <- exp(t.test(log(y), conf.level = conf)$conf.int); add(g, names[i], "t.test of log", closed, ci_low = ci[1], ci_high = ci[2]) }
        }
      }
    }
    for (n in c("cmax", "auc")) {
      y <- known[[n]][lengths(known[[n]]) > 0]; if (length(y) != 2 || any(unlist(y) <= 0) || min(lengths(y)) < 2) next
      t <- t.test(log(y[[2]]), log(y[[1]]), conf.level = conf)
      add("", n, "t.test of log", closed, ratio = exp(t$estimate[[1]] - t$estimate[[2]]), ci_low = exp(t$conf.int[1]), ci_high = exp(t$conf.int[2]), p_value = t$p.value)
    }
  },
  crosstab = function(d, conf) {
    one <- d[d$set == named("", "set")[1], ]; lines <- named("", "level"); unknown <- anyNA(one$level)
    row <- function(group, v) {
      add(group, "", "nrow", closed, N = nrow(v)); if (unknown) add(group, "", "is.na", closed, missing = sum(is.na(v$level)))
      for (l in lines) add(group, l, "sum", closed, n = sum(v$level == l, na.rm = TRUE))
    }
    row("", one)
    for (s in named("", "set")) {
      v <- d[d$set == s, ]
      for (g in named(s, "group")) row(of(s, g), v[v$group == g, ])
      if (any(v$group == "")) row(s, v[v$group == "", ])
    }
  },
  kinetics_by_day = function(d, conf) for (g in named("", "group")) for (s in named("", "set")) {
    v <- d[d$group == g & d$set == s & !is.na(d$y), ]; y <- ifelse(v$x == 1, v$y * as.numeric(job$below), v$y)
    if (!length(y)) next
    add(g, s, "length", closed, n = length(y))
    if (any(y <= 0)) next  # a zero has no logarithm: not estimable
    add(g, s, "mean of log", closed, estimate = exp(mean(log(y))))
    if (length(y) < 2) next
    ci <- exp(if (sd(log(y)) > 1e-12) t.test(log(y), conf.level = conf)$conf.int else rep(mean(log(y)), 2))  # t.test takes no constant
    add(g, s, "t.test of log", closed, ci_low = ci[1], ci_high = ci[2])
  }
)

# --- models of groups with covariates
wide_of <- function(d, keep = TRUE) {  # outcome (x), time and group of everyone, covariates as columns of a matrix with their ids and centres
  base <- d[is.na(d$set), ]; sets <- named("", "set"); w <- data.frame(y = base$x, t = base$time, e = base$entry, g = factor(base$group, named("", "group")), s = if (job$stratum == "true") base$level else rep("all", nrow(base)))
  for (i in seq_along(sets)) { v <- d[!is.na(d$set) & d$set == sets[i], ]; l <- named(sets[i], "level"); w[[paste0("c", i)]] <- if (length(l)) factor(v$level, l) else v$y }
  needed <- w[!names(w) %in% c("t", "e")]; w <- droplevels(w[complete.cases(needed) & keep, ]); X <- matrix(0, nrow(w), 0); ids <- character(0); at <- numeric(0); from <- character(0)
  for (i in seq_along(sets)) { v <- w[[paste0("c", i)]]
    if (is.factor(v)) for (l in levels(v)[-1]) { X <- cbind(X, as.numeric(v == l)); ids <- c(ids, of(sets[i], l)); at <- c(at, 1 / nlevels(v)); from <- c(from, sets[i]) }
    else { X <- cbind(X, v); ids <- c(ids, sets[i]); at <- c(at, mean(v)); from <- c(from, sets[i]) } }
  list(y = w$y, t = w$t, e = w$e, g = w$g, s = w$s, X = X, ids = ids, at = at, from = from)
}
wide_rows <- function(d, keep) {  # which of the participants wide_of keeps
  base <- d[is.na(d$set), ]; ok <- !is.na(base$x) & !is.na(factor(base$group, named("", "group"))) & keep
  for (s in named("", "set")) { v <- d[!is.na(d$set) & d$set == s, ]; l <- named(s, "level"); ok <- ok & !is.na(if (length(l)) factor(v$level, l) else v$y) }; ok
}
no_squares <- function(y) { u <- max(abs(y - mean(y))); u < 1e-140 || u > 1e140 }
leverage_one <- function(f) job$errors == "hc3" && max(hatvalues(f)) > 1 - 1e-9  # no HC3
covariance <- function(f) {  # of coefficients, HC3 if asked for
  if (job$errors != "hc3") return(vcov(f))
  X <- model.matrix(f); A <- chol2inv(qr.R(qr(X))); A %*% crossprod(X * (resid(f) / (1 - hatvalues(f)))) %*% A
}
wald_f <- function(level, f, L) {
  V <- covariance(f); b <- drop(L %*% coef(f)); k <- nrow(L); s <- drop(b %*% solve(L %*% V %*% t(L), b, tol = 0)) / k; if (!is.finite(s)) return()
  add("", level, "lm, vcov", fitted, statistic = s, df = k, df_residual = df.residual(f), p_value = pf(s, k, df.residual(f), lower.tail = FALSE))
}
methods$ancova <- function(d, conf) {
  w <- wide_of(d); y <- w$y; m <- nlevels(w$g)
  for (g in named("", "group")) { v <- y[w$g == g]; add(g, "", "length, mean", closed, n = length(v), mean = if (length(v)) mean(v) else NA) }
  if (m < 2) return()
  C <- sweep(w$X, 2, w$at); G <- sapply(levels(w$g), function(g) as.numeric(w$g == g)); M <- cbind(G, C); n <- ncol(M)
  if (nrow(M) <= n || qr(M)$rank < n) return()
  f <- lm(y ~ 0 + M); if (max(abs(resid(f))) < 1e-10 * max(abs(y)) || leverage_one(f) || no_squares(y)) return()
  V <- covariance(f); t <- qt((1 + conf) / 2, df.residual(f))
  shown <- function(group, level, L, p) { b <- sum(L * coef(f)); e <- sqrt(drop(L %*% V %*% L)); add(group, level, "lm, vcov", fitted, estimate = b, std_error = e, ci_low = b - t * e, ci_high = b + t * e)
    if (p) add(group, level, "lm, vcov", fitted, p_value = 2 * pt(-abs(b / e), df.residual(f))) }
  unit <- diag(n)
  for (i in seq_len(m)) shown(levels(w$g)[i], "", unit[i, ], FALSE)
  if (job$contrasts == "first") for (i in seq_len(m)[-1]) shown("", of(job$by, levels(w$g)[i]), unit[i, ] - unit[1, ], TRUE)
  else for (i in seq_len(m - 1)) for (j in (i + 1):m) { L <- unit[j, ] - unit[i, ]; s <- paste0(levels(w$g)[j], "_against_", levels(w$g)[i]); if (job$contrasts == "all") { shown("", s, L, TRUE); next }
    b <- sum(L * coef(f)); e <- sqrt(drop(L %*% V %*% L)); q <- qtukey(conf, m, df.residual(f)) / sqrt(2); add("", s, "lm, ptukey", 1e-5, estimate = b, std_error = e, ci_low = b - q * e, ci_high = b + q * e, p_value = ptukey(abs(b / e) * sqrt(2), m, df.residual(f), lower.tail = FALSE)) }
  for (j in seq_along(w$ids)) shown("", w$ids[j], unit[m + j, ], TRUE)
  wald_f("", f, unit[2:m, , drop = FALSE] - unit[rep(1, m - 1), , drop = FALSE])
  with <- which(w$from %in% named("", "interaction")); if (!length(with)) return()
  P <- do.call(cbind, lapply(2:m, function(i) G[, i] * C[, with, drop = FALSE])); N <- cbind(M, P); k <- ncol(P)
  f <- lm(y ~ 0 + N); if (nrow(N) > ncol(N) && qr(N)$rank == ncol(N) && !leverage_one(f)) wald_f("interaction", f, diag(ncol(N))[n + seq_len(k), , drop = FALSE])
}
methods$linear_regression <- function(d, conf) {
  d$group <- "all"; ids$id[ids$analysis == job$analysis & ids$kind == "group"] <<- "all"; w <- wide_of(d); n <- length(w$y); add("", "", "length", closed, n = n)
  X <- sweep(w$X, 2, w$at); M <- cbind(1, X); k <- ncol(M); if (k < 2 || n <= k || qr(M)$rank < k) return(); f <- lm(w$y ~ 0 + M); if (max(abs(resid(f))) < 1e-10 * max(abs(w$y)) || leverage_one(f) || no_squares(w$y)) return()
  r <- sum(resid(f)^2) / sum((w$y - mean(w$y))^2); add("", "", "lm", fitted, r_squared = 1 - r, r_squared_adjusted = 1 - r * (n - 1) / (n - k), sd = sqrt(sum(resid(f)^2) / (n - k)))
  wald_f("", f, diag(k)[-1, , drop = FALSE]); V <- covariance(f); t <- qt((1 + conf) / 2, n - k)
  for (j in seq_along(w$ids)) { b <- coef(f)[[j + 1]]; e <- sqrt(V[j + 1, j + 1]); add("", w$ids[j], "lm, vcov", fitted, estimate = b, std_error = e, ci_low = b - t * e, ci_high = b + t * e, p_value = 2 * pt(-abs(b / e), n - k)) }
}
methods$incidence_rate <- function(d, conf) {
  w <- wide_of(d, !is.na(d$time[is.na(d$set)]) & d$time[is.na(d$set)] > 0); m <- nlevels(w$g); z <- qnorm((1 + conf) / 2); whole <- all(w$y >= 0 & w$y == floor(w$y) & w$y < 2^53)
  for (g in named("", "group")) {
    x <- sum(w$y[w$g == g]); t <- sum(w$t[w$g == g]); add(g, "", "length", closed, n = sum(w$g == g)); if (!whole) next
    add(g, "", "sum", closed, occurrences = x, exposure = t); if (!t) next
    p <- poisson.test(x, t, conf.level = conf); k <- num(job$per); add(g, "", "poisson.test", closed, estimate = k * x / t, ci_low = k * p$conf.int[1], ci_high = k * p$conf.int[2])
  }
  X <- cbind(sapply(levels(w$g)[-1], function(g) as.numeric(w$g == g)), sweep(w$X, 2, w$at)); if (m < 2 || !whole || !sum(w$y)) return()
  y <- w$y; f <- suppressWarnings(glm(y ~ X + offset(log(w$t)), family = poisson, control = glm.control(1e-14, 100))); if (anyNA(coef(f)) || any(abs(coef(f)[-1] * apply(X, 2, sd)) > 8)) return()
  M <- model.matrix(f); mu <- fitted.values(f); V <- vcov(f); if (job$errors == "robust") V <- V %*% crossprod(M * (y - mu)) %*% V
  ids <- c(of(job$by, levels(w$g)[-1]), w$ids)
  for (j in seq_along(ids)) { b <- coef(f)[[j + 1]]; e <- sqrt(V[j + 1, j + 1]); add("", ids[j], "glm", fitted, rate_ratio = exp(b), ci_low = exp(b - z * e), ci_high = exp(b + z * e), p_value = 2 * pnorm(-abs(b / e))) }
  if (df.residual(f)) add("", "", "glm", fitted, dispersion = sum((y - mu)^2 / mu) / df.residual(f))
}
methods$standardised_risks <- function(d, conf) {
  w <- wide_of(d); y <- w$y; z <- qnorm((1 + conf) / 2)
  for (g in named("", "group")) { v <- y[w$g == g]; add(g, "", "sum, length", closed, n = sum(v), N = length(v), percent = if (length(v)) mean(v) else NA) }
  if (nlevels(w$g) != 2 || length(unique(y)) < 2) return()
  M <- cbind(1, w$g == levels(w$g)[2], sweep(w$X, 2, w$at)); f <- suppressWarnings(glm(y ~ M - 1, family = binomial, control = glm.control(1e-14, 100)))
  if (anyNA(coef(f)) || any(abs(coef(f) * pmax(apply(M, 2, sd), 0.1)) > 8)) return()
  V <- vcov(f); at <- function(b, g) { M[, 2] <- g; mean(plogis(drop(M %*% b))) }; b <- coef(f)
  slope <- function(h) sapply(seq_along(b), function(j) { s <- 1e-4 * sqrt(V[j, j]); u <- function(k) h(replace(b, j, b[j] + k * s)); (8 * (u(1) - u(-1)) - (u(2) - u(-2))) / (12 * s) })
  said <- function(h) { g <- slope(h); c(h(b), sqrt(drop(g %*% V %*% g))) }
  for (i in 0:1) { r <- said(function(b) at(b, i)); add(levels(w$g)[i + 1], "", "glm, numerical derivative", fitted, estimate = r[1], std_error = r[2], ci_low = max(0, r[1] - z * r[2]), ci_high = min(1, r[1] + z * r[2])) }
  l <- said(function(b) log(at(b, 1) / at(b, 0))); r <- said(function(b) at(b, 1) - at(b, 0))
  add("", "", "glm, numerical derivative", fitted, risk_ratio = exp(l[1]), ci_low = exp(l[1] - z * l[2]), ci_high = exp(l[1] + z * l[2]), p_value = 2 * pnorm(-abs(l[1] / l[2])))
  add("", "risk_difference", "glm, numerical derivative", fitted, estimate = r[1], std_error = r[2], ci_low = max(-1, r[1] - z * r[2]), ci_high = min(1, r[1] + z * r[2]), p_value = 2 * pnorm(-abs(r[1] / r[2])))
}
methods$number_needed <- function(d, conf) {
  if (job$stratum == "true") { r <- within_strata(d, conf, FALSE, "risk_difference"); if (is.null(r)) return() } else { t <- compared(d, named("", "group")); if (is.null(t)) return()
    difference(t, conf, "risk_difference"); p <- t$x / t$n; r <- c(p[1] - p[2], newcombe(t$x, t$n, conf)) }
  for (side in c("one_more", "one_fewer")) {
    if (side == "one_fewer") r <- -r[c(1, 3, 2)]
    if (r[3] > 0) add("", side, "prop.test, combined as Newcombe", closed, number_needed = if (r[1] > 0) 1 / r[1] else if (r[1] == 0) Inf else NA, ci_low = 1 / r[3], ci_high = if (r[2] > 0) 1 / r[2] else Inf)
  }
}
methods$paired_t <- function(d, conf) {
  d <- d[!is.na(d$x) & !is.na(d$y), ]; add("", "", "nrow", closed, n = nrow(d)); v <- d$x - d$y; if (length(v) < 2 || all(v == v[1])) return()
  u <- in_range(c(d$x, d$y)); t <- t.test(d$x / u, d$y / u, paired = TRUE, conf.level = conf); one <- t.test(d$x / u, d$y / u, paired = TRUE, alternative = job$alternative)
  add("", "", "t.test", closed, estimate = unname(t$estimate) * u, std_error = t$stderr * u, ci_low = t$conf.int[1] * u, ci_high = t$conf.int[2] * u, statistic = unname(t$statistic), df = unname(t$parameter), p_value = one$p.value)
}
methods$sign_test <- function(d, conf) {
  v <- sort((d$x - d$y)[!is.na(d$x) & !is.na(d$y)]); n <- length(v); add("", "", "sum", closed, n = n, zeros = sum(v == 0)); if (!n) return()
  m <- sum(v != 0); add("", "", "binom.test, median", exact, statistic = sum(v > 0), estimate = median(v), p_value = if (m) binom.test(sum(v > 0), m, alternative = job$alternative)$p.value else 1)
  k <- qbinom((1 - conf) / 2, n, 0.5); if (pbinom(k, n, 0.5) <= (1 - conf) / 2) k <- k + 1; if (k > 0) add("", "", "qbinom", closed, ci_low = v[k], ci_high = v[n + 1 - k])
}
methods$pearson <- function(d, conf) {
  d <- d[!is.na(d$x) & !is.na(d$y), ]; add("", "", "nrow", closed, n = nrow(d)); if (nrow(d) < 3 || sd(d$x) == 0 || sd(d$y) == 0) return()
  t <- cor.test(d$x, d$y, conf.level = conf); r <- unname(t$estimate); perfect <- 1 - abs(r) < 1e-15; add("", "", "cor.test", fitted, estimate = r, statistic = if (perfect) sign(r) * Inf else unname(t$statistic), df = unname(t$parameter), p_value = if (perfect) 0 else t$p.value)
  if (nrow(d) > 3) add("", "", "cor.test", fitted, ci_low = t$conf.int[1], ci_high = t$conf.int[2])
}
methods$kappa <- function(d, conf) {
  l <- named("", "level"); k <- length(l); a <- d$y[d$set == "x"]; b <- d$y[d$set == "y"]; t <- table(factor(a, seq_len(k)), factor(b, seq_len(k))); n <- sum(t)
  for (i in seq_len(k)) for (j in seq_len(k)) add(l[i], l[j], "table", closed, n = t[i, j])
  add("", "", "sum", closed, n = n); if (!n) return()
  far <- abs(outer(seq_len(k), seq_len(k), "-")) / max(k - 1, 1); w <- switch(job$weights, none = diag(k), linear = 1 - far, quadratic = 1 - far^2); p <- unclass(t) / n
  e <- outer(rowSums(p), colSums(p)); add("", "", "table", closed, agreement = sum(diag(p)), expected = sum(diag(e))); if (sum(w * e) > 1 - 1e-12) return()
  of_p <- function(p) { e <- outer(rowSums(p), colSums(p)); (sum(w * p) - sum(w * e)) / (sum(p)^2 - sum(w * e)) }
  slope <- function(p) matrix(sapply(seq_along(p), function(i) { h <- 1e-5; up <- function(m) of_p(replace(p, i, p[i] + m * h)); (8 * (up(1) - up(-1)) - (up(2) - up(-2))) / (12 * h) }), k)
  spread <- function(g, p) sqrt(max(0, sum(p * g^2) - sum(p * g)^2) / n); error <- spread(slope(p), p); null <- spread(slope(e), e); z <- qnorm((1 + conf) / 2); kappa <- of_p(p)
  add("", "", "table", closed, estimate = kappa)
  if (error > 1e-6) add("", "", "delta method, numerical derivative", fitted, std_error = error, ci_low = max(-1, kappa - z * error), ci_high = min(1, kappa + z * error))
  if (null > 1e-6) add("", "", "delta method, numerical derivative", fitted, statistic = kappa / null, p_value = 2 * pnorm(-abs(kappa / null)))
}
methods$bland_altman <- function(d, conf) {
  v <- (d$x - d$y)[!is.na(d$x) & !is.na(d$y)]; n <- length(v); add("", "", "length", closed, n = n); if (n < 2) return()
  m <- mean(v); s <- sd(v); t <- qt((1 + conf) / 2, n - 1); u <- qnorm(0.975); wide <- t * s * sqrt(1 / n + u^2 / (2 * (n - 1)))
  add("", "", "mean, sd, qt", closed, estimate = m, std_error = s / sqrt(n), ci_low = m - t * s / sqrt(n), ci_high = m + t * s / sqrt(n), sd = s, lower = m - u * s, lower_low = m - u * s - wide,
      lower_high = m - u * s + wide, upper = m + u * s, upper_low = m + u * s - wide, upper_high = m + u * s + wide)
}
methods$compare_at <- function(d, conf) {
  if (job$stratum == "true") d <- d[!is.na(d$level), ]; d <- event_of(d); t <- num(job$time); z <- qnorm((1 + conf) / 2); scale <- job$transform; job$transform <<- "log-log"; seen <- list()
  read <- function(k, e = NULL) { if (!nrow(k) || t > max(k$time)) return(NULL); s <- summary(survfit(Surv(time, event) ~ 1, k), times = t); if (s$surv %in% 0:1) NULL else c(s$surv, s$std.err) }
  for (g in named("", "group")) { k <- d[d$group == g, ]; if (!nrow(k)) { add(g, "", "nrow", closed, n = 0); next }; add(g, "", "sum", closed, n = nrow(k), events = sum(k$event)); if (t < min(k$time)) add(g, "", "survfit", closed, ci_low = 1, ci_high = 1); if (t <= max(k$time)) add(g, "", "survfit", closed, estimate = summary(survfit(Surv(time, event) ~ 1, k), times = t)$surv); v <- read(k); if (is.null(v)) next
    s <- summary(survfit(Surv(time, event) ~ 1, k, conf.type = "log-log", conf.int = conf), times = t); add(g, "", "survfit", closed, ci_low = s$lower, ci_high = s$upper); seen[[length(seen) + 1]] <- v }
  job$transform <<- scale; if (job$stratum == "true") return(across(d, conf, read)); if (length(seen) != 2 || length(intersect(named("", "group"), d$group)) != 2) return()
  a <- seen[[1]]; b <- seen[[2]]; m <- b[1] - a[1]; e <- sqrt(a[2]^2 + b[2]^2); f <- switch(scale, plain = function(s) c(s[1], s[2]), log = function(s) c(log(s[1]), s[2] / s[1]), "log-log" = function(s) c(log(-log(s[1])), s[2] / (s[1] * log(s[1]))))
  x <- (f(b)[1] - f(a)[1]) / sqrt(f(a)[2]^2 + f(b)[2]^2); add("", "", "survfit", closed, estimate = m, std_error = e, ci_low = m - z * e, ci_high = m + z * e, statistic = x, p_value = 2 * pnorm(-abs(x)))
}
outside <- function(C, limit) {  # that any of several normal variables of rank 3 or less is beyond the limits: one coordinate in closed form, the others by the midpoint rule
  e <- eigen(C, symmetric = TRUE); k <- rev(which(e$values > 1e-12)); A <- sweep(e$vectors[, k, drop = FALSE], 2, sqrt(e$values[k]), "*"); h <- 0.01; s <- seq(-8 + h / 2, 8, h)
  last <- function(fixed, a) { lo <- rep(-Inf, nrow(fixed)); hi <- -lo
    for (i in seq_along(a)) if (abs(a[i]) < 1e-15) { far <- abs(fixed[, i]) > limit; lo[far] <- Inf } else { b <- (limit * sign(a[i]) - fixed[, i]) / a[i]; hi <- pmin(hi, b); lo <- pmax(lo, b - 2 * limit / abs(a[i])) }
    ifelse(lo < hi, pnorm(lo) + pnorm(hi, lower.tail = FALSE), 1) }
  r <- ncol(A); if (r == 1) return(last(matrix(0, 1, nrow(A)), A[, 1]))
  if (r == 2) return(sum(h * dnorm(s) * last(outer(s, A[, 1]), A[, 2])))
  sum(sapply(s, function(x) h * dnorm(x) * sum(h * dnorm(s) * last(outer(s, A[, 2]) + rep(x * A[, 1], each = length(s)), A[, 3]))))
}
methods$max_combo <- function(d, conf) {
  if (job$stratum == "true") d <- d[!is.na(d$level), ] else d$level <- "all"; d <- event_of(d); d <- d[d$group != "", ]; g <- intersect(named("", "group"), d$group); if (length(g) != 2 || !sum(d$event)) return()
  if (!late()) d$entry <- -1; W <- list(c(0, 0), c(0, 1), c(1, 0), c(1, 1)); U <- numeric(4); V <- matrix(0, 4, 4)
  for (k in split(d, d$level)) { k$group <- factor(k$group, g); k <- k[order(k$group), ]; if (!sum(k$event)) next; a <- sums_at_events(k$entry, k$time, k$event, as.character(k$group)); n <- rowSums(a$r); m <- rowSums(a$d); S <- c(1, cumprod(1 - m / n)[-length(n)])
    two <- match(g[2], unique(as.character(k$group))); p <- if (is.na(two)) 0 * n else a$r[, two] / n; o <- if (is.na(two)) 0 * n else a$d[, two]; w <- sapply(W, function(x) S^x[1] * (1 - S)^x[2]); w <- matrix(w, length(n))
    U <- U + colSums(w * (o - m * p)); V <- V + crossprod(w * sqrt(ifelse(n > 1, m * (n - m) / pmax(n - 1, 1), 0) * p * (1 - p))) }
  if (V[1, 1] < 1e-10) return(); some <- diag(V) > 1e-10; z <- U[some] / sqrt(diag(V)[some]); top <- max(abs(z))
  for (i in seq_along(z)) add("", c("rho_0_gamma_0", "rho_0_gamma_1", "rho_1_gamma_0", "rho_1_gamma_1")[some][i], "sums over the event times", closed, statistic = z[i])
  add("", "", "sums over the event times", closed, statistic = top); add("", "", "midpoint rule", 1e-5, p_value = outside(cov2cor(V[some, some, drop = FALSE]), top))
  f <- coxph(if (job$stratum == "true") update(if (late()) Surv(entry, time, event) ~ x else Surv(time, event) ~ x, . ~ . + strata(level)) else if (late()) Surv(entry, time, event) ~ x else Surv(time, event) ~ x, transform(d, x = as.numeric(group == g[2])), control = tight)
  if (!is.na(coef(f)[1]) && abs(coef(f)[1]) < 8) ratios(f, g[2], conf)
}
methods$state_probabilities <- function(d, conf) {
  d <- d[!is.na(d$time) & !is.na(d$event), ]; add("", "", "sum", closed, n = sum(d$time > 0)); d$id <- seq_len(nrow(d)); l <- named("", "state"); k <- length(l); if (!nrow(d) || max(d$time) == 0) return()
  x <- ifelse(is.na(d$x) | d$x >= d$time, Inf, pmax(d$x, 0)); code <- ifelse(d$event > 0, d$event + 1, 0)
  s <- rbind(data.frame(id = d$id, start = 0, stop = pmin(x, d$time), to = ifelse(is.finite(x), 1, code), from = 0), data.frame(id = d$id, start = x, stop = d$time, to = code, from = 1)[is.finite(x), ])
  s <- s[s$stop > s$start, ]; s <- s[order(s$id, s$start), ]; for (i in seq_len(k)) add(l[i], "", "table", closed, transitions = sum(s$to == i - 1 & (i > 1)))
  s$to <- factor(s$to, 0:(k - 1), c("censored", l[-1])); s$from <- factor(s$from, 0:1, l[1:2])
  f <- survfit(Surv(start, stop, to) ~ 1, s, id = id, istate = from, conf.type = "log-log", conf.int = conf); at <- num(strsplit(job$at, ";")[[1]]); at <- at[at * num(job$divisor) <= max(s$stop)]; if (!length(at)) return()
  r <- summary(f, times = at * num(job$divisor)); P <- matrix(r$pstate, length(at)); lo <- matrix(r$lower, length(at)); hi <- matrix(r$upper, length(at))
  for (i in seq_len(k)) if (l[i] %in% f$states) for (j in seq_along(at)) { p <- P[j, match(l[i], f$states)]; add(l[i], at_time(at[j]), "survfit, multi-state", closed, estimate = p)
    if (p > 1e-9 && p < 1 - 1e-9) add(l[i], at_time(at[j]), "survfit, multi-state", closed, ci_low = lo[j, match(l[i], f$states)], ci_high = hi[j, match(l[i], f$states)]) }
}
scaled <- function(s, transform) switch(transform, "plain" = c(s, 1), "log" = c(log(s), 1 / s), "log-log" = c(log(-log(s)), 1 / (s * log(s))), "arcsin" = c(asin(sqrt(s)), 0.5 / sqrt(s * (1 - s))))  # a scale and its slope
methods$current_leukaemia_free_survival <- function(d, conf) {  # Kaplan-Meier curves added and subtracted, or states; the influences of each patient added alike
  w <- d[is.na(d$set), c("time", "event", "group", "entry")]; if (!late()) w$entry <- -1; w$entry[which(w$entry <= 0)] <- -1; l <- named("", "change"); m <- length(l); X <- matrix(pmax(unlist(lapply(l, function(s) d$x[which(d$set == s)])), 0), ncol = m)
  raw <- matrix(unlist(lapply(l, function(s) d$x[which(d$set == s)])), ncol = m); good <- !is.na(w$time) & !is.na(w$event) & !is.na(w$entry); good[good] <- w$entry[good] < w$time[good] & (job$estimator == "kaplan-meier" | w$time[good] > 0); for (k in seq_len(m)[-1]) good <- good & (is.na(raw[, k]) | (!is.na(raw[, k - 1]) & raw[, k - 1] < raw[, k]))
  at <- num(strsplit(job$at, ";")[[1]]); first <- job$start == "disease"; z <- qnorm((1 + conf) / 2); seen <- list()
  for (g in named("", "group")) { o <- good & w$group == g; v <- w[o, ]; C <- X[o, , drop = FALSE]; came <- !is.na(C) & C <= v$time; add(g, "", "sum", closed, n = nrow(v), deaths = sum(v$event)); for (k in seq_len(m)) add(g, l[k], "sum", closed, n = sum(came[, k])); if (!nrow(v)) next
    E <- ifelse(came, C, v$time); E <- matrix(c(E, v$time), ncol = m + 1); D <- matrix(c(came | v$event == 1, v$event == 1), ncol = m + 1); use <- 0:m %% 2 == first; sign <- ifelse(use, 1, ifelse(0:m < m, -1, 0)); value <- 0; U <- matrix(0, nrow(v), length(at)); last <- max(v$time); under <- sapply(at, function(t) sum(v$time >= t & (v$entry < t | v$entry < 0)))
    for (k in 0:m) { i <- v$entry < E[, k + 1]; if (!any(i)) { if (sign[k + 1] != 0) last <- -1; next }; f <- survfit(if (late()) Surv(v$entry[i], E[i, k + 1], D[i, k + 1]) ~ 1 else Surv(E[, k + 1], D[, k + 1]) ~ 1, influence = TRUE); j <- findInterval(at, f$time); value <- value + sign[k + 1] * c(1, f$surv)[j + 1]; U[i, ] <- U[i, ] + sign[k + 1] * matrix(cbind(0, f$influence.surv), sum(i))[, j + 1, drop = FALSE]; if (sign[k + 1] != 0 && min(f$surv) > 0) last <- min(last, max(E[i, k + 1])) }
    e <- sqrt(colSums(U^2)); inside <- sapply(at, function(t) sum(v$time >= t & (v$entry < t | v$entry < 0) & (rowSums(!is.na(C) & C < t) + first) %% 2 == 0))
    if (job$estimator != "kaplan-meier") { B <- matrix(c(rep(0, nrow(v)), E[, -(m + 1)]), nrow(v)); s <- do.call(rbind, lapply(0:m, function(k) data.frame(id = seq_len(nrow(v)), start = B[, k + 1], stop = E[, k + 1], from = k, to = ifelse(!D[, k + 1], -1, rowSums(E <= E[, k + 1] & D)))))
      s <- s[s$stop > s$start, ]; if (!nrow(s)) next; s <- s[order(s$id, s$start), ]; s$to <- factor(s$to, c(-1, 0:(m + 1)), c("censored", paste0("s", 0:(m + 1)))); s$from <- factor(s$from, 0:(m + 1), paste0("s", 0:(m + 1)))
      if (length(unique(s$to[s$to != "censored"])) == 0) { value <- rep(mean(use[1 + tapply(as.integer(s$from) - 1, s$id, min)]), length(at)); e <- 0 * value } else {
        f <- survfit(Surv(start, stop, to) ~ 1, s, id = id, istate = from, influence = TRUE); j <- match(paste0("s", 0:m)[use], f$states); j <- j[!is.na(j)]; i <- findInterval(at, f$time); P <- rbind(f$p0, f$pstate); value <- rowSums(P[i + 1, j, drop = FALSE])
        e <- sapply(i, function(i) if (i) sqrt(sum(rowSums(matrix(f$influence.pstate[, i + (dim(f$influence.pstate)[2] - length(f$time)), j], ncol = length(j)))^2)) else 0) } }
    for (j in seq_along(at)) { add(g, at_time(at[j]), "sum", closed, n_at_risk = under[j], n_in_remission = inside[j]); if (at[j] > last) next; p <- min(1, max(0, value[j])); add(g, at_time(at[j]), "survfit, influence", closed, estimate = if (abs(p) < 1e-12) 0 else p); add(g, at_time(at[j]), "survfit, influence", fitted, std_error = if (e[j] < 1e-9) 0 else e[j]); if (e[j] > 1e-9) seen[[at_time(at[j])]] <- c(seen[[at_time(at[j])]], p, e[j])
      r <- z * e[j] / p; if (p > 1e-9 && (job$transform == "plain" || (p < 1 - 1e-9 && e[j] > 1e-9))) { a <- asin(sqrt(p)); h <- r / 2 * sqrt(p / (1 - p)); ci <- switch(job$transform, "log-log" = p^exp(c(-1, 1) * r / log(p)), "log" = p * exp(c(-r, r)), "plain" = p * (1 + c(-r, r)), "arcsin" = sin(pmin(pmax(a + c(-h, h), 0), pi / 2))^2)
        add(g, at_time(at[j]), "survfit, influence", fitted, ci_low = max(0, min(ci)), ci_high = min(1, max(ci))) } } }
  if (length(named("", "group")) == 2) for (t in names(seen)) if (length(seen[[t]]) == 4) { s <- seen[[t]]; b <- s[3] - s[1]; e <- sqrt(s[2]^2 + s[4]^2); add("", t, "survfit, influence", fitted, estimate = if (abs(b) < 1e-12) 0 else b, std_error = e, ci_low = b - z * e, ci_high = b + z * e)
    if (job$transform == "plain" || all(s[c(1, 3)] > 1e-9 & s[c(1, 3)] < 1 - 1e-9)) { x <- scaled(s[1], job$transform); y <- scaled(s[3], job$transform); u <- (y[1] - x[1]) / sqrt((x[2] * s[2])^2 + (y[2] * s[4])^2); add("", t, "survfit, influence", fitted, statistic = if (abs(u) < 1e-12) 0 else u, p_value = 2 * pnorm(-abs(u))) } }
}
methods$win_ratio <- function(d, conf) {  # every pair of a stratum (x) in full matrices; variances of U-statistics, or that under the null hypothesis
  sets <- named("", "set"); g <- named("", "group"); one <- d[d$set == sets[1], ]; for (i in g) add(i, "", "sum", closed, n = sum(one$group == i)); g <- g[sapply(g, function(i) any(one$group == i))]; if (length(g) != 2) return()
  if (job$stratum != "true") d$x <- 1; parts <- list(); by <- matrix(0, 2, length(sets)); before <- function(p, q) outer(seq_len(nrow(p)), seq_len(nrow(q)), function(i, j) p$event[i] == 1 & (p$time[i] < q$time[j] | (p$time[i] == q$time[j] & q$event[j] == 0)))
  for (h in sort(unique(d$x[d$group != ""]))) { k <- d[!is.na(d$x) & d$x == h, ]; n <- sapply(g, function(i) sum(k$group == i & k$set == sets[1])); if (min(n) == 0) next; if (too_many(n[1], n[2])) return(); W <- L <- matrix(FALSE, n[2], n[1])
    for (s in seq_along(sets)) { v <- k[k$set == sets[s], ]; x <- v[v$group == g[2], ]; y <- v[v$group == g[1], ]
      if (all(is.na(v$time))) { w <- outer(x$y, y$y, ">"); l <- outer(x$y, y$y, "<") } else { w <- t(before(y, x)); l <- before(x, y) }
      w <- w & !W & !L; l <- l & !W & !L; W <- W | w; L <- L | l; by[, s] <- by[, s] + c(sum(w), sum(l)) }
    parts[[length(parts) + 1]] <- list(W = W, L = L, w = if (job$stratum == "true") 1 / sum(n) else 1) }
  for (s in seq_along(sets)) add("", sets[s], "outer", closed, wins = by[1, s], losses = by[2, s]); each <- function(f) sapply(parts, f); all <- rowSums(by); N <- sum(unlist(each(function(q) length(q$W)))); add("", "", "outer", closed, strata = length(parts), pairs = N, wins = all[1], losses = all[2], ties = N - sum(all)); if (!length(parts) || min(each(function(q) min(dim(q$W)))) < 2) return()
  w <- each(function(q) q$w); N <- sum(w * each(function(q) length(q$W))); p <- c(sum(w * each(function(q) sum(q$W))), sum(w * each(function(q) sum(q$L)))) / N; z <- qnorm((1 + conf) / 2); null <- job$variance == "null-hypothesis"; from <- if (null) "variance of pairs that share a participant" else "U-statistics"
  V <- Reduce(`+`, lapply(parts, function(q) q$w^2 * (crossprod(scale(cbind(rowSums(q$W), rowSums(q$L)), scale = FALSE)) + crossprod(scale(cbind(colSums(q$W), colSums(q$L)), scale = FALSE))))) / N^2
  V0 <- max(0, sum(each(function(q) { D <- q$W - q$L; n <- nrow(D); m <- ncol(D); q$w^2 * (m / (m - 1) * sum(D * (rowSums(D) - D)) + n / (n - 1) * sum(D * (rep(colSums(D), each = n) - D))) })) / N^2)
  e <- if (null) sqrt(V0) else sqrt(max(0, V[1, 1] + V[2, 2] - 2 * V[1, 2])); m <- p[1] - p[2]; add("", "net_benefit", from, closed, estimate = if (abs(m) < 1e-13) 0 else m)
  if (all(p > 0)) { r <- p[1] / p[2]; s <- if (null) 2 * e / sum(p) else sqrt(max(0, V[1, 1] / p[1]^2 + V[2, 2] / p[2]^2 - 2 * V[1, 2] / prod(p))); add("", "", from, closed, win_ratio = r)
    if (s > 1e-9) add("", "", from, closed, std_error = s, ci_low = r * exp(-z * s), ci_high = r * exp(z * s), p_value = 2 * pnorm(-abs(log(r) / s))) }
  if (e < 1e-11) return(); add("", "net_benefit", from, closed, ci_low = max(-1, m - z * e), ci_high = min(1, m + z * e))
  if (abs(m) < 1 - 1e-12) { o <- (1 + m) / (1 - m); f <- if (null) 2 * e else e * 2 / (1 - m^2); add("", "win_odds", from, closed, estimate = o, ci_low = o * exp(-z * f), ci_high = o * exp(z * f)) }
}
methods$changing_cox <- function(d, conf) {  # tmerge
  w <- d[d$set == "followed", c("x", "time", "event", "level")]; names(w)[1] <- "id"; if (job$stratum == "true") w <- w[!is.na(w$level), ] else w$level <- "all"; terms <- shown <- c(); sets <- named("", "set"); begins <- named("", "begin"); value <- named("", "measured")
  for (i in seq_along(begins)) { w[[paste0("b", i)]] <- pmax(d$x[d$set == paste("begins", begins[i])], 0) }
  for (i in seq_along(sets)) { v <- d[d$set == sets[i], ]; l <- named(sets[i], "level"); w[[paste0("c", i)]] <- if (length(l)) factor(v$level, levels = l) else v$y }
  w <- w[complete.cases(w[c("time", "event", "level", paste0("c", seq_along(sets))[seq_along(sets)])]) & w$time > 0, ]; w <- droplevels(w); if (!nrow(w)) return()
  s <- tmerge(w, w, id = id, happens = event(time, event))
  for (i in seq_along(begins)) { w$when <- w[[paste0("b", i)]]; s <- tmerge(s, w, id = id, begun = tdc(when)); names(s)[names(s) == "begun"] <- paste0("begun", i); terms <- c(terms, paste0("begun", i)); shown <- c(shown, begins[i]) }
  if (length(value)) { m <- d[d$set == "measured" & d$x %in% w$id, c("x", "time", "y")]; names(m) <- c("id", "day", "v"); m <- m[order(m$id, m$day), ]; m$day <- pmax(m$day, 0); m <- m[!duplicated(m[c("id", "day")], fromLast = TRUE), ]
    s <- tmerge(s, m, id = id, latest = tdc(day, v)); s <- s[!is.na(s$latest), ]; terms <- c(terms, "latest"); shown <- c(shown, value) }
  for (i in seq_along(sets)) { k <- paste0("c", i); terms <- c(terms, k); shown <- c(shown, if (is.factor(w[[k]])) of(sets[i], levels(w[[k]])[-1]) else sets[i]) }
  add("", "", "tmerge", closed, n = length(unique(s$id)), events = sum(s$happens)); if (!nrow(s) || !sum(s$happens)) return()
  f <- coxph(reformulate(c(terms, "strata(level)"), "Surv(tstart, tstop, happens)"), s, control = tight); if (any(is.na(coef(f)))) return(); t <- summary(f, conf.int = conf)
  add("", "", "coxph, tmerge", fitted, lr_statistic = unname(t$logtest["test"]), lr_p_value = unname(t$logtest["pvalue"])); if (runs_away(f)) return()
  for (i in seq_along(shown)) add("", shown[i], "coxph, tmerge", fitted, hazard_ratio = t$conf.int[i, 1], ci_low = t$conf.int[i, 3], ci_high = t$conf.int[i, 4], p_value = t$coefficients[i, 5])
}
methods$one_sample_log_rank <- function(d, conf) for (g in named("", "group")) {  # survdiff with an offset, by hand where follow-up begins late or survival is 0
  k <- event_of(d[d$group == g, ]); add(g, "", "nrow", closed, n = nrow(k)); if (!nrow(k)) next; x <- sum(k$event); H <- log(2) / num(job$median) * (k$time - if (late()) pmax(k$entry, 0) else 0); add(g, "", "sum", closed, events = x); if (!sum(H)) next
  S <- exp(-H); by <- if (late() || min(S) < 1e-300 || !x) "sum" else "survdiff"; t <- if (by == "sum") list(obs = x, exp = sum(H)) else survdiff(Surv(time, event) ~ offset(S), k); E <- unname(t$exp); z <- (x - E) / sqrt(E); p <- poisson.test(x, E, conf.level = conf)$conf.int
  add(g, "", by, exact, expected = E, hazard_ratio = x / E, statistic = z, p_value = switch(job$alternative, less = pnorm(z), greater = pnorm(z, lower.tail = FALSE), 2 * pnorm(-abs(z)))); add(g, "", "poisson.test", exact, ci_low = p[1], ci_high = p[2])
}
methods$concordance_index <- function(d, conf) {
  d <- stratum_of(event_of(d)); d <- d[!is.na(d$x), ]; add("", "", "nrow", closed, n = nrow(d), events = sum(d$event)); if (!nrow(d)) return()
  u <- num(job$until); first <- which(d$event == 1 & (u == 0 | d$time <= u)); add("", "", "sum", closed, pairs = sum(vapply(first, function(i) sum(d$level == d$level[i] & (d$time > d$time[i] | (d$time == d$time[i] & d$event == 0))), 1)))
  if (!length(first)) return(); f <- concordance(if (job$stratum == "true") Surv(time, event) ~ x + strata(level) else Surv(time, event) ~ x, d, reverse = TRUE, timewt = if (job$weights == "uno") "n/G2" else "n", ymax = if (u) u else NULL)
  if (!is.finite(f$concordance)) return(); e <- sqrt(f$var); z <- qnorm((1 + conf) / 2); add("", "", "concordance", closed, estimate = unname(f$concordance))
  if (e > 1e-10) add("", "", "concordance", closed, std_error = e, ci_low = max(0, f$concordance - z * e), ci_high = min(1, f$concordance + z * e))
}

# --- repeated measures
reml <- function(y, s, v, X, kind) {  # restricted likelihood by Newton's method, its derivatives by differences; unstructured by its Cholesky root
  o <- order(s, v); y <- y[o]; s <- s[o]; v <- v[o]; X <- X[o, , drop = FALSE]; T <- max(v); k <- ncol(X); far <- abs(outer(1:T, 1:T, "-")); m <- if (grepl("^heterogeneous", kind)) T else 1
  V_of <- function(th) if (kind == "unstructured") { L <- matrix(0, T, T); L[lower.tri(L, TRUE)] <- th; diag(L) <- exp(diag(L)); L %*% t(L) } else { sd <- rep(exp(th[1:m]), length.out = T); r <- tanh(th[-(1:m)])
    outer(sd, sd) * (if (T == 1) matrix(1) else if (grepl("ar1", kind)) r^far else matrix(c(1, rep(r, length.out = T - 1))[far + 1], T)) }
  ids <- split(seq_along(y), s); P <- lapply(split(ids, sapply(ids, function(i) paste(v[i], collapse = " "))), function(g) { t <- v[g[[1]]]; Z <- lapply(seq_along(t), function(a) { r <- sapply(g, function(i) i[a]); cbind(X[r, , drop = FALSE], y[r]) })
    list(t = t, n = length(g), S = lapply(seq_along(t), function(a) lapply(seq_along(t), function(b) crossprod(Z[[a]], Z[[b]])))) })
  total <- function(W) { M <- 0; for (i in seq_along(P)) for (a in seq_along(P[[i]]$t)) for (b in seq_along(P[[i]]$t)) M <- M + W[[i]][a, b] * P[[i]]$S[[a]][[b]]; M }
  state <- function(th) { V <- V_of(th); W <- lapply(P, function(p) tryCatch(chol2inv(chol(V[p$t, p$t, drop = FALSE])), error = function(e) NULL)); if (any(sapply(W, is.null))) return(NULL)
    M <- total(W); Phi <- tryCatch(solve(M[1:k, 1:k], tol = 0), error = function(e) NULL); if (is.null(Phi)) return(NULL); b <- drop(Phi %*% M[1:k, k + 1]); list(W = W, M = M, Phi = Phi, b = b, e = c(-b, 1)) }
  dev <- function(th) { f <- state(th); if (is.null(f)) return(Inf); -sum(sapply(P, `[[`, "n") * sapply(f$W, function(w) determinant(w)$modulus)) + determinant(f$M[1:k, 1:k, drop = FALSE])$modulus[1] + drop(f$e %*% f$M %*% f$e) }
  slopes <- function(th) lapply(seq_along(th), function(j) { h <- 1e-3; u <- function(n) V_of(replace(th, j, th[j] + n * h)); (8 * (u(1) - u(-1)) - (u(2) - u(-2))) / (12 * h) })
  inside <- function(f, D) lapply(D, function(D) total(lapply(seq_along(P), function(i) f$W[[i]] %*% D[P[[i]]$t, P[[i]]$t] %*% f$W[[i]])))
  grad <- function(th) { f <- state(th); D <- slopes(th); Q <- inside(f, D)
    sapply(seq_along(th), function(j) sum(sapply(seq_along(P), function(i) P[[i]]$n * sum(f$W[[i]] * D[[j]][P[[i]]$t, P[[i]]$t]))) - sum(f$Phi * Q[[j]][1:k, 1:k]) - drop(f$e %*% Q[[j]] %*% f$e)) }
  hess <- function(th) { H <- sapply(seq_along(th), function(j) { h <- 1e-3; u <- function(n) grad(replace(th, j, th[j] + n * h)); (8 * (u(1) - u(-1)) - (u(2) - u(-2))) / (12 * h) }); (H + t(H)) / 2 }
  r <- resid(lm.fit(X, y)); at <- sapply(1:T, function(t) log(sqrt(mean(r[v == t]^2)))); th <- if (kind == "unstructured") { L <- diag(at, T); L[lower.tri(L, TRUE)] } else c(if (m == T) at else mean(at), rep(0, if (T == 1) 0 else if (grepl("toeplitz", kind)) T - 1 else 1))
  found <- tryCatch({ th <- nlminb(th, dev, grad, control = list(iter.max = 500, eval.max = 1000, rel.tol = 1e-12))$par; for (i in 1:3) th <- th - solve(hess(th), grad(th)); H <- hess(th); c <- sqrt(diag(H)); if (min(eigen(H / outer(c, c), TRUE, TRUE)$values) < 1e-7 || min(eigen(cov2cor(V_of(th)), TRUE, TRUE)$values) < 1e-5) NULL else th }, error = function(e) NULL, warning = function(e) NULL)
  if (is.null(found)) return(NULL)
  f <- state(th); Q <- lapply(inside(f, slopes(th)), function(q) q[1:k, 1:k, drop = FALSE]); A <- 2 * solve(H); D <- slopes(th); B <- 0
  for (i in seq_along(th)) for (j in seq_along(th)) B <- B + A[i, j] * (total(lapply(seq_along(P), function(p) { t <- P[[p]]$t; W <- f$W[[p]]; W %*% D[[i]][t, t] %*% W %*% D[[j]][t, t] %*% W }))[1:k, 1:k] - Q[[i]] %*% f$Phi %*% Q[[j]])
  list(b = f$b, Phi = f$Phi, V = f$Phi + 2 * f$Phi %*% B %*% f$Phi, A = A, G = lapply(Q, function(q) f$Phi %*% q %*% f$Phi))
}
mmrm_df <- function(f, L) { g <- sapply(f$G, function(G) drop(L %*% G %*% L)); 2 * drop(L %*% f$Phi %*% L)^2 / drop(g %*% f$A %*% g) }
mmrm_test <- function(f, L, kr) {
  b <- drop(L %*% f$b); q <- nrow(L); F <- drop(b %*% solve(L %*% (if (kr) f$V else f$Phi) %*% t(L), b)) / q
  if (!kr) { e <- eigen(L %*% f$Phi %*% t(L), TRUE); df <- apply(t(e$vectors) %*% L, 1, function(l) mmrm_df(f, l)); E <- sum(df / (df - 2)); d <- if (q == 1 || diff(range(df)) < 1e-8 * max(df)) mean(df) else if (any(df <= 2)) 2 else 2 * E / (E - q) }
  else if (q == 1) d <- mmrm_df(f, L[1, ])
  else { U <- t(L) %*% solve(L %*% f$Phi %*% t(L)) %*% L; h <- lapply(f$G, function(G) U %*% G); t1 <- sapply(h, function(x) sum(diag(x))); A1 <- drop(t1 %*% f$A %*% t1); A2 <- 0
    for (i in seq_along(h)) for (j in seq_along(h)) A2 <- A2 + f$A[i, j] * sum(h[[i]] * t(h[[j]])); B <- (A1 + 6 * A2) / (2 * q); g <- ((q + 1) * A1 - (q + 4) * A2) / ((q + 2) * A2); u <- 3 * q + 2 * (1 - g)
    E <- 1 / (1 - A2 / q); W <- 2 / q * (1 + g / u * B) / ((1 - (q - g) / u * B)^2 * (1 - (q + 2 - g) / u * B)); d <- 4 + (q + 2) / (q * W / (2 * E^2) - 1); F <- F * d / (E * (d - 2)) }
  c(statistic = F, df = q, df_residual = d, p_value = pf(F, q, d, lower.tail = FALSE))
}
methods$mmrm <- function(d, conf) {
  w <- wide_of(d, !is.na(d$time[is.na(d$set)])); l <- named("", "level"); v <- match(w$t, sort(unique(w$t))); at <- sort(unique(w$t)); m <- nlevels(w$g); kr <- job$df == "kenward-roger"
  for (g in named("", "group")) add(g, "", "unique", closed, n = length(unique(w$e[w$g == g]))); if (m < 2) return()
  add("", "", "length, unique", closed, n = length(unique(w$e)), observations = length(w$y)); cell <- interaction(factor(v), w$g, drop = FALSE)
  for (g in levels(w$g)) for (i in seq_along(at)) { y <- w$y[w$g == g & v == i]; add(g, l[at[i]], "length, mean", closed, n = length(y), mean = if (length(y)) mean(y) else NA) }
  C <- sweep(w$X, 2, w$at); own <- w$from %in% named("", "by_visit"); seen <- table(cell) > 0; E <- sapply(levels(cell)[seen], function(k) as.numeric(cell == k)); M <- cbind(E, C[, !own, drop = FALSE])
  for (j in which(own)) M <- cbind(M, sapply(seq_along(at), function(i) C[, j] * (v == i))); if (nrow(M) <= ncol(M) || qr(scale(M, FALSE, apply(abs(M), 2, max)))$rank < ncol(M)) return()
  f <- NULL; for (kind in strsplit(job$covariance, ";")[[1]]) if (is.null(f)) f <- reml(w$y, w$e, v, M, kind); if (is.null(f)) return()
  unit <- function(g, i) { k <- match(paste0(i, ".", g), levels(cell)[seen]); if (is.na(k)) NULL else replace(numeric(ncol(M)), k, 1) }; mean_of <- function(g) { u <- lapply(seq_along(at), function(i) unit(g, i)); if (any(sapply(u, is.null))) NULL else Reduce(`+`, u) / length(u) }
  line <- function(L) { b <- sum(L * f$b); e <- sqrt(drop(L %*% (if (kr) f$V else f$Phi) %*% L)); d <- mmrm_df(f, L); t <- qt((1 + conf) / 2, d); c(b, e, d, b - t * e, b + t * e, 2 * pt(-abs(b / e), d)) }
  by <- "restricted likelihood, numerical derivatives"; far <- function(g, i) { a <- if (i) unit(g, i) else mean_of(g); b <- if (i) unit(levels(w$g)[1], i) else mean_of(levels(w$g)[1]); if (is.null(a) || is.null(b)) NULL else a - b }
  for (g in levels(w$g)) for (i in seq_along(at)) if (!is.null(L <- unit(g, i))) { x <- line(L); add(g, l[at[i]], by, 1e-5, estimate = x[1], std_error = x[2], df = x[3], ci_low = x[4], ci_high = x[5]) }
  for (g in levels(w$g)[-1]) for (i in c(seq_along(at), 0)) if (!is.null(L <- far(g, i))) { x <- line(L); add(g, if (i) l[at[i]] else "", by, 1e-5, difference = x[1], difference_std_error = x[2], difference_df = x[3], difference_low = x[4], difference_high = x[5], p_value = x[6]) }
  L <- lapply(levels(w$g)[-1], far, 0); if (!any(sapply(L, is.null))) add("", "", by, 1e-5, mmrm_test(f, do.call(rbind, L), kr)); if (length(at) < 2) return()
  L <- unlist(lapply(levels(w$g)[-1], function(g) lapply(seq_along(at)[-1], function(i) { a <- far(g, i); b <- far(g, 1); if (is.null(a) || is.null(b)) NULL else a - b })), FALSE); if (!any(sapply(L, is.null))) add("", "interaction", by, 1e-5, mmrm_test(f, do.call(rbind, L), kr))
}

methods$gee <- function(d, conf) {
  w <- wide_of(d, !is.na(d$time[is.na(d$set)])); l <- named("", "level"); at <- sort(unique(w$t)); z <- qnorm((1 + conf) / 2); for (g in named("", "group")) add(g, "", "unique", closed, n = length(unique(w$e[w$g == g]))); if (nlevels(w$g) < 2) return()
  add("", "", "length, unique", closed, n = length(unique(w$e)), observations = length(w$y)); y <- w$y; s <- factor(w$e); indicators <- function(f) sapply(levels(f)[-1], function(k) as.numeric(f == k)); v <- factor(w$t, at)
  X <- cbind(1, indicators(w$g), if (length(at) > 1) indicators(v), sweep(w$X, 2, w$at)); k <- ncol(X); ids <- c(of(job$by, levels(w$g)[-1]), of(job$visit, l[at[-1]]), w$ids); if (nlevels(s) <= k || qr(X)$rank < k || length(unique(y)) < 2) return()
  fam <- switch(job$model, linear = gaussian(), logistic = binomial(), poisson = poisson()); if (job$model != "linear" && any(y < 0)) return(); f <- suppressWarnings(glm(y ~ X - 1, family = fam, control = glm.control(1e-14, 100))); b <- coef(f); if (anyNA(b) || job$model != "linear" && any(abs(b[-1] * apply(X[, -1, drop = FALSE], 2, sd)) > 8)) return()
  who <- split(seq_along(y), s); a <- 0; sums <- function(reduce) { mu <- fam$linkinv(drop(X %*% b)); sd <- sqrt(fam$variance(mu)); D <- X * fam$mu.eta(drop(X %*% b)); r <- y - mu; H <- 0; U <- 0; B <- 0; S <- list()
    for (i in who) { n <- length(i); W <- solve(outer(sd[i], sd[i]) * ((1 - a) * diag(n) + a)); S[[length(S) + 1]] <- list(D = D[i, , drop = FALSE], W = W, r = r[i]); H <- H + t(D[i, , drop = FALSE]) %*% W %*% D[i, , drop = FALSE]; U <- U + t(D[i, , drop = FALSE]) %*% W %*% r[i] }
    for (p in S) { e <- if (reduce) solve(diag(length(p$r)) - p$D %*% solve(H) %*% t(p$D) %*% p$W, p$r) else p$r; u <- t(p$D) %*% p$W %*% e; B <- B + u %*% t(u) }; list(H = H, U = U, V = solve(H) %*% B %*% solve(H), z = r / sd) }
  for (step in 1:500) { z2 <- sums(FALSE); if (job$correlation == "exchangeable") { q <- z2$z; pairs <- sapply(who, function(i) (sum(q[i])^2 - sum(q[i]^2)) / 2); n2 <- sum(sapply(who, function(i) length(i) * (length(i) - 1) / 2)); a <- sum(pairs) / n2 / mean(q^2) }
    move <- drop(solve(sums(FALSE)$H, sums(FALSE)$U)); b <- b + move; if (max(abs(move)) < 1e-12) break }
  V <- sums(job$errors == "bias-reduced")$V; ratio <- switch(job$model, linear = NULL, logistic = "odds_ratio", poisson = "rate_ratio"); add("", "", "estimating equations", fitted, correlation = a); if (max(abs(y - f$fitted.values)) < 1e-10) return()
  for (j in seq_along(ids)) { x <- b[[j + 1]]; e <- sqrt(V[j + 1, j + 1]); shown <- if (is.null(ratio)) c(estimate = x, ci_low = x - z * e, ci_high = x + z * e) else setNames(exp(c(x, x - z * e, x + z * e)), c(ratio, "ci_low", "ci_high")); add("", ids[j], "estimating equations", fitted, shown, p_value = 2 * pnorm(-abs(x / e))) }
}

# --- observational comparisons by inverse probability weights
weighed <- function(d, sizes = TRUE) {  # who is known in all, the second group, and the weights; NULL where there are none
  w <- wide_of(d); for (g in named("", "group")) if (sizes) add(g, "", "sum", closed, n = sum(w$g == g)); if (nlevels(w$g) != 2) return(NULL); w$second <- as.numeric(w$g == levels(w$g)[2]); M <- cbind(1, sweep(w$X, 2, w$at))
  w$w <- NULL; if (ncol(M) < 2 || nrow(M) <= ncol(M) || qr(M)$rank < ncol(M)) return(w); f <- suppressWarnings(glm(w$second ~ M - 1, binomial, control = glm.control(1e-14, 100))); if (any(abs(coef(f)[-1] * apply(M[, -1, drop = FALSE], 2, sd)) > 8)) return(w)
  e <- f$fitted.values; p <- mean(w$second); s <- job$stabilised == "true"; w$w <- if (job$estimand == "ate") ifelse(w$second == 1, 1 / e, 1 / (1 - e)) * (if (s) ifelse(w$second == 1, p, 1 - p) else 1) else ifelse(w$second == 1, 1, e / (1 - e) * (if (s) (1 - p) / p else 1))
  w$all <- w$w; w$w <- pmin(w$w, quantile(w$w, num(job$truncate))); w
}
methods$weighting <- function(d, conf) {
  w <- weighed(d); if (is.null(w)) return(); add("", "", "length", closed, n = length(w$second)); if (is.null(w$w)) return(); s <- w$second; add("", "", "glm, quantile", closed, truncated = sum(w$all > quantile(w$all, num(job$truncate))))
  for (k in 0:1) { v <- w$w[s == k]; g <- levels(w$g)[k + 1]; add(g, "", "glm", fitted, effective_n = sum(v)^2 / sum(v^2), weight_min = min(v), weight_max = max(v))
    for (j in seq_along(w$ids)) add(g, w$ids[j], "glm, weighted.mean", fitted, mean_before = mean(w$X[s == k, j]), mean_after = weighted.mean(w$X[s == k, j], v)) }
  for (j in seq_along(w$ids)) { x <- w$X[, j]; spread <- function(v) if (all(x %in% 0:1)) mean(v) * (1 - mean(v)) else var(v); q <- sqrt((spread(x[s == 1]) + spread(x[s == 0])) / 2); if (is.na(q) || q == 0) next
    add("", w$ids[j], "glm, weighted.mean", fitted, smd_before = (mean(x[s == 1]) - mean(x[s == 0])) / q, smd_after = (weighted.mean(x[s == 1], w$w[s == 1]) - weighted.mean(x[s == 0], w$w[s == 0])) / q) }
}
methods$weighted_kaplan_meier <- function(d, conf) {
  w <- weighed(d, FALSE); u <- if (is.null(w)) wide_of(d) else w; for (g in named("", "group")) add(g, "", "sum", closed, n = sum(u$g == g), events = sum(u$y[u$g == g])); if (is.null(w) || is.null(w$w) || late()) return()
  for (k in 0:1) { i <- w$second == k; g <- levels(w$g)[k + 1]; t <- w$t[i]; v <- w$w[i]; f <- survfit(Surv(t, w$y[i]) ~ 1, weights = v, robust = TRUE, conf.type = job$transform, conf.int = conf); q <- quantile(f, 0.5)
    add(g, "", "survfit", fitted, median = unname(q$quantile), ci_low = unname(q$lower), ci_high = unname(q$upper)); for (a in strsplit(job$at, ";")[[1]]) { at <- num(a); s <- summary(f, times = at, extend = TRUE); r <- sum(t >= at); add(g, at_time(a), "sum", closed, n_at_risk = r); if (r) add(g, at_time(a), "survfit", fitted, estimate = s$surv, ci_low = s$lower, ci_high = s$upper) } }
}
methods$weighted_cox <- function(d, conf) {
  w <- weighed(d, FALSE); if (is.null(w)) { w <- wide_of(d); for (g in named("", "group")) add(g, "", "sum", closed, n = sum(w$g == g), events = sum(w$y[w$g == g])); return() }
  for (g in named("", "group")) add(g, "", "sum", closed, n = sum(w$g == g), events = sum(w$y[w$g == g])); if (is.null(w$w) || late() || any(tapply(w$y, w$second, sum) == 0)) return()
  f <- coxph(Surv(w$t, w$y) ~ w$second + strata(w$s), weights = w$w, robust = TRUE, control = tight); b <- coef(f)[[1]]; if (is.na(b) || abs(b) > 8) return(); e <- sqrt(f$var[1, 1]); z <- qnorm((1 + conf) / 2); add("", of(job$by, levels(w$g)[2]), "coxph", fitted, hazard_ratio = exp(b), ci_low = exp(b - z * e), ci_high = exp(b + z * e), p_value = 2 * pnorm(-abs(b / e)))
}
methods$weighted_risks <- function(d, conf) {
  w <- weighed(d, FALSE); z <- qnorm((1 + conf) / 2); u <- if (is.null(w)) wide_of(d) else w; for (g in named("", "group")) { y <- u$y[u$g == g]; add(g, "", "sum", closed, n = sum(y), N = length(y), percent = if (length(y)) mean(y) else NA) }; if (is.null(w) || is.null(w$w)) return()
  p <- e <- c(0, 0); for (k in 0:1) { i <- w$second == k; v <- w$w[i]; p[k + 1] <- weighted.mean(w$y[i], v); e[k + 1] <- sqrt(sum(v^2 * (w$y[i] - p[k + 1])^2)) / sum(v); add(levels(w$g)[k + 1], "", "weighted.mean", fitted, estimate = p[k + 1], std_error = e[k + 1]) }
  b <- p[2] - p[1]; s <- sqrt(sum(e^2)); if (!s) return(); add("", "risk_difference", "weighted.mean", fitted, estimate = b, std_error = s, ci_low = max(-1, b - z * s), ci_high = min(1, b + z * s), p_value = 2 * pnorm(-abs(b / s)))
  if (all(p > 0)) { l <- log(p[2] / p[1]); t <- sqrt(sum((e / p)^2)); add("", "", "weighted.mean", fitted, risk_ratio = exp(l), ci_low = exp(l - z * t), ci_high = exp(l + z * t)) }
}
# --- restricted cubic splines, by ns of the package splines, which is R's own
spline_effect <- function(d, conf, kind) {
  d$y2 <- d$y; known <- !is.na(d$y[is.na(d$set)]) & (job$stratum != "true" | !is.na(d$level[is.na(d$set)])) & (kind != "cox" | !is.na(d$time[is.na(d$set)])); x <- d$y[is.na(d$set)]; base <- d[is.na(d$set), ]; w <- wide_of(d, known); keep <- wide_rows(d, known); x <- x[keep]; n <- length(x); unit <- if (n) in_range(x) else 1; x <- x / unit
  add("", "", "length", closed, n = n); if (kind != "linear") add("", "", "sum", closed, events = sum(w$y)); if (!n) return(); k <- num(job$knots); q <- unname(quantile(x, switch(as.character(k), "3" = c(0.1, 0.5, 0.9), "4" = c(0.05, 0.35, 0.65, 0.95), "5" = c(0.05, 0.275, 0.5, 0.725, 0.95)))); if (any(diff(q) <= 1e-9 * max(diff(range(q)), 1e-300))) return()
  st <- if (job$stratum == "true") base$level[keep] else rep("all", n); S <- splines::ns(x, knots = q[-c(1, k)], Boundary.knots = q[c(1, k)]); C <- if (ncol(w$X)) sweep(w$X, 2, w$at) else NULL; M <- cbind(unclass(S)[, seq_len(k - 1)], C); p <- ncol(M); if (n <= p + (kind != "cox") || qr(cbind(1, M))$rank < p + 1) return()
  if (kind != "linear" && (sum(w$y) == 0 || kind == "logistic" && all(w$y == 1))) return()
  f <- suppressWarnings(switch(kind, linear = lm(w$y ~ M), logistic = glm(w$y ~ M, binomial, control = glm.control(1e-14, 100)), cox = coxph(if (late()) Surv(w$e, w$t, w$y) ~ M + strata(st) else Surv(w$t, w$y) ~ M + strata(st), control = tight))); i <- seq_len(k - 1) + (kind != "cox"); b <- coef(f)[i]; if (anyNA(b) || kind != "linear" && any(abs(coef(f)[i] * apply(M[, seq_len(k - 1)], 2, sd)) > 8)) return(); if (kind == "linear" && max(abs(resid(f))) < 1e-10 * max(abs(w$y))) return()
  V <- vcov(f)[i, i]; df <- if (kind == "linear") df.residual(f) else 0; m <- if (job$reference == "") median(x) else num(job$reference) / unit; by <- "ns, vcov"; add("", "", "median", closed, reference = m * unit)
  wald <- function(level, u, t) if (df) add("", level, by, 1e-5, statistic = u / t, df = t, p_value = pf(u / t, t, df, lower.tail = FALSE)) else add("", level, by, 1e-5, statistic = u, df = t, p_value = pchisq(u, t, lower.tail = FALSE))
  wald("", drop(b %*% solve(V, b, tol = 0)), k - 1); g <- q[-c(1, k)]; e <- min(diff(q)) / 4; D <- predict(S, g + e) - 2 * predict(S, g) + predict(S, g - e); D <- matrix(D, k - 2); u <- drop(D %*% b); wald("nonlinearity", drop(u %*% solve(D %*% V %*% t(D), u, tol = 0)), k - 2)
  for (a in if (job$at == "") NULL else strsplit(job$at, ";")[[1]]) { B <- predict(S, c(num(a) / unit, m)); L <- B[1, ] - B[2, ]; x1 <- sum(L * b); s <- sqrt(drop(L %*% V %*% L)); t <- if (df) qt((1 + conf) / 2, df) else qnorm((1 + conf) / 2); v <- x1 + c(0, -1, 1) * t * s; if (!df) v <- exp(v); add("", a, by, 1e-5, setNames(v, c(switch(kind, linear = "estimate", logistic = "odds_ratio", cox = "hazard_ratio"), "ci_low", "ci_high"))) }
}
methods$linear_spline <- function(d, conf) spline_effect(d, conf, "linear"); methods$logistic_spline <- function(d, conf) spline_effect(d, conf, "logistic"); methods$cox_spline <- function(d, conf) spline_effect(d, conf, "cox")
# --- models of completed data: those of the first computation are fitted again, and pooled
methods$multiple_imputation <- function(d, conf) {
  base <- d[is.na(d$set), ]; for (g in named("", "group")) add(g, "", "sum", closed, n = sum(base$group == g)); add("", "", "sum", closed, n = sum(base$group != ""))
  gaps <- d[!is.na(d$set) & d$set == "gaps", ]; for (l in unique(gaps$level)) add("", l, "sum", closed, missing = sum(gaps$y[gaps$level == l])); own <- grep("^(linear|logistic) ", unique(d$set), value = TRUE); if (!length(own)) return()
  b <- NULL; u <- NULL; covariates <- named("", "covariate"); Q <- NULL; D <- V <- list()
  for (s in own) { v <- d[!is.na(d$set) & d$set == s, ]; o <- v[is.na(v$level), ]; keep <- !is.na(o$x); g <- droplevels(factor(o$group[keep], named("", "group"))); X <- sapply(covariates, function(l) v$y[!is.na(v$level) & v$level == l][keep]); y <- o$x[keep]
    M <- cbind(1, sapply(levels(g)[-1], function(k) as.numeric(g == k)), if (length(covariates)) matrix(X, length(y))); p <- ncol(M); if (length(y) <= p || qr(M)$rank < p) return()
    f <- if (grepl("^linear", s)) lm(y ~ M - 1) else suppressWarnings(glm(y ~ M - 1, binomial, control = glm.control(1e-14, 100))); if (max(abs(fitted.values(f) - y)) < 1e-8) return(); b <- rbind(b, coef(f)); u <- rbind(u, diag(vcov(f)))
    k <- nlevels(g); h <- 2:k; D[[length(D) + 1]] <- coef(f)[h]; V[[length(V) + 1]] <- vcov(f)[h, h, drop = FALSE]; if (!grepl("^linear", s)) next
    at <- if (p > k) colMeans(M[, (k + 1):p, drop = FALSE]); for (o in named("", "shares")) { i <- match(strsplit(o, " ")[[1]], covariates); at[i] <- 1 / (length(i) + 1) }
    L <- cbind(1, rbind(0, diag(k - 1)), matrix(at, k, length(at), byrow = TRUE)); Q <- rbind(Q, c(L %*% coef(f), diag(L %*% vcov(f) %*% t(L)))) }
  rubin <- function(q, u, full) { w <- mean(u); B <- (1 + 1 / length(q)) * var(q); t <- w + B; l <- B / t; known <- (full + 1) / (full + 3) * full * (1 - l); df <- if (l > 1e-12) 1 / (1 / ((length(q) - 1) / l^2) + 1 / known) else known; r <- qt((1 + conf) / 2, df) * sqrt(t); c(estimate = mean(q), std_error = sqrt(t), df = df, ci_low = mean(q) - r, ci_high = mean(q) + r, fmi = (B / w + 2 / (df + 3)) / (B / w + 1)) }
  if (!is.null(Q)) for (i in seq_len(ncol(Q) / 2)) add(levels(g)[i], "", "lm, Rubin's rules", fitted, rubin(Q[, i], Q[, ncol(Q) / 2 + i], length(y) - p))
  if (!is.null(Q)) { m <- length(D); q <- do.call(rbind, D); k <- ncol(q); U <- Reduce(`+`, V) / m; r <- (1 + 1 / m) * sum(diag(cov(q) %*% solve(U))) / k; a <- colMeans(q); x <- drop(a %*% solve(U, a)) / (k * (1 + r)); t <- k * (m - 1)  # Li, Raghunathan & Rubin 1991, Reiter 2007
    full <- length(y) - p; v <- full * (full + 1) / (full + 3); e <- r * t / (t - 2); c0 <- 1 / (t - 4); c1 <- v - 2 * (1 + e); c2 <- v - 4 * (1 + e)
    z <- 1 / c2 + c0 * (e^2 * c1 / ((1 + e)^2 * c2) + 8 * e^2 * c1 / ((1 + e) * c2^2) + 4 * e^2 / ((1 + e) * c2) + 4 * e^2 / (c2 * c1) + 16 * e^2 * c1 / c2^3 + 8 * e^2 / c2^2)
    if (t > 4 && c2 > 0) add("", "", "lm, D1", fitted, statistic = x, df = k, df_residual = 4 + 1 / z, p_value = pf(x, k, 4 + 1 / z, lower.tail = FALSE)) }
  logit <- grepl("^logistic", own[1]); if (logit && any(abs(b[, -1]) > 25)) return(); ids <- c(of(job$by, levels(g)[-1]), covariates); m <- nrow(b); full <- length(y) - p
  for (j in seq_along(ids)) { q <- b[, j + 1]; w <- mean(u[, j + 1]); B <- (1 + 1 / m) * var(q); t <- w + B; l <- B / t; known <- (full + 1) / (full + 3) * full * (1 - l); df <- if (l > 1e-12) 1 / (1 / ((m - 1) / l^2) + 1 / known) else known
    e <- sqrt(t); x <- mean(q) + c(0, -1, 1) * qt((1 + conf) / 2, df) * e; if (logit) x <- exp(x); add("", ids[j], "lm or glm, Rubin's rules", fitted, setNames(x, c(if (logit) "odds_ratio" else "estimate", "ci_low", "ci_high")), std_error = e, df = df, p_value = 2 * pt(-abs(mean(q) / e), df), fmi = (B / w + 2 / (df + 3)) / (B / w + 1)) }
}
# --- several groups, two at a time
van_elteren <- function(d, groups, conf) {
  d$second <- d$group == groups[groups %in% d$group][2]
  parts <- Filter(function(x) length(unique(x$second)) == 2, split(d, d$x)); add("", "", "split", closed, strata = length(parts)); if (!length(parts)) return()
  z <- function(shift) { t <- 0; v <- 0; for (x in parts) { y <- x$y - shift * x$second; N <- nrow(x); m <- sum(x$second); r <- rank(y); t <- t + (sum(r[x$second]) - m * (N + 1) / 2) / (N + 1)
    tie <- table(y); v <- v + m * (N - m) / 12 * (N + 1 - sum(tie^3 - tie) / (N * (N - 1))) / (N + 1)^2 }; if (v > 0) t / sqrt(v) else NA }
  s <- z(0); if (is.na(s)) return(); p <- switch(job$alternative, two.sided = 2 * pnorm(-abs(s)), greater = pnorm(-s), less = pnorm(s)); add("", "", "rank, by its definition", closed, statistic = s, p_value = p)
  size <- sapply(parts, nrow); second <- sapply(parts, function(x) sum(x$second)); if (too_many(second, size - second)) return()
  all <- sort(unique(unlist(lapply(parts, function(x) outer(x$y[x$second], x$y[!x$second], "-"))))); mid <- c(all[1] - 1, (all[-1] + all[-length(all)]) / 2, all[length(all)] + 1); at <- sapply(mid, z); u <- qnorm((1 + conf) / 2)
  past <- function(target) c(which(at[-1] < target), length(all))[1]; top <- past(-1e-9); if (all(is.finite(at))) add("", "", "inversion at every step", closed, estimate = if (top > 1 && abs(at[top]) < 1e-9) (all[top] + all[top - 1]) / 2 else all[top], ci_low = all[past(u)], ci_high = all[past(-u)])
}
every_pair <- function(groups, first) { k <- length(groups); if (k < 2) list() else Filter(function(p) !first || p[1] == 1, lapply(seq_len(ncol(combn(k, 2))), function(j) combn(k, 2)[, j])) }
against <- function(groups, p) paste0(groups[p[2]], "_against_", groups[p[1]])
dunnett <- function(t, share, df) { if (length(share) == 1) return(1 - 2 * pt(-t, df)); r <- sqrt(1 - share^2); reach <- 9 / sqrt(2 * df)
  given <- function(s) sapply(s, function(s) integrate(function(z) dnorm(z) * sapply(z, function(z) prod(pnorm((share * z + t * s) / r) - pnorm((share * z - t * s) / r))), -9, 9, rel.tol = 1e-10, subdivisions = 1000)$value)
  integrate(function(s) given(s) * exp(log(2) + df / 2 * log(df / 2) - lgamma(df / 2) + (df - 1) * log(s) - df * s^2 / 2), max(0, 1 - reach), 1 + reach, rel.tol = 1e-10, subdivisions = 1000)$value }
methods$pairwise_means <- function(d, conf) {
  for (g in named("", "group")) { v <- d$y[d$group == g & !is.na(d$y)]; add(g, "", "length, mean", closed, n = length(v), mean = if (length(v)) mean(v) else NA) }
  d <- d[!is.na(d$y) & d$group != "", ]; g <- droplevels(factor(d$group, named("", "group"))); k <- nlevels(g); df <- nrow(d) - k; if (k < 2 || df < 1) return(); f <- lm(d$y ~ g); sd <- sqrt(sum(resid(f)^2) / df); if (sd < 1e-10 * max(abs(d$y))) return()
  add("", "", "lm", closed, sd = sd, df = df); m <- tapply(d$y, g, mean); n <- as.vector(table(g)); share <- sqrt(n[-1] / (n[-1] + n[1])); top <- qt(1 - (1 - conf) / (2 * max(1, k - 1)), df)
  q <- switch(job$adjust, tukey = qtukey(conf, k, df) / sqrt(2), none = qt((1 + conf) / 2, df), dunnett = if (k == 2) top else uniroot(function(x) dunnett(x, share, df) - conf, c(qt((1 + conf) / 2, df), top + 1e-6), tol = 1e-11)$root)
  for (p in every_pair(levels(g), job$adjust == "dunnett")) { b <- m[[p[2]]] - m[[p[1]]]; e <- sd * sqrt(sum(1 / n[p])); t <- abs(b) / e; x <- switch(job$adjust, tukey = ptukey(t * sqrt(2), k, df, lower.tail = FALSE), none = 2 * pt(-t, df), dunnett = 1 - dunnett(t, share, df))
    add("", against(levels(g), p), "lm, ptukey, integrate", 1e-5, estimate = b, std_error = e, ci_low = b - q * e, ci_high = b + q * e); if (x > 1e-6) add("", against(levels(g), p), "lm, ptukey, integrate", 1e-5, p_value = x) }
}
methods$pairwise_ranks <- function(d, conf) {
  for (g in named("", "group")) add(g, "", "length", closed, n = sum(d$group == g & !is.na(d$y))); d <- d[!is.na(d$y), ]; l <- intersect(named("", "group"), d$group)
  for (p in every_pair(l, job$against == "first")) { y <- lapply(p, function(i) d$y[d$group == l[i]]); if (length(unique(unlist(y))) < 2) next; t <- shift(y, conf, against(l, p)); add("", against(l, p), "wilcox.test", exact, statistic = unname(t$statistic), p_value = t$p.value) }
}
methods$pairwise_proportions <- function(d, conf) {
  for (g in named("", "group")) { v <- d$y[d$group == g & !is.na(d$y)]; add(g, "", "sum", closed, n = sum(v), N = length(v), percent = if (length(v)) mean(v) else NA) }; d <- d[!is.na(d$y), ]; l <- intersect(named("", "group"), d$group)
  for (p in every_pair(l, job$against == "first")) { t <- t(sapply(rev(p), function(i) { v <- d$y[d$group == l[i]]; c(sum(v), sum(1 - v)) })); add("", against(l, p), "fisher.test", exact, p_value = fisher.test(t)$p.value); if (all(colSums(t) > 0)) add("", against(l, p), "dhyper, uniroot", fitted, conditional(t, conf)) }
}
methods$pairwise_log_rank <- function(d, conf) {
  k <- event_of(d); k <- k[k$group != "", ]; if (job$stratum == "true") { k <- k[!is.na(k$x), ]; k$stratum <- k$x } else k$stratum <- 1; l <- intersect(named("", "group"), k$group); for (g in l) add(g, "", "sum", closed, n = sum(k$group == g), events = sum(k$event[k$group == g])); if (late()) return()
  for (p in every_pair(l, job$against == "first")) { v <- k[k$group %in% l[p], ]; v$g <- factor(v$group, l[p]); if (!sum(v$event)) next; t <- survdiff(Surv(time, event) ~ g + strata(stratum), v); if (t$var[1, 1] < 1e-10) next
    add("", against(l, p), "survdiff", closed, statistic = t$chisq, df = 1, p_value = pchisq(t$chisq, 1, lower.tail = FALSE)); if (all(tapply(v$event, v$g, sum) > 0)) hazard("", against(l, p), coxph(Surv(time, event) ~ g + strata(stratum), v, control = tight), conf, FALSE) }
}

two_stage <- function(n1, n2, r1, k, p) { x <- seq_len(n1 + 1) - 1; x <- x[x > r1]; sum(dbinom(x, n1, p) * pbinom(k - x - 1, n2, p, lower.tail = FALSE)) }  # a second stage, and k or more
methods$simon_design <- function(d, conf) {  # every design up to the number from which on none can be better
  p0 <- num(job$p0); p1 <- num(job$p1); a <- num(job$alpha); b <- num(job$beta); best <- NULL; small <- NULL
  for (n in 2:200) {
    for (n1 in 1:(n - 1)) for (r1 in (n1 - 1):0) {
      if (pbinom(r1, n1, p1) > b) next
      e <- n1 + (1 - pbinom(r1, n1, p0)) * (n - n1); if (!is.null(best) && e >= best[1] - 1e-12 && small[5] < n) next
      r <- r1; while (r < n && two_stage(n1, n - n1, r1, r + 1, p0) > a) r <- r + 1
      if (r >= n || two_stage(n1, n - n1, r1, r + 1, p1) < 1 - b) next
      if (is.null(best) || e < best[1] - 1e-12) best <- c(e, r1, n1, r, n)
      if (is.null(small) || (small[5] == n && e < small[1] - 1e-12)) small <- c(e, r1, n1, r, n)
      break
    }
    if (!is.null(best) && n > small[5] + 25) break  # and the published tables have none beyond
  }
  if (is.null(best)) return()
  for (kind in c("optimal", "minimax")) { v <- if (kind == "optimal") best else small
    add("", kind, "pbinom, every design", closed, r1 = v[2], n1 = v[3], r = v[4], n_planned = v[5], expected_n = v[1], early_stop = pbinom(v[2], v[3], p0),
        alpha = two_stage(v[3], v[5] - v[3], v[2], v[4] + 1, p0), power = two_stage(v[3], v[5] - v[3], v[2], v[4] + 1, p1)) }
}
methods$sample_size <- function(d, conf) {
  a <- num(job$alpha); b <- num(job$power); p0 <- num(job$p0); p1 <- num(job$p1)
  if (job$design == "single-arm") { n <- 1; repeat { r <- 0:(n - 1); ok <- pbinom(r, n, p0, lower.tail = FALSE) <= a & pbinom(r, n, p1, lower.tail = FALSE) >= b; if (any(ok) || n == 2000) break; n <- n + 1 }; if (any(ok)) add("", "", "pbinom, every size", exact, n_planned = n, r = r[ok][1], alpha = pbinom(r[ok][1], n, p0, lower.tail = FALSE), power = pbinom(r[ok][1], n, p1, lower.tail = FALSE)) }
  if (job$design == "two-proportions") { n <- ceiling(power.prop.test(p1 = p0, p2 = p1, sig.level = a, power = b, tol = 1e-10)$n); add("", "", "power.prop.test", fitted, n_per_group = n, n_planned = 2 * n, power = power.prop.test(n = n, p1 = p0, p2 = p1, sig.level = a)$power) }
  if (job$design == "two-means") { x <- abs(num(job$difference)); s <- num(job$sd); n <- ceiling(power.t.test(delta = x, sd = s, sig.level = a, power = b, tol = 1e-10)$n); add("", "", "power.t.test", fitted, n_per_group = n, n_planned = 2 * n, power = power.t.test(n = n, delta = x, sd = s, sig.level = a)$power) }
  if (job$design == "log-rank") { h <- abs(log(num(job$hazard_ratio))); e <- ceiling(4 * (qnorm(1 - a / 2) + qnorm(b))^2 / h^2); add("", "", "qnorm, Schoenfeld 1981", exact, events_planned = e, n_planned = ceiling(e / num(job$event_share)), power = pnorm(h * sqrt(e) / 2 - qnorm(1 - a / 2))) }
}
methods$simon_inference <- function(d, conf) {
  d <- d[!is.na(d$x) & !is.na(d$y), ]; x1 <- sum(d$x[d$y == 1]); m1 <- sum(d$y == 1); x2 <- sum(d$x[d$y == 0]); m2 <- sum(d$y == 0); r1 <- num(job$r1); r <- num(job$r); p0 <- num(job$p0)
  add("", "first_stage", "sum", closed, n = x1, N = m1); add("", "second_stage", "sum", closed, n = x2, N = m2); add("", "", "sum", closed, n = x1 + x2, N = m1 + m2)
  if (m1 <= r1) return()
  n <- num(job$n) - num(job$n1) + m1; all <- if (m2) m1 + m2 else max(num(job$n), m1 + 1); add("", "", "dbinom", closed, alpha = two_stage(m1, all - m1, r1, r + 1, p0), power = two_stage(m1, all - m1, r1, r + 1, num(job$p1)))
  if ((x1 > r1) != (m2 > 0)) return()
  stopped <- x1 <= r1; left <- r + 1 - x1; n2 <- n - m1; tail <- (1 - conf) / 2; kept <- !stopped && m2 != n2 && left > 0 && left <= n2
  p_of <- function(p) { if (stopped) return(pbinom(x1 - 1, m1, p, lower.tail = FALSE)); if (!kept) return(two_stage(m1, m2, r1, x1 + x2, p))
    rate <- qbeta(pbinom(x2 - 1, m2, p, lower.tail = FALSE), left, n2 - left + 1); sum(dbinom((r1 + 1):m1, m1, p) * pbinom(r - (r1 + 1):m1, n2, rate, lower.tail = FALSE)) }
  solved <- function(t) if (p_of(1e-12) >= t) 0 else if (p_of(1 - 1e-12) <= t) 1 else uniroot(function(p) p_of(p) - t, c(1e-12, 1 - 1e-12), tol = 1e-14)$root
  p <- p_of(p0)
  high <- if (x1 + x2 == m1 + m2) 1 else if (stopped) binom.test(x1, m1, conf.level = conf)$conf.int[2] else solved(1 - tail)
  add("", "", "dbinom, uniroot", fitted, p_value = p, estimate = solved(0.5), ci_low = solved(tail), ci_high = high)
  k <- max(r1 + 1, x1 + x2 - m2):min(m1, x1 + x2); w <- exp(lchoose(m1, k) + lchoose(m2, x1 + x2 - k)); add("", "", "choose", closed, umvue = if (stopped) x1 / m1 else sum(w * k) / sum(w) / m1)
}
methods$stopping_rule <- function(d, conf) {  # pbeta at each look; each participant in turn
  n_max <- num(job$n_max); looks <- unique(c(seq_len(n_max)[seq_len(n_max) %% num(job$cohort) == 0], n_max)); least <- sapply(looks, function(n) { x <- 0:n; min(c(n + 1, x[pbeta(num(job$rate), num(job$a) + x, num(job$b) + n - x, lower.tail = FALSE) > num(job$threshold)])) })
  for (i in seq_along(looks)) if (least[i] <= looks[i]) add("", paste0(looks[i], "_participants"), "pbeta", closed, needed = least[i])
  for (p in num(strsplit(job$rates, ";")[[1]])) { v <- 1; stopped <- mean_n <- mean_x <- 0; for (n in seq_len(n_max)) { v <- c(v * (1 - p), 0) + c(0, v * p); i <- match(n, looks); if (is.na(i)) next; x <- 0:n; stopped <- stopped + sum(v[x >= least[i]]); out <- x >= least[i] | n == n_max; mean_n <- mean_n + n * sum(v[out]); mean_x <- mean_x + sum((x * v)[out]); v[out] <- 0 }
    add("", sprintf("%.10g_percent", 100 * p), "sum", closed, stopped = stopped, expected_n = mean_n, expected_events = mean_x) }
}
methods$predictive_probability <- function(d, conf) {
  y <- d$x[!is.na(d$x)]; x <- sum(y); n <- length(y); m <- num(job$n_max) - n; a <- num(job$a); b <- num(job$b); p0 <- num(job$p0); t <- num(job$threshold); add("", "", "sum", closed, n = x, N = n, n_max = num(job$n_max)); if (m < 0) return()
  k <- 0:m; chance <- exp(lchoose(m, k) + lbeta(k + a + x, m - k + b + n - x) - lbeta(a + x, b + n - x)); good <- pbeta(p0, a + x + k, b + n - x + m - k, lower.tail = FALSE) > t
  every <- 0:(n + m); enough <- every[pbeta(p0, a + every, b + n + m - every, lower.tail = FALSE) > t]
  add("", "", "pbeta, lbeta", closed, needed = if (length(enough)) enough[1] else n + m + 1, posterior = pbeta(p0, a + x, b + n - x, lower.tail = FALSE), predictive = min(1, sum(chance[good])))
}

methods$cochran_mantel_haenszel <- function(d, conf) {
  d <- d[!is.na(d$level) & d$group != "" & !is.na(d$set), ]; l <- named("", "level"); g <- named("", "group"); t <- table(factor(d$group, g), factor(d$level, l), factor(d$set, named("", "set")))
  for (i in g) for (j in l) add(i, j, "table", closed, n = sum(t[i, j, ])); add("", "", "sum", closed, N = sum(t))
  t <- t[, , apply(t, 3, sum) > 1, drop = FALSE]; t <- t[apply(t, 1, sum) > 0, apply(t, 2, sum) > 0, , drop = FALSE]; add("", "", "dim", closed, strata = dim(t)[3]); if (min(dim(t)[1:2]) < 2 || !dim(t)[3]) return()
  if (job$test == "general") { x <- tryCatch(mantelhaen.test(t, correct = FALSE), error = function(e) NULL)
    if (!is.null(x) && is.finite(x$statistic)) add("", "", "mantelhaen.test", fitted, statistic = unname(x$statistic), df = unname(x$parameter), p_value = x$p.value) }
  if (job$test == "general" && !is.null(x)) return()
  G <- 0; V <- 0; n <- dim(t)
  for (k in seq_len(n[3])) { s <- unclass(t[, , k]); N <- sum(s); a <- rowSums(s); b <- colSums(s); score <- function(m, all, has) if (job$scores == "integer") match(has, all) else (cumsum(m) - (m - 1) / 2) / (N + 1)
    L <- (if (job$test != "correlation") diag(n[1])[-n[1], , drop = FALSE] else t(score(a, g, rownames(s)))) %x% (if (job$test == "general") diag(n[2])[-n[2], , drop = FALSE] else t(score(b, l, colnames(s))))
    G <- G + L %*% as.vector(t(s - a %o% b / N)); V <- V + L %*% ((diag(a * N, n[1]) - a %o% a) %x% (diag(b * N, n[2]) - b %o% b)) %*% t(L) / (N^2 * (N - 1)) }
  if (rcond(V) < 1e-12) return()
  x <- drop(t(G) %*% solve(V, G)); add("", "", "covariance of all cells", fitted, statistic = x, df = nrow(V), p_value = pchisq(x, nrow(V), lower.tail = FALSE))
}
split_up <- function(d) {  # participants of groups and subgroups
  d <- d[!is.na(d$x) & d$group != "" & !is.na(d$level), ]; d$g <- droplevels(factor(d$group, named("", "group"))); d$s <- droplevels(factor(d$level, named("", "level"))); add("", "", "nrow", closed, n = nrow(d))
  if (nlevels(d$g) == 2) for (s in levels(d$s)) { add("", s, "sum", closed, n = sum(d$s == s)); for (g in levels(d$g)) add(g, s, "sum", closed, n = sum(d$s == s & d$g == g)) }
  d
}
methods$logistic_interaction <- function(d, conf) {
  d <- split_up(d); if (nlevels(d$g) != 2) return(); z <- qnorm((1 + conf) / 2)
  for (s in levels(d$s)) { v <- d[d$s == s, ]; t <- table(v$g, factor(v$x, 0:1)); if (any(t == 0)) next
    b <- log(t[2, 2] * t[1, 1] / (t[2, 1] * t[1, 2])); e <- sqrt(sum(1 / t)); add("", s, "2 x 2 table, Woolf", fitted, odds_ratio = exp(b), ci_low = exp(b - z * e), ci_high = exp(b + z * e)) }
  if (nlevels(d$s) < 2 || any(table(d$g, d$s, factor(d$x, 0:1)) == 0)) return()
  c <- glm.control(1e-14, 100); x <- anova(glm(x ~ g + s, binomial, d, control = c), glm(x ~ g * s, binomial, d, control = c))$Deviance[2]; k <- nlevels(d$s) - 1
  add("", "", "anova of glm", fitted, statistic = x, df = k, p_value = pchisq(x, k, lower.tail = FALSE))
}
methods$linear_interaction <- function(d, conf) {
  d <- split_up(d); if (nlevels(d$g) != 2) return(); d$cell <- droplevels(d$g:d$s); if (nrow(d) <= nlevels(d$cell)) return(); f <- lm(x ~ 0 + cell, d); if (max(abs(resid(f))) < 1e-10 * max(abs(d$x)) || max(abs(d$x)) < 1e-150 || max(abs(d$x)) > 1e150) return(); V <- vcov(f); t <- qt((1 + conf) / 2, df.residual(f))
  for (s in levels(d$s)) { at <- match(paste0(levels(d$g), ":", s), levels(d$cell)); if (anyNA(at)) next
    b <- coef(f)[[at[2]]] - coef(f)[[at[1]]]; e <- sqrt(V[at[1], at[1]] + V[at[2], at[2]]); add("", s, "lm", fitted, estimate = b, std_error = e, ci_low = b - t * e, ci_high = b + t * e) }
  if (nlevels(d$s) < 2 || any(table(d$g, d$s) == 0)) return()
  x <- anova(lm(x ~ g + s, d), lm(x ~ g * s, d)); add("", "", "anova of lm", fitted, statistic = x$F[2], df = x$Df[2], df_residual = x$Res.Df[2], p_value = x[["Pr(>F)"]][2])
}
methods$e_value <- function(d, conf) {
  start <- length(found); methods$standardised_risks(d, conf); risks <- rows(found[seq_along(found) > start]); risks <- risks[risks$group == "" & risks$level == "", ]
  v <- function(s) num(risks$second[risks$statistic == s]); if (!length(v("risk_ratio"))) return()
  e <- function(r) { r <- max(r, 1 / r); r + sqrt(r * (r - 1)) }; ends <- c(v("ci_low"), v("ci_high"))
  add("", "E-value", "glm, formula", fitted, estimate = e(v("risk_ratio")), limit = if (ends[1] <= 1 && ends[2] >= 1) 1 else min(sapply(ends, e)))
}

# --- tests and models that R has ---
two_of <- function(d) { g <- named("", "group"); g <- g[sapply(g, function(i) any(d$group == i & !is.na(d$y)))]; if (length(g) == 2) lapply(g, function(i) d$y[d$group == i & !is.na(d$y)]) }
methods$t_test <- function(d, conf) {
  medians(d, named("", "group")); y <- two_of(d); if (is.null(y) || min(lengths(y)) < 2) return(); add("", "", "mean", closed, mean2 = mean(y[[2]]), mean1 = mean(y[[1]])); if ((sd(y[[1]]) == 0 && sd(y[[2]]) == 0)) return(); same <- job$equal_variance == "true"
  if (!all(is.finite(sapply(y, var)^2))) return(); t <- t.test(y[[2]], y[[1]], var.equal = same, conf.level = conf); one <- t.test(y[[2]], y[[1]], var.equal = same, alternative = job$alternative)
  add("", "", "t.test", closed, estimate = unname(t$estimate[1] - t$estimate[2]), ci_low = t$conf.int[1], ci_high = t$conf.int[2], statistic = unname(t$statistic), df = unname(t$parameter), p_value = one$p.value)
}
methods$geometric_mean_ratio <- function(d, conf) {
  d <- d[!is.na(d$y) & d$y > 0, ]; d$y <- log(d$y)
  for (g in named("", "group")) { y <- d$y[d$group == g]; add(g, "", "length", closed, n = length(y)); if (length(y)) add(g, "", "mean of logarithms", closed, geometric_mean = exp(mean(y))); if (length(y) > 1 && sd(y) > 0) { t <- t.test(y, conf.level = conf); add(g, "", "t.test of logarithms", closed, ci_low = exp(t$conf.int[1]), ci_high = exp(t$conf.int[2])) } }
  y <- two_of(d); if (is.null(y) || min(lengths(y)) < 2 || (sd(y[[1]]) == 0 && sd(y[[2]]) == 0)) return()
  t <- t.test(y[[2]], y[[1]], conf.level = conf); add("", "", "t.test of logarithms", closed, ratio = exp(mean(y[[2]]) - mean(y[[1]])), ci_low = exp(t$conf.int[1]), ci_high = exp(t$conf.int[2]), p_value = t$p.value)
}
methods$exact_test <- function(d, conf) for (g in named("", "group")) { y <- d$y[d$group == g & !is.na(d$y)]; rate(g, y, conf)
  if (length(y)) add(g, "", "binom.test", exact, p_value = binom.test(sum(y), length(y), num(job$rate), alternative = job$alternative)$p.value) }
methods$beta_binomial <- function(d, conf) for (g in named("", "group")) { y <- d$y[d$group == g & !is.na(d$y)]; a <- num(job$a) + sum(y); b <- num(job$b) + length(y) - sum(y); q <- qbeta(c(0.5, (1 - conf) / 2, (1 + conf) / 2), a, b)
  add(g, "", "qbeta, pbeta", fitted, n = sum(y), N = length(y), estimate = a / (a + b), median = q[1], ci_low = q[2], ci_high = q[3], probability = pbeta(num(job$rate), a, b, lower.tail = FALSE)) }
methods$signed_rank <- function(d, conf) {
  v <- (d$x - d$y)[!is.na(d$x) & !is.na(d$y)]; add("", "", "sum", closed, n = length(v), zeros = sum(v == 0)); k <- v[v != 0]; if (!length(k)) return()
  t <- suppressWarnings(wilcox.test(v, alternative = job$alternative)); if (too_many(length(k), length(k))) { add("", "", "wilcox.test", exact, statistic = unname(t$statistic), p_value = t$p.value); return() }
  w <- outer(k, k, "+") / 2; w <- sort(w[upper.tri(w, TRUE)]); add("", "", "wilcox.test", exact, statistic = unname(t$statistic), p_value = t$p.value, estimate = median(w))
  if (length(k) == length(v) && length(v) < 50 && !anyDuplicated(abs(v))) { ci <- suppressWarnings(wilcox.test(v, conf.int = TRUE, conf.level = conf)$conf.int); add("", "", "wilcox.test", exact, ci_low = ci[1], ci_high = ci[2]); return() }
  z <- function(shift) { y <- k - shift; y <- y[y != 0]; n <- length(y); r <- rank(abs(y)); g <- sum(r[y > 0]) - n * (n + 1) / 4; tie <- table(r); (g - sign(g) / 2) / sqrt(n * (n + 1) * (2 * n + 1) / 24 - sum(tie^3 - tie) / 48) }
  w <- unique(w); mid <- c(w[1] - 1, (w[-1] + w[-length(w)]) / 2, w[length(w)] + 1); u <- qnorm((1 + conf) / 2); if (length(w) > 1e4) return(); at <- sapply(mid, z)
  if (at[1] > u && at[length(at)] < -u) add("", "", "inversion at every step", closed, ci_low = w[which(at[-1] < u)[1]], ci_high = w[which(at[-1] < -u)[1]])
}
tau <- function(d, conf, p = TRUE) {
  t <- suppressWarnings(cor.test(d$x, d$y, method = "kendall")); r <- unname(t$estimate); add("", "", "cor.test", exact, estimate = r); if (p) add("", "", "cor.test", exact, p_value = t$p.value)
  if (nrow(d) > 4 && abs(r) < 1 - 1e-12) { z <- atanh(r) + c(-1, 1) * qnorm((1 + conf) / 2) * sqrt(0.437 / (nrow(d) - 4)); add("", "", "cor.test, Fieller et al. 1957", closed, ci_low = tanh(z[1]), ci_high = tanh(z[2])) }
}
methods$kendall <- function(d, conf) { d <- d[!is.na(d$x) & !is.na(d$y), ]; add("", "", "nrow", closed, n = nrow(d)); if (nrow(d) > 2 && length(unique(d$x)) > 1 && length(unique(d$y)) > 1) tau(d, conf) }
methods$emax <- function(d, conf) {
  d <- d[!is.na(d$x) & !is.na(d$y), ]; n <- nrow(d); add("", "", "nrow", closed, n = n); if (n < 5 || length(unique(d$x)) < 4 || min(d$x) < 0) return()
  ends <- range(d$x[d$x > 0]); grid <- exp(seq(log(ends[1]) - 5, log(ends[2]) + 5, length.out = 301)); line <- function(k) lm(y ~ I(x / (k + x)), d); k <- grid[which.min(sapply(grid, function(k) deviance(line(k))))]; if (k < ends[1] || k > ends[2]) return()
  b <- unname(coef(line(k))); curve <- deriv(~ e0 + top * x / (half + x), c("e0", "top", "half"), function(x, e0, top, half) NULL); f <- tryCatch(nls(y ~ curve(x, e0, top, half), d, start = list(e0 = b[1], top = b[2], half = k), control = nls.control(maxiter = 500, tol = 1e-9, minFactor = 1e-10, scaleOffset = 1)), error = function(e) NULL)
  if (is.null(f) || coef(f)[[3]] < ends[1] || coef(f)[[3]] > ends[2]) return(); s <- summary(f); t <- qt((1 + conf) / 2, n - 3); add("", "", "nls", fitted, residual_sd = s$sigma)
  for (i in 1:3) { b <- s$coefficients[i, 1]; e <- s$coefficients[i, 2]; add("", c("e0", "emax", "ed50")[i], "nls", fitted, estimate = b, standard_error = e, ci_low = b - t * e, ci_high = b + t * e) }
}
methods$mcnemar <- function(d, conf) {
  d <- d[!is.na(d$x) & !is.na(d$y), ]; n <- nrow(d); for (k in 1:2) { v <- list(d$x, d$y)[[k]]; add(c("first", "second")[k], "", "sum", closed, n = sum(v), N = n); if (n) add(c("first", "second")[k], "", "mean", closed, percent = mean(v)) }
  b <- sum(d$x == 1 & d$y == 0); c <- sum(d$x == 0 & d$y == 1); add("", "", "sum", closed, pairs = n, discordant = b + c); if (!(b + c)) return()
  if (job$exact == "true") add("", "", "binom.test", exact, p_value = binom.test(b, b + c)$p.value)
  else { t <- mcnemar.test(matrix(c(sum(d$x == 1 & d$y == 1), c, b, sum(d$x == 0 & d$y == 0)), 2)); add("", "", "mcnemar.test", closed, statistic = unname(t$statistic), df = 1, p_value = t$p.value) }
}
methods$mantel_haenszel <- function(d, conf) {
  d <- d[!is.na(d$x), ]; t <- compared(d, named("", "group")); if (is.null(t)) return(); d <- d[!is.na(d$y) & d$group != "", ]; g <- named("", "group"); g <- g[g %in% d$group]
  a <- table(factor(d$group, rev(g)), factor(d$y, 1:0), factor(d$x)); a <- a[, , apply(a, 3, sum) > 1, drop = FALSE]; if (!dim(a)[3]) return()
  m <- tryCatch(mantelhaen.test(a, correct = job$correction == "true", conf.level = conf), error = function(e) NULL)
  if (is.null(m) || !is.finite(m$statistic)) return(); if (is.finite(log(m$estimate))) add("", "", "mantelhaen.test", closed, odds_ratio = unname(m$estimate), ci_low = m$conf.int[1], ci_high = m$conf.int[2])
  add("", "", "mantelhaen.test", closed, statistic = unname(m$statistic), df = 1, p_value = m$p.value)
  a <- a[, , apply(a, 3, function(t) all(rowSums(t) > 0, colSums(t) > 0)), drop = FALSE]; k <- dim(a)[3]; add("", "", "dim", closed, strata = k); o <- unname(m$estimate); if (k < 2 || !is.finite(log(o))) return()
  e <- apply(a, 3, function(t) { r <- sum(t[1, ]); s <- sum(t[, 1]); q <- sum(t[2, ]); uniroot(function(x) log(x) + log(q - s + x) - log(r - x) - log(s - x) - log(o), c(max(0, s - q), min(r, s)) + c(1e-13, -1e-13) * sum(t), tol = 1e-15)$root })
  v <- sapply(seq_len(k), function(i) { t <- a[, , i]; r <- sum(t[1, ]); s <- sum(t[, 1]); 1 / (1 / e[i] + 1 / (r - e[i]) + 1 / (s - e[i]) + 1 / (sum(t[2, ]) - s + e[i])) }); x <- sum((a[1, 1, ] - e)^2 / v) - sum(a[1, 1, ] - e)^2 / sum(v)
  add("", "homogeneity", "uniroot, Breslow-Day with Tarone", fitted, statistic = x, df = k - 1, p_value = pchisq(x, k - 1, lower.tail = FALSE))
}
side_by_side <- function(d, columns) {  # covariates side by side; the names that results give them
  sets <- named("", "set"); w <- d[d$set == sets[1], columns, drop = FALSE]; shown <- c(); for (i in seq_along(sets)) { v <- d[d$set == sets[i], ]; l <- named(sets[i], "level"); w[[paste0("c", i)]] <- if (length(l)) factor(v$level, levels = l) else v$y }
  w <- droplevels(w[complete.cases(w), , drop = FALSE]); for (i in seq_along(sets)) { k <- w[[paste0("c", i)]]; shown <- c(shown, if (is.factor(k)) of(sets[i], levels(k)[-1]) else sets[i]) }
  list(w = w, terms = paste0("c", seq_along(sets)), shown = shown)
}
methods$logistic <- function(d, conf) {
  m <- side_by_side(d, "x"); add("", "", "nrow", closed, n = nrow(m$w), events = sum(m$w$x)); if (!nrow(m$w) || !sum(m$w$x) || all(m$w$x == 1) || any(sapply(m$w[m$terms], function(v) length(unique(v)) < 2))) return()
  coefficient(model.matrix(reformulate(m$terms), m$w), m$w$x, conf, m$shown, FALSE)
}
methods$proportional_hazards <- function(d, conf) {
  m <- side_by_side(d, c("time", "event", if (late()) "entry", if (job$stratum == "true") "x")); w <- event_of(m$w); add("", "", "nrow", closed, n = nrow(w), events = sum(w$event)); if (!nrow(w) || sum(w$event) < 2) return()
  f <- coxph(reformulate(c(m$terms, if (job$stratum == "true") "strata(x)"), if (late()) "Surv(entry, time, event)" else "Surv(time, event)"), w, control = tight); if (any(is.na(coef(f))) || runs_away(f)) return()
  z <- cox.zph(f, job$transform, terms = FALSE)$table; k <- nrow(z); add("", "", "cox.zph", fitted, statistic = z[k, 1], df = z[k, 2], p_value = z[k, 3]); for (i in seq_along(m$shown)) add("", m$shown[i], "cox.zph", fitted, statistic = z[i, 1], p_value = z[i, 3])
}
methods$cause_specific_cox <- function(d, conf) {
  m <- side_by_side(d, c("time", "event", if (job$stratum == "true") "x")); w <- m$w; k <- as.numeric(w$event == num(job$cause)); add("", "", "nrow", closed, n = nrow(w)); add("", job$cause_name, "sum", closed, events = sum(k), competing_events = sum(w$event > 0) - sum(k)); if (!sum(k) || job$interval != "wald") return()
  f <- coxph(reformulate(c(m$terms, if (job$stratum == "true") "strata(x)"), "Surv(time, k)"), w, control = tight); if (any(is.na(coef(f))) || runs_away(f)) return(); s <- summary(f, conf.int = conf)
  for (i in seq_along(m$shown)) add("", m$shown[i], "coxph", fitted, hazard_ratio = s$conf.int[i, 1], ci_low = s$conf.int[i, 3], ci_high = s$conf.int[i, 4], p_value = s$coefficients[i, 5])
}
methods$fine_gray <- function(d, conf) {
  within <- job$stratum == "true"; m <- side_by_side(d, c("time", "event", if (within) "x")); w <- m$w; add("", "", "nrow", closed, n = nrow(w)); if (nrow(w)) add("", job$cause_name, "sum", closed, events = sum(w$event == num(job$cause)), competing_events = sum(w$event > 0 & w$event != num(job$cause))); if (!requireNamespace("cmprsk", quietly = TRUE) || !sum(w$event == num(job$cause)) || min(w$time[w$event > 0]) == 0) return()
  X <- model.matrix(reformulate(m$terms), w)[, -1, drop = FALSE]; if (qr(scale(X))$rank < ncol(X)) return(); if (within) return(hazards_of(subhazards(w$time, w$event, X, w$x, num(job$cause)), X, m$shown, conf)); f <- cmprsk::crr(w$time, w$event, X, failcode = num(job$cause), gtol = 1e-9, maxiter = 50); if (!f$converged || any(abs(f$coef) * apply(X, 2, sd) > 8)) return()
  z <- qnorm((1 + conf) / 2); for (i in seq_along(m$shown)) { b <- f$coef[[i]]; e <- sqrt(f$var[i, i]); add("", m$shown[i], "crr", 1e-5, hazard_ratio = exp(b), ci_low = exp(b - z * e), ci_high = exp(b + z * e), p_value = 2 * pnorm(-abs(b / e))) }
}
methods$cox_interaction <- function(d, conf) {
  k <- event_of(d); k <- k[k$group != "" & !is.na(k$level), ]; if (job$stratum == "true") k <- k[!is.na(k$x), ] else k$x <- rep(1, nrow(k)); add("", "", "nrow", closed, n = nrow(k), events = sum(k$event)); g <- intersect(named("", "group"), k$group); if (length(g) != 2) return(); k$a <- as.numeric(k$group == g[2]); l <- intersect(named("", "level"), k$level); k$s <- factor(k$level, l)
  for (s in l) { v <- k[k$level == s, ]; add("", s, "nrow", closed, n = nrow(v), events = sum(v$event)); if (length(unique(v$a)) < 2 || any(tapply(v$event, v$a, sum) == 0)) next; f <- coxph(surv(v) ~ a + strata(x), v, control = tight); if (!is.na(coef(f)) && abs(coef(f)) < 8) hazard("", s, f, conf, FALSE) }
  if (length(l) < 2 || any(tapply(k$event, list(k$a, k$s), sum) %in% c(0, NA))) return()
  both <- coxph(surv(k) ~ a * s + strata(x), k, control = tight); if (anyNA(coef(both)) || any(abs(coef(both)) > 8)) return(); x <- 2 * (both$loglik[2] - coxph(surv(k) ~ a + s + strata(x), k, control = tight)$loglik[2]); add("", "", "coxph", fitted, statistic = x, df = length(l) - 1, p_value = pchisq(x, length(l) - 1, lower.tail = FALSE))
}
methods$survival_quantiles <- function(d, conf) for (g in named("", "group")) {
  k <- event_of(d[d$group == g, ]); if (!nrow(k)) { add(g, "", "nrow", closed, n = 0); next }; f <- curve(k, k$event, conf); add(g, "", "sum", closed, n = nrow(k), events = sum(k$event))
  first <- function(v, s) { i <- which(v <= s + 1e-9); j <- which(v < s - 1e-9); if (!length(i)) NA else if (v[i[1]] < s - 1e-9 || !length(j)) f$time[i[1]] else (f$time[i[1]] + f$time[j[1]]) / 2 }
  for (p in strsplit(job$quantiles, ";")[[1]]) { s <- 1 - num(p); add(g, paste0(100 * num(p), "_percent"), "survfit", closed, estimate = first(f$surv, s), ci_low = first(f$lower, s), ci_high = first(f$upper, s)) }
}
methods$conditional_probability <- function(d, conf) for (g in named("", "group")) {
  k <- event_of(d[d$group == g, ]); if (!nrow(k)) next; of <- num(job$cause); at <- num(job$time); z <- qnorm((1 + conf) / 2); add(g, job$cause_name, "sum", closed, n = nrow(k), events = sum(k$event == of), competing_events = sum(k$event > 0 & k$event != of))
  if (at > max(k$time)) next; if (!any(k$event > 0 & k$time <= at)) { add(g, job$cause_name, "sum", closed, estimate = 0, std_error = 0, ci_low = 0, ci_high = 0); next }
  causes <- sort(unique(c(0, of, k$event))); f <- survfit(surv(k, factor(k$event, causes)) ~ 1, id = seq_len(nrow(k)), influence = TRUE); j <- findInterval(at, f$time)  # the influence begins at time 0
  i <- match(of, causes); o <- setdiff(seq_along(causes), c(1, i)); p <- f$pstate[j, ]; free <- 1 - sum(p[o]); if (free <= 1e-12) next; m <- p[i] / free; u <- f$influence.pstate[, j + dim(f$influence.pstate)[2] - length(f$time), ]; e <- sqrt(sum(((u[, i] + m * rowSums(u[, o, drop = FALSE])) / free)^2))
  add(g, job$cause_name, "survfit, influence", closed, estimate = m, std_error = e, ci_low = max(0, m - z * e), ci_high = min(1, m + z * e))
}
methods$simon_two_stage <- function(d, conf) { n1 <- num(job$n1); n <- num(job$n); r1 <- num(job$r1); r <- num(job$r); of <- function(p) c(two_stage(n1, n - n1, r1, r + 1, p), pbinom(r1, n1, p)); a <- of(num(job$p0)); b <- of(num(job$p1))
  add("", "", "pbinom", closed, n_planned = n, alpha = a[1], early_stop_p0 = a[2], expected_n_p0 = n1 + (1 - a[2]) * (n - n1), power = b[1], early_stop_p1 = b[2], expected_n_p1 = n1 + (1 - b[2]) * (n - n1)) }
unconditional <- function(d, conf, orders, seen_as) {  # the largest probability over the common rate of tables at least as far out; with two orders twice the smaller
  t <- compared(d, named("", "group")); if (is.null(t)) return(); difference(t, conf, "risk_difference"); n <- t$n; if (sum(t$x) %in% c(0, sum(n))) return(); add("", "", "formula, phyper", exact, statistic = seen_as(t$x, n)); if (prod(n + 1) > 4000) return(); all <- expand.grid(a = 0:n[1], b = 0:n[2]); found <- c()
  for (order in orders) { s <- order(all, n); seen <- s[all$a == t$x[1] & all$b == t$x[2]]; out <- all[s >= seen - 1e-9 * abs(seen), ]
    p_of <- function(p) sum(dbinom(out$a, n[1], p) * dbinom(out$b, n[2], p)); at <- seq(0, 1, length.out = 2001); v <- sapply(at, p_of); i <- order_top(v)
    found <- c(found, max(v, sapply(i, function(j) optimize(p_of, c(at[max(1, j - 1)], at[min(2001, j + 1)]), maximum = TRUE, tol = 1e-12)$objective))) }
  add("", "", "every table, optimize", fitted, p_value = min(1, length(orders) * min(found)))
}
order_top <- function(v) { i <- which(diff(sign(diff(c(-Inf, v, -Inf)))) < 0); i[order(-v[i])][seq_len(min(6, length(i)))] }
methods$barnard <- function(d, conf) unconditional(d, conf, list(function(all, n) { p <- (all$a + all$b) / sum(n); z <- abs(all$a / n[1] - all$b / n[2]) / sqrt(p * (1 - p) * sum(1 / n)); ifelse(is.finite(z), z, 0) }), function(x, n) { p <- sum(x) / sum(n); (x[1] / n[1] - x[2] / n[2]) / sqrt(p * (1 - p) * sum(1 / n)) })
methods$boschloo <- function(d, conf) unconditional(d, conf, list(function(all, n) -phyper(all$a - 1, n[1], n[2], all$a + all$b, lower.tail = FALSE), function(all, n) -phyper(all$a, n[1], n[2], all$a + all$b)),
  function(x, n) min(phyper(x[1], n[1], n[2], sum(x)), phyper(x[1] - 1, n[1], n[2], sum(x), lower.tail = FALSE)))

for (i in seq_len(nrow(jobs))) {
  job <- as.list(jobs[i, ])
  job$alternative <- sub("-", ".", job$alternative)  # "two.sided", as R says it
  d <- parts[[job$analysis]]; if (is.null(methods[[job$method]])) next  # plain Python has it
  for (name in c("x", "y", "time", "event", "entry")) d[[name]] <- num(d[[name]])
  d$group[is.na(d$group)] <- ""
  tight$eps <- max(1e-12, 1e-15 * nrow(d))  # within rounding coxph would halve its steps and stay beside the maximum
  tryCatch(methods[[job$method]](d, as.numeric(job$conf)), error = function(e) failed[[job$analysis]] <<- conditionMessage(e))
}
second <- rows(found)
tests <- read("families.csv"); tests[is.na(tests)] <- ""
seen <- second[second$statistic == "p_value", ]; name <- function(d) paste(d$analysis, d$group, d$level, sep = "\r")
for (f in unique(tests$family)) {  # adjusted p-values, if every test of the family has been computed here
  members <- tests[tests$family == f, ]; at <- match(name(members), name(seen))
  if (anyNA(at)) next
  adjusted <- p.adjust(num(seen$second[at]), c(holm = "holm", hochberg = "hochberg", "benjamini-hochberg" = "BH")[[members$method[1]]])
  for (i in seq_along(adjusted)) { job <- list(analysis = members$analysis[i]); add(members$group[i], members$level[i], "p.adjust", fitted, p_value_adjusted = adjusted[i]) }
}
versions <- c(R = as.character(getRversion()), survival = as.character(packageVersion("survival")),
              cmprsk = tryCatch(as.character(packageVersion("cmprsk")), error = function(e) "absent"))
write.csv(data.frame(name = names(versions), version = versions), file.path(folder, "versions.csv"), row.names = FALSE)
write.csv(rows(found), file.path(folder, "second.csv"), row.names = FALSE, na = "NA", fileEncoding = "UTF-8")
write.csv(data.frame(analysis = as.character(names(failed)), why = as.character(unlist(failed))), file.path(folder, "failed.csv"), row.names = FALSE, fileEncoding = "UTF-8")
