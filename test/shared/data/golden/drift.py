"""Writes drift.json: tails, distances and tests of two samples.

Needs numpy and scipy. Usage: python drift.py

- chi2, student: scipy.stats.chi2.sf and 2 * scipy.stats.t.sf, far into the tails;
- tables: scipy.stats.chi2_contingency(correction=False) of two samples by group;
- distances: Jensen-Shannon (scipy.spatial.distance.jensenshannon), Kullback-Leibler (scipy.special.rel_entr), the
  population stability index, Hellinger's distance and the largest difference, from their definitions;
- wasserstein: scipy.stats.wasserstein_distance of values, which stand here so that they can be counted;
- bh: scipy.stats.false_discovery_control of McDonald's 25 p-values (Handbook of Biological Statistics).
"""

import json
import pathlib

import numpy as np
import scipy
from scipy import stats
from scipy.spatial.distance import jensenshannon
from scipy.special import rel_entr

TABLES = [
    [[16, 18, 16, 14, 12, 12], [16, 16, 16, 16, 16, 8]],
    [[200, 300, 500], [10, 20, 70]],
    [[5000, 4000, 1000, 3], [480, 450, 60, 10]],
]
SHARES = [
    [[0.1, 0.4, 0.5], [0.8, 0.15, 0.05]],
    [[0.2, 0.3, 0.5], [0.2, 0.3, 0.5]],
    [[0.25, 0.25, 0.25, 0.25], [0.5, 0.3, 0.15, 0.05]],
]
P_VALUES = [
    0.001, 0.008, 0.039, 0.041, 0.042, 0.06, 0.074, 0.205, 0.212, 0.216, 0.222, 0.251, 0.269, 0.275, 0.34, 0.341,
    0.384, 0.569, 0.594, 0.696, 0.762, 0.94, 0.942, 0.975, 0.986,
]


def table(reference, current):
    found = stats.chi2_contingency([reference, current], correction=False)
    return {"reference": reference, "current": current, "statistic": found.statistic, "p": found.pvalue, "df": found.dof}


def distances(p, q):
    p, q = np.array(p), np.array(q)
    return {
        "p": p.tolist(),
        "q": q.tolist(),
        "js_e": float(jensenshannon(p, q)),
        "js_2": float(jensenshannon(p, q, base=2)),
        "kl": float(rel_entr(p, q).sum()),
        "psi": float(((p - q) * np.log(p / q)).sum()),
        "hellinger": float(np.linalg.norm(np.sqrt(p) - np.sqrt(q)) / np.sqrt(2)),
        "largest": float(np.abs(p - q).max()),
    }


def moves():
    rng = np.random.default_rng(1)
    pairs = [
        ([0.1 * i for i in range(20)], [0.1 * i + 0.35 for i in range(15)]),
        (rng.normal(0, 1, 400).round(3).tolist(), rng.normal(0.5, 1, 300).round(3).tolist()),
        (rng.normal(5000, 3, 300).round(2).tolist(), rng.normal(5001, 3, 300).round(2).tolist()),
        (rng.poisson(3, 500).tolist(), rng.poisson(4, 200).tolist()),
        (rng.lognormal(0, 1, 300).round(4).tolist(), (-rng.lognormal(0, 1, 300)).round(4).tolist()),
    ]
    return [{"a": a, "b": b, "distance": float(stats.wasserstein_distance(a, b))} for a, b in pairs]


golden = {
    "scipy": scipy.__version__,
    "chi2": [[x, k, float(stats.chi2.sf(x, k))] for k in (1, 2, 5, 9, 50, 300) for x in (0.01, 0.5, 1, 5, 20, 80, 400)],
    "student": [[t, k, float(2 * stats.t.sf(t, k))] for k in (1, 2, 6, 30, 400) for t in (0, 0.3, 1, 2.5, 6, 30)],
    "tables": [table(*pair) for pair in TABLES],
    "distances": [distances(*pair) for pair in SHARES],
    "wasserstein": moves(),
    "bh": {"p": P_VALUES, "adjusted": stats.false_discovery_control(P_VALUES).tolist()},
}
path = pathlib.Path(__file__).with_name("drift.json")
path.write_text(json.dumps(golden, separators=(",", ":")) + "\n")
