source("helpers.R")
d <- text("01_enrolment.csv", "GB18030")
d <- data.frame(id = id(d[["研究编号"]]), born = day(d[["出生日期"]]), sex = ifelse(grepl("男|M", d[["性别"]]), "M", "F"),
                consent = day(d[["知情同意日期"]]), stratum = ifelse(grepl("MRD|ＭＲＤ", d[["分层"]]), "MRD", "RR"))
put(d[!is.na(d$id) & !duplicated(d$id), ], "enrolment")
