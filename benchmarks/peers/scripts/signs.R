source("helpers.R")
d <- text("04_signs.csv", "UTF-8-BOM")
d <- data.frame(id = id(d[["研究编号"]]), date = day(d[["日期"]]), temperature = number(d[["最高体温(℃)"]]),
                sbp = number(d[["收缩压(mmHg)"]]), device = d[["吸氧方式"]], pressor = d[["升压药"]] != "无",
                fluids = d[["低血压补液"]] == "是", tocilizumab = d[["托珠单抗"]] == "是", steroids = d[["激素"]] == "是")
hot <- which(d$temperature > 90 & d$temperature < 110)
d$temperature[hot] <- (d$temperature[hot] - 32) / 1.8
d$temperature[which(d$temperature > 43 | d$temperature < 32)] <- NA
d <- d[!is.na(d$id) & !is.na(d$date), ]
put(d[!duplicated(d[c("id", "date")]), ], "signs")
