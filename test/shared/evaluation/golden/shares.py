"""Writes shares.json: binomial tails and intervals, McNemar's test and paired intervals.

Needs scipy and statsmodels. Usage: python shares.py

- tails: scipy.stats.binom.sf, P(X >= successes);
- intervals: statsmodels proportion_confint(method="beta"), which is Clopper and Pearson's;
- mcnemar: statsmodels mcnemar(exact=True), and the mid-p form, which is the exact p-value less the chance of the
  observed table; the chi-square forms of mcnemar(exact=False) with and without its continuity correction, as statistic and
  p-value (where wins and losses are equal statsmodels corrects 0 to 1 / n; the correction is left out there, as R does);
- paired: MOVER-R, solved from its definition by root finding: mid-p intervals of the share of changes and of the wins among
  them by root finding too.
"""

import json
import pathlib

import numpy as np
import scipy
import statsmodels
from scipy.optimize import brentq
from scipy.stats import binom
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.proportion import proportion_confint


def midp_interval(x, n, tail):
    def above(p):
        return binom.sf(x, n, p) + binom.pmf(x, n, p) / 2 - tail

    def below(p):
        return binom.cdf(x - 1, n, p) + binom.pmf(x, n, p) / 2 - tail

    low = 0.0 if x == 0 else brentq(above, 1e-15, 1 - 1e-15, xtol=1e-16)
    high = 1.0 if x == n else brentq(below, 1e-15, 1 - 1e-15, xtol=1e-16)
    return low, high


def paired_interval(wins, losses, rows, tail):
    changes = wins + losses
    share_low, share_high = midp_interval(changes, rows, tail)
    if changes == 0:
        return -share_high, share_high
    balance, inverse = (wins - losses) / changes, rows / changes
    low, high = (2 * limit - 1 for limit in midp_interval(wins, changes, tail))

    def lower(x):
        farther = 1 / share_low if x > 0 else 1 / share_high
        return balance - x * inverse - np.hypot(balance - low, x * (inverse - farther))

    def upper(x):
        farther = 1 / share_high if x > 0 else 1 / share_low
        return balance - x * inverse + np.hypot(high - balance, x * (inverse - farther))

    return max(-1, brentq(lower, -4, 4, xtol=1e-16)), min(1, brentq(upper, -4, 4, xtol=1e-16))


tails = [
    {"successes": x, "trials": n, "probability": p, "sf": float(binom.sf(x - 1, n, p))}
    for x, n, p in [(0, 5, 0.3), (3, 5, 0.3), (5, 5, 0.3), (19, 40, 0.5), (39, 40, 0.5), (121, 180, 0.5), (600, 5000, 0.1), (12, 90000, 2e-4), (45800, 90000, 0.5)]
]
intervals = []
for x, n, confidence in [(0, 30, 0.95), (1, 30, 0.95), (3, 10, 0.95), (10, 10, 0.9), (263, 438, 0.95), (263, 438, 0.999), (300000, 3000000, 0.95)]:
    low, high = proportion_confint(x, n, alpha=1 - confidence, method="beta")
    intervals.append({"successes": x, "trials": n, "confidence": confidence, "low": float(low), "high": float(high)})
tests = []
for wins, losses in [(121, 59), (59, 121), (4, 0), (5, 0), (8, 1), (7, 7), (1, 0), (30, 14), (2000, 1800), (900, 500)]:
    exact = float(mcnemar([[0, wins], [losses, 0]], exact=True).pvalue)
    point = float(binom.pmf(wins, wins + losses, 0.5))
    midp = 1.0 if wins == losses else 2 * float(binom.sf(max(wins, losses) - 1, wins + losses, 0.5)) - point
    forms = {name: mcnemar([[0, wins], [losses, 0]], exact=False, correction=correction and wins != losses) for name, correction in [("corrected", True), ("uncorrected", False)]}
    squares = {name: [float(form.statistic), float(form.pvalue)] for name, form in forms.items()}
    tests.append({"wins": wins, "losses": losses, "exact": exact, "midp": midp, **squares})
paired = []
for wins, losses, rows, confidence in [(4, 0, 438, 0.95), (0, 5, 438, 0.95), (0, 0, 438, 0.95), (1, 0, 100, 0.95), (20, 10, 200, 0.95), (100, 10, 400, 0.95), (10, 100, 400, 0.99), (30, 2, 32, 0.95), (3, 3, 100, 0.8), (700, 650, 60000, 0.95)]:
    low, high = paired_interval(wins, losses, rows, (1 - confidence) / 2)
    paired.append({"wins": wins, "losses": losses, "rows": rows, "confidence": confidence, "low": float(low), "high": float(high)})

versions = {"scipy": scipy.__version__, "statsmodels": statsmodels.__version__}
parts = {"tails": tails, "intervals": intervals, "mcnemar": tests, "paired": paired}
lines = [json.dumps(name) + ":[\n" + ",\n".join(json.dumps(item, separators=(",", ":")) for item in items) + "\n]" for name, items in parts.items()]
path = pathlib.Path(__file__).with_name("shares.json")
path.write_text('{"versions":' + json.dumps(versions, separators=(",", ":")) + ",\n" + ",\n".join(lines) + "\n}\n")
print(f"{sum(map(len, parts.values()))} cases, {path.stat().st_size} bytes")
