# What an analyst keeps beside the scripts: reading texts as texts, days, numbers. RAW and OUT are folders.
RAW <- Sys.getenv("RAW"); OUT <- Sys.getenv("OUT")

plain <- function(x) {
  x <- chartr("０１２３４５６７８９．＋／－", "0123456789.+/-", as.character(x))
  x <- trimws(gsub("[\u200b\r\n\u3000\u00a0]", "", x))
  ifelse(x %in% c("", "-", "--", "---", "NA", "n.d.", "未查", "未测"), NA, x)
}
text <- function(name, encoding = "UTF-8", sep = ",") {
  lines <- read.table(file.path(RAW, name), header = TRUE, sep = sep, quote = "\"", fileEncoding = encoding,
                      colClasses = "character", check.names = FALSE, fill = TRUE, comment.char = "")
  as.data.frame(lapply(lines, plain), check.names = FALSE)
}
book <- function(name, skip = 0) {
  cells <- suppressMessages(readxl::read_excel(file.path(RAW, name), skip = skip, col_types = "text"))
  as.data.frame(lapply(cells, plain), check.names = FALSE)
}
id <- function(x) {
  x <- toupper(chartr("ＬＤ", "LD", x))
  ifelse(grepl("^LD-\\d{3}$", x), x, NA)
}
day <- function(x) {
  x <- sub("[T ].*$", "", gsub("年|月", "-", sub("日", "", x)))
  out <- as.Date(rep(NA, length(x)))
  for (form in c("%Y-%m-%d", "%Y/%m/%d", "%d%b%Y", "%d-%b-%Y", "%d.%m.%Y", "%m/%d/%Y")) {
    found <- is.na(out) & !is.na(x)
    out[found] <- as.Date(x[found], form)
  }
  short <- is.na(out) & grepl("^\\d+\\.\\d+\\.\\d\\d$", x)
  out[short] <- as.Date(x[short], "%d.%m.%y")
  serial <- grepl("^\\d{5}(\\.0*)?$", x)
  out[serial] <- as.Date(floor(as.numeric(x[serial])), origin = "1899-12-30")
  out[!is.na(out) & format(out, "%Y") < "1900"] <- NA
  out
}
number <- function(x) {
  x <- gsub("×10\\^", "e", sub("/kg$|%$", "", gsub("^[<>]|\\s", "", x)))
  myriad <- grepl("万$", x)
  out <- suppressWarnings(as.numeric(sub(",", ".", sub("万$", "", x))))
  ifelse(myriad, out * 1e4, out)
}
put <- function(x, name) saveRDS(x, file.path(OUT, paste0(name, ".rds")))
get_ <- function(name) readRDS(file.path(OUT, paste0(name, ".rds")))
picture <- function(name, plot, width = 7, height = 5) {
  png(file.path(OUT, paste0(name, ".png")), width, height, "in", res = 150)
  print(plot)
  invisible(dev.off())
}
