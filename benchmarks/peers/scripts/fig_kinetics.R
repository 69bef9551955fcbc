source("helpers.R")
library(readxl)
library(ggplot2)
w <- book("06_kinetics.xlsx")
days <- as.integer(sub("D", "", names(w)[-1]))
d <- data.frame(id = id(w[[1]]), day = rep(days, each = nrow(w)), copies = unlist(w[-1]))
d$copies <- ifelse(grepl("LLOQ|BLQ", d$copies), 25, number(d$copies))
d <- d[!is.na(d$id) & !is.na(d$copies), ]
mean <- aggregate(copies ~ day, d, function(x) exp(mean(log(x))))
picture("fig_kinetics", ggplot(d, aes(day, copies)) + geom_line(aes(group = id), alpha = 0.2) +
  geom_line(data = mean, linewidth = 1) + scale_y_log10() + theme_classic())
