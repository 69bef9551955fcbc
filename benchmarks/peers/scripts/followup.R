source("helpers.R")
library(readxl)
d <- text("10_followup.txt", "UTF-16LE", "\t")
names(d) <- sub("\ufeff", "", names(d))
d <- data.frame(id = id(d[["研究编号"]]), relapse = day(d[["复发日期"]]), death = day(d[["死亡日期"]]),
                last = day(d[["末次随访日期"]]))
d <- d[!is.na(d$id) & !duplicated(d$id), ]
d$last[d$id == "LD-040"] <- as.Date("2016-12-17")
h <- book("09_transplant.xlsx", skip = 1)
h <- data.frame(id = id(h[["研究编号"]]), hct = day(h[["移植日期"]]))
put(merge(d, h[!is.na(h$id) & !duplicated(h$id), ], all.x = TRUE), "followup")
