"""Writes linear.json: what scikit-learn predicts on small data, for the linear trainer to reproduce.

    pip install scikit-learn && python linear.py

The design matrix is built here by hand, in the way that the trainer documents: standardised numbers with the mean where
one is missing and an indicator, one column a level and one for "missing"; the penalty is alpha of Ridge and 1 / C of
LogisticRegression.
"""

import json
from pathlib import Path

import numpy as np
import sklearn
from sklearn.linear_model import LogisticRegression, Ridge

rng = np.random.default_rng(7)
rows = 90
near = rng.normal(20, 3, rows).astype(np.float32)
far = (1_000_000 + rng.normal(0, 2, rows)).astype(np.float32)
near[rng.random(rows) < 0.15] = np.nan
levels = ["red", "green", "blue"]
colour = rng.choice(["", *levels], rows, p=[0.1, 0.4, 0.3, 0.2])
weights = rng.integers(1, 4, rows).astype(float)
weights *= rows / weights.sum()

columns = []
for values in (near, far):
    values = values.astype(float)
    seen = ~np.isnan(values)
    mean = np.average(values[seen], weights=weights[seen])
    scale = np.sqrt(np.average((values[seen] - mean) ** 2, weights=weights[seen]))
    columns.append(np.where(seen, (values - mean) / scale, 0))
    if not seen.all():
        columns.append(1.0 - seen)
columns += [(colour == level).astype(float) for level in ["", *levels]]
design = np.stack(columns, axis=1)

signal = design[:, 0] - 0.5 * design[:, 1] + 0.8 * (colour == "red") + rng.normal(0, 1, rows)
value = 300 + 40 * signal
binary = (signal > 0.2).astype(int)
several = np.digitize(signal, [-0.5, 0.8])


def logistic(labels, l2):
    model = LogisticRegression(C=1 / l2, tol=1e-14, max_iter=100_000)
    return model.fit(design, labels, sample_weight=weights).predict_proba(design)


cases = []
for l2 in (0.01, 1.0, 30.0):
    ridge = Ridge(alpha=l2, solver="cholesky").fit(design, value, sample_weight=weights)
    cases.append({"task": "regression", "l2": l2, "scores": ridge.predict(design).tolist()})
    cases.append({"task": "binary", "l2": l2, "scores": logistic(binary, l2).ravel().tolist()})
    cases.append({"task": "multiclass", "l2": l2, "scores": logistic(several, l2).ravel().tolist()})

golden = {
    "scikit-learn": sklearn.__version__,
    "near": [None if np.isnan(cell) else float(cell) for cell in near],
    "far": far.astype(float).tolist(),
    "colour": colour.tolist(),
    "weights": weights.tolist(),
    "labels": {"regression": value.tolist(), "binary": binary.tolist(), "multiclass": several.tolist()},
    "cases": cases,
}
Path(__file__).with_name("linear.json").write_text(json.dumps(golden) + "\n")
