# Writes delong.json: areas under the ROC curve and DeLong's paired test by pROC, on made-up scores.
#
# Needs pROC (Debian: r-base-core r-cran-proc). Usage: Rscript delong.R
#
# Labels and scores are written with the results, since nobody but R has its random numbers. `z` and `p` are those of
# roc.test(method = "delong", paired = TRUE); variances are var(method = "delong").

suppressPackageStartupMessages(library(pROC))

number <- function(value) sprintf("%.17g", value)
array <- function(values) paste0("[", paste(number(values), collapse = ","), "]")
# What was rounded needs no more digits.
short <- function(values) paste0("[", paste(sprintf("%.10g", values), collapse = ","), "]")

scene <- function(name, rows, share, noise, digits) {
  labels <- as.integer(runif(rows) < share)
  signal <- labels + rnorm(rows)
  first <- round(plogis(signal + noise[1] * rnorm(rows)), digits)
  second <- round(plogis(signal + noise[2] * rnorm(rows)), digits)
  one <- roc(labels, first, levels = c(0, 1), direction = "<")
  other <- roc(labels, second, levels = c(0, 1), direction = "<")
  tested <- roc.test(one, other, method = "delong", paired = TRUE)
  paste0(
    "{\"name\":\"", name, "\",\"labels\":", short(labels), ",\"candidate\":", short(first), ",\"champion\":", short(second),
    ",\"auc\":", array(c(auc(one), auc(other))), ",\"variance\":", array(c(var(one, method = "delong"), var(other, method = "delong"))),
    ",\"z\":", number(unname(tested$statistic)), ",\"p\":", number(tested$p.value), "}"
  )
}

set.seed(42)
scenes <- c(
  scene("few rows", 40, 0.4, c(0.5, 1.5), 6),
  scene("many ties", 113, 0.36, c(0.8, 0.9), 1),
  scene("few positive rows", 400, 0.05, c(0.3, 1), 4),
  scene("alike", 300, 0.5, c(0.7, 0.7), 5)
)
version <- as.character(packageVersion("pROC"))
writeLines(paste0("{\"pROC\":\"", version, "\",\"scenes\":[\n", paste(scenes, collapse = ",\n"), "\n]}"), "delong.json")
