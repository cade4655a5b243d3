"""Makes the exact comparison: rows whose bins are the same in LightGBM and here, and what LightGBM predicts after some rounds.

Run from this directory with lightgbm 4.7.0 and numpy 2.4.6 installed: python make-exact.py
Writes exact.csv (rows of three tasks' targets and four features) and exact.json (parameters, and predictions of the first rows).

Numbers are whole and few, so that every value has a bin of its own on both sides. What is left to differ: where a feature gives no split at a
leaf, LightGBM does not try it below that leaf, ours does; ties of gain; and counts of rows, which both estimate from second derivatives,
rounded by bin there and by side here (exact for squared error). So the cases are those, of many parameters, in which none of the three
comes up; `rounds` says for how long that is.
"""

import csv
import json
import math

import lightgbm
import numpy as np

ROWS = 3000
SHOWN = 150
rng = np.random.default_rng(42)

x0 = rng.integers(0, 60, ROWS)
x1 = rng.integers(0, 100, ROWS).astype(float)
x2 = rng.integers(0, 20, ROWS)
x3 = rng.integers(0, 3, ROWS)
missing = rng.random(ROWS) < 0.15
effect = rng.normal(size=20)
signal = np.sin(x0 / 9) + np.where(x1 > 50, 1.0, -0.5) * (x3 - 1) + effect[x2] + rng.normal(size=ROWS) * 0.7
signal = np.where(missing, signal + 1, signal)
features = np.column_stack([x0, np.where(missing, np.nan, x1), x2, x3]).astype(np.float32)
targets = {
    "binary": (signal > 0.5).astype(int),
    "multiclass": np.digitize(signal, [-0.7, 0.9]),
    "regression": np.round(signal * 10, 2),
}
with open("exact.csv", "w", newline="") as file:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["binary", "multiclass", "regression", "x0", "x1", "x2", "x3"])
    for row in range(ROWS):
        x = ["" if math.isnan(value) else f"{value:g}" for value in features[row].tolist()]
        writer.writerow([*(targets[task][row] for task in targets), *x])

objectives = {
    "binary": {"objective": "binary"},
    "multiclass": {"objective": "multiclass", "num_class": 3},
    "regression": {"objective": "regression"},
}
shared = {"num_leaves": 15, "learning_rate": 0.1, "min_data_in_leaf": 20, "max_bin": 255}
variants = {
    "defaults": {},
    "L1, L2 and depth": {"lambda_l1": 0.2, "lambda_l2": 5.0, "max_depth": 4},
    "one category against the rest": {"max_cat_to_onehot": 30},
    "categories in small groups": {"cat_smooth": 2, "cat_l2": 1, "max_cat_threshold": 3, "min_data_per_group": 30},
    "second derivatives in a leaf": {"min_sum_hessian_in_leaf": 15, "min_data_in_leaf": 1},
    "least gain": {"min_gain_to_split": 3},
    "deep": {"num_leaves": 100, "min_data_in_leaf": 3, "min_data_per_group": 5},
}
rounds = {
    ("binary", "defaults"): 20,
    ("binary", "L1, L2 and depth"): 3,
    ("binary", "one category against the rest"): 20,
    ("binary", "categories in small groups"): 3,
    ("binary", "second derivatives in a leaf"): 20,
    ("binary", "least gain"): 3,
    ("multiclass", "defaults"): 3,
    ("multiclass", "one category against the rest"): 3,
    ("multiclass", "second derivatives in a leaf"): 20,
    ("regression", "defaults"): 20,
    ("regression", "L1, L2 and depth"): 3,
    ("regression", "one category against the rest"): 20,
    ("regression", "categories in small groups"): 20,
    ("regression", "second derivatives in a leaf"): 20,
    ("regression", "least gain"): 20,
    ("regression", "deep"): 3,
}

cases = []
for (task, name), count in rounds.items():
    params = {**shared, **variants[name]}
    booster = lightgbm.train(
        {**objectives[task], **params, "deterministic": True, "num_threads": 1, "force_row_wise": True, "verbose": -1},
        lightgbm.Dataset(
            features,
            targets[task],
            categorical_feature=[2, 3],
            params={"min_data_in_bin": 1, "feature_pre_filter": False, "verbose": -1},
        ),
        num_boost_round=count,
    )
    predicted = np.round(booster.predict(features)[:SHOWN], 7).tolist()
    cases.append({"name": f"{task}: {name}", "task": task, "params": {**params, "num_iterations": count}, "predictions": predicted})

with open("exact.json", "w") as file:
    json.dump({"version": lightgbm.__version__, "cases": cases}, file, separators=(",", ":"))
    file.write("\n")
