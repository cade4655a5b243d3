"""Writes drift-methods.json: what Evidently's own tests say of two samples.

Needs the package itself: pip install evidently 'pandas<3'. Usage: python drift-methods.py

- numbers: ks, psi, jensenshannon, wasserstein and anderson of values; those of `moduli` are (i * step % modulus) / modulus + shift,
  too many to stand here, and enough for the asymptotic p-value of ks;
- values: chisquare, psi and jensenshannon of categories, and z where there are two; as counts by value;
- kolmogorov: p-values of scipy's two-sample test, exact and asymptotic, by size and largest difference.
"""

import json
import pathlib
import warnings

warnings.simplefilter("ignore")

import evidently
import numpy as np
import pandas as pd
import scipy
from evidently.legacy.calculations import stattests
from evidently.legacy.core import ColumnType
from scipy import stats

TESTS = {
    "ks": stattests.ks_stat_test,
    "psi": stattests.psi_stat_test,
    "js": stattests.jensenshannon_stat_test,
    "wasserstein": stattests.wasserstein_stat_test,
    "chi2": stattests.chi_stat_test,
    "z": stattests.z_stat_test,
    "anderson": stattests.anderson_darling_test,
}


def scores(reference, current, kind, names):
    sides = pd.Series(reference), pd.Series(current)
    return {name: float(TESTS[name](*sides, kind, None).drift_score) for name in names}


def numbers(name, reference, current, **shown):
    found = scores(reference, current, ColumnType.Numerical, ["ks", "psi", "js", "wasserstein", "anderson"])
    return {"name": name, **(shown or {"reference": reference, "current": current}), "expected": found}


def moduli(name, *sides):
    values = [[(i * step % modulus) / modulus + shift for i in range(count)] for count, step, modulus, shift in sides]
    return numbers(name, *values, moduli=sides)


def values(name, reference, current):
    rows = [[value for value, count in side.items() for _ in range(count)] for side in (reference, current)]
    names = ["chi2", "psi", "js"] + (["z"] if len({*reference, *current}) <= 2 else [])
    found = scores(*rows, ColumnType.Categorical, names)
    return {"name": name, "reference": reference, "current": current, "expected": found}


def kolmogorov(n, m, d):
    return {"n": n, "m": m, "d": d, "exact": ks_exact(n, m, d), "asymptotic": float(stats.kstwo.sf(d, round(n * m / (n + m))))}


def ks_exact(n, m, d):
    """The p-value of samples of these sizes whose largest difference is d, a multiple of 1 / lcm."""
    from scipy.stats._stats_py import _attempt_exact_2kssamp

    ok, _, p = _attempt_exact_2kssamp(n, m, np.gcd(n, m), d, "two-sided")
    assert ok
    return float(p)


rng = np.random.default_rng(5)
golden = {
    "evidently": evidently.__version__,
    "scipy": scipy.__version__,
    "numbers": [
        numbers("two grids", [0.1 * i for i in range(20)], [0.1 * i + 0.35 for i in range(15)]),
        numbers(
            "the strengths that Evidently tests anderson with",
            [38.7, 41.5, 43.8, 44.5, 45.5, 46.0, 47.7, 58.0],
            [39.2, 39.3, 39.7, 41.4, 41.8, 42.9, 43.3, 45.8],
        ),
        numbers("normal", rng.normal(0, 1, 80).round(3).tolist(), rng.normal(0.4, 1.2, 60).round(3).tolist()),
        numbers("few whole numbers", rng.poisson(3, 90).tolist(), rng.poisson(4, 50).tolist()),
        numbers("apart", rng.lognormal(0, 1, 60).round(4).tolist(), (-rng.lognormal(0, 1, 40)).round(4).tolist()),
        numbers("a constant reference", [7.5] * 30, [7.5] * 10 + [8.0] * 5),
        numbers("equal", [float(i) for i in range(40)], [float(i) for i in range(40)]),
        numbers("large values", rng.normal(1e9, 50, 50).round(1).tolist(), rng.normal(1e9, 50, 70).round(1).tolist()),
        moduli("small against large", (400, 37, 1009, 0.0), (9000, 7919, 10007, 0.01)),
        moduli("large", (12000, 7919, 10007, 0.0), (3000, 7907, 9973, 0.03)),
        moduli("large and equal sizes", (20000, 7919, 10007, 0.0), (20000, 7907, 9973, 0.012)),
    ],
    "values": [
        values("six", dict(zip("abcdef", (16, 18, 16, 14, 12, 12))), dict(zip("abcdef", (16, 16, 16, 16, 16, 8)))),
        values("a gone and a rare value", {"a": 500, "b": 300, "c": 200}, {"a": 60, "b": 40}),
        values("a new value", {"a": 50, "b": 30}, {"a": 40, "b": 20, "c": 3}),
        values("two", {"no": 300, "yes": 100}, {"no": 130, "yes": 70}),
        values("two, nearly", {"no": 300, "yes": 100}, {"no": 151, "yes": 49}),
        values("one", {"a": 30}, {"a": 20}),
        values("much and little", {"a": 100000, "b": 3}, {"a": 4000, "b": 1, "c": 1}),
    ],
    "kolmogorov": [
        kolmogorov(*case)
        for case in [(20, 15, 0.2), (5, 5, 0.6), (30, 30, 1 / 3), (7, 90, 0.5), (400, 300, 0.07), (1000, 1000, 0.06), (60, 60, 1.0)]
    ],
    "kstwo": [
        [n, d, float(stats.kstwo.sf(d, n))]
        for n in (1, 2, 9, 40, 139, 141, 1000, 60000)
        for d in (0.3 / n**0.5, 0.6 / n**0.5, 1.0 / n**0.5, 1.6 / n**0.5, 3.0 / n**0.5)
        if d < 1
    ],
}
path = pathlib.Path(__file__).with_name("drift-methods.json")
path.write_text(json.dumps(golden, separators=(",", ":")) + "\n")
