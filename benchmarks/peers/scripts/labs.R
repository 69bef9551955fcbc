source("helpers.R")
a <- text("05_labs.tsv", sep = "\t")
b <- text("05_cytokines.csv", "CP1252", ";")
d <- data.frame(id = id(c(a[["研究编号"]], b$Patient)), date = day(c(a[["采样日期"]], b$Datum)),
                test = c(a[["项目"]], b$Analyt), value = number(c(a[["结果"]], b$Ergebnis)),
                unit = c(a[["单位"]], b$Einheit))
names <- c("中性粒细胞绝对值" = "ANC", "血小板" = "PLT", "血小板计数" = "PLT", "C反应蛋白" = "CRP", "C-反应蛋白" = "CRP", "铁蛋白" = "FERRITIN",
           "IL-6" = "IL6", "IL 6" = "IL6")
d$test <- unname(names[d$test])
factor <- ifelse(d$test == "ANC" & d$unit == "/uL", 0.001, ifelse(d$test == "CRP" & d$unit == "mg/dL", 10, 1))
d$value <- d$value * factor
d$value[which(d$id == "LD-035" & d$date == as.Date("2016-06-27") & d$test == "PLT")] <- 156
d <- d[complete.cases(d[c("id", "date", "test", "value")]), ]
put(d[!duplicated(d[c("id", "date", "test")]), ], "labs")
