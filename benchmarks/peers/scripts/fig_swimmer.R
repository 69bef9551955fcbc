source("helpers.R")
library(ggplot2)
d <- get_("cohort")
d$id <- reorder(d$id, d$os)
marks <- rbind(data.frame(id = d$id, what = "allo-HCT", at = d$hct - d$infused),
               data.frame(id = d$id, what = "relapse", at = d$relapse - d$infused),
               data.frame(id = d$id, what = "death", at = d$death - d$infused))
marks <- marks[!is.na(marks$at), ]
picture("fig_swimmer", ggplot(d, aes(os / 30.4375, id)) + geom_col(aes(fill = stratum), alpha = 0.5) +
  geom_point(aes(as.numeric(at) / 30.4375, id, shape = what), marks) + labs(x = "Months", y = NULL) + theme_classic(), 7, 8)
