"""Writes bca.json: bias-corrected and accelerated intervals by scipy, with the resamples that they are of.

Needs numpy and scipy. Usage: python bca.py
"""

import json
import pathlib

import numpy as np
import scipy
from scipy.stats import bootstrap

rng = np.random.default_rng(7)


def root_mean_square(values, axis=-1):
    return np.sqrt(np.mean(values**2, axis=axis))


def mean(values, axis=-1):
    return np.mean(values, axis=axis)


cases = []
for name, values, statistic, confidence in [
    ("root mean square of skewed values", rng.exponential(size=30), root_mean_square, 0.95),
    ("mean of heavy tails", np.round(rng.standard_t(2, size=40), 3), mean, 0.9),
    ("mean of few different values", rng.integers(0, 3, size=25).astype(float), mean, 0.95),
]:
    values = np.round(values, 6)
    found = bootstrap((values,), statistic, confidence_level=confidence, n_resamples=299, method="BCa", rng=rng)
    cases.append(
        {
            "name": name,
            "confidence": confidence,
            "value": float(statistic(values)),
            "without": [float(statistic(np.delete(values, at))) for at in range(len(values))],
            "resamples": [float(value) for value in found.bootstrap_distribution],
            "low": float(found.confidence_interval.low),
            "high": float(found.confidence_interval.high),
        }
    )

pathlib.Path(__file__).with_name("bca.json").write_text(json.dumps({"scipy": scipy.__version__, "cases": cases}) + "\n")
