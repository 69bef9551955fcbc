source("helpers.R")
library(readxl)
d <- book("02_history.xlsx", skip = 1)
d <- data.frame(id = id(d[["研究编号"]]), lines = number(d[["治疗线数"]]), prior_hct = d[["既往移植"]] == "是",
                blasts = number(d[["骨髓原始细胞(%)"]]), extramedullary = d[["髓外病变"]] == "是")
d <- d[!is.na(d$id) & !duplicated(d$id), ]
d$blasts[d$id == "LD-016"] <- 3.5
put(d, "history")
