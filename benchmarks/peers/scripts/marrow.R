source("helpers.R")
library(readxl)
d <- book("07_marrow.xlsx")
d <- data.frame(id = id(d[["研究编号"]]), date = day(d[["评估日期"]]), blasts = number(d[["骨髓原始细胞(%)"]]),
                extramedullary = d[["髓外病变"]] == "有", mrd = number(d[["MRD(%)"]]), below = grepl("^<", d[["MRD(%)"]]))
late <- d$id == "LD-035" & d$date == as.Date("2015-06-27")
d$date[which(late)] <- as.Date("2016-06-27")
d$blasts[which(d$id == "LD-019" & d$date == as.Date("2015-12-30"))] <- 1.7
put(d[!is.na(d$id) & !is.na(d$date), ], "marrow")
