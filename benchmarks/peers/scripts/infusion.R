source("helpers.R")
d <- text("03_infusion.csv")
d <- data.frame(id = id(d[["研究编号"]]), infused = day(d[["回输日期"]]), kg = number(d[["体重(kg)"]]),
                dose = number(d[["回输剂量(/kg)"]]), cells = number(d[["细胞总数"]]))
d <- d[!is.na(d$id) & !duplicated(d$id), ]
# by letter of the centre
d$kg[d$id == "LD-019"] <- 57.4
d$dose[d$id == "LD-038"] <- 1e5
d$infused[d$id == "LD-029"] <- as.Date("2016-03-21")
d$dose <- ifelse(is.na(d$dose), d$cells / d$kg, d$dose)
put(d, "infusion")
