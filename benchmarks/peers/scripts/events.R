source("helpers.R")
d <- text("08_adverse_events.csv")
grade <- match(sub("级|^(?i)grade ?", "", d$Grade, perl = TRUE), c("I", "II", "III", "IV", "V"))
d <- data.frame(id = id(d$Subject), term = sub("Encephalopaty", "Encephalopathy", d[["CTCAE term"]]),
                grade = ifelse(is.na(grade), number(gsub("[^0-9.]", "", d$Grade)), grade), start = day(d$Start))
d$grade[which(d$grade > 5)] <- NA
put(d[!is.na(d$id), ], "events")
