source("helpers.R")
d <- Reduce(function(a, b) merge(a, b, all.x = TRUE), lapply(c("enrolment", "infusion", "history", "followup"), get_))
d <- d[!is.na(d$infused), ]
d$age <- as.numeric(d$consent - d$born) / 365.25
m <- merge(get_("marrow"), d[c("id", "infused")])
m <- m[m$date - m$infused >= 20 & m$date - m$infused <= 45, ]
m <- m[order(m$id, m$date), ]
m <- m[!duplicated(m$id), ]
d <- merge(d, setNames(m[c("id", "date", "blasts", "extramedullary", "mrd", "below")],
                       c("id", "assessed", "blasts_after", "extramedullary_after", "mrd", "below")), all.x = TRUE)
negative <- d$mrd < 0.01 | (d$mrd == 0.01 & d$below)
d$remission <- ifelse(d$stratum == "MRD", negative, d$blasts_after < 5 & !d$extramedullary_after)
d$evaluable <- !is.na(d$assessed)
s <- merge(get_("signs"), d[c("id", "infused", "age")])
s <- s[s$date >= s$infused & s$date <= s$infused + 28, ]
s$low <- s$pressor | s$fluids | s$sbp < ifelse(s$age < 10, 70 + 2 * floor(s$age), 90)
s$grade <- ifelse(s$pressor | s$device %in% c("面罩", "面照", "高流量"), 3,
                  ifelse(s$low | s$device %in% "鼻导管", 2, ifelse(s$temperature >= 38, 1, 0)))
s$grade[s$device %in% c("cpap", "有创通气")] <- 4
fever <- tapply(ifelse(s$temperature >= 38, s$date, Inf), s$id, min, na.rm = TRUE)
s$grade[s$date < fever[s$id]] <- 0
crs <- tapply(s$grade, s$id, max, na.rm = TRUE)
d$crs <- as.numeric(crs[d$id])
d$dose_group <- cut(d$dose, c(0, 1e5, 5e5, Inf), c("low", "middle", "high"))
d$end <- pmax(d$last, d$death, na.rm = TRUE)
d$os <- as.numeric(d$end - d$infused)
d$dead <- !is.na(d$death)
in_remission <- d$evaluable & d$remission %in% TRUE
first_event <- pmin(d$relapse, d$death, na.rm = TRUE)
d$lfs <- ifelse(in_remission, as.numeric(pmin(first_event, d$end, na.rm = TRUE) - d$assessed), NA)
d$failed <- !is.na(first_event)
d$cause <- ifelse(!is.na(d$relapse), 1, ifelse(d$dead, 2, 0))
put(d, "cohort")
