"""Makes the exact comparison of quantile and Poisson objectives, and of monotone constraints: what LightGBM predicts on the rows of exact.csv (see make-exact.py).

Run from this directory with lightgbm 4.7.0 and numpy 2.4.6 installed: python make-objectives.py
Writes objectives.json: parameters, and predictions of the first rows. Counts, the target of Poisson, are max(0, round(regression / 10) + 1);
weights are 0.5 for every third row.

Poisson counts rows through second derivatives, rounded by bin there and by side here, so its cases ask for no least number of rows; and its
features are the two numbers, since the order of categories depends on those counts as well. Monotone constraints often leave
a feature without a split at a leaf, below which LightGBM does not try it again and ours does: their trees are small.
"""

import csv
import json

import lightgbm
import numpy as np

SHOWN = 150
with open("exact.csv") as file:
    rows = list(csv.DictReader(file))
features = np.array([[float(row[name] or "nan") for name in ("x0", "x1", "x2", "x3")] for row in rows], dtype=np.float32)
regression = np.array([float(row["regression"]) for row in rows])
counts = np.maximum(0, np.floor(regression / 10 + 0.5) + 1)
weights = np.where(np.arange(len(rows)) % 3 == 0, 0.5, 1.0)

shared = {"num_leaves": 15, "learning_rate": 0.1, "min_data_in_leaf": 20, "max_bin": 255, "num_iterations": 10}
cases = [
    {"name": "quantile 0.9", "objective": "quantile", "alpha": 0.9, "weighted": False, "params": shared},
    {"name": "quantile 0.5", "objective": "quantile", "alpha": 0.5, "weighted": False, "params": shared},
    {"name": "quantile 0.2", "objective": "quantile", "alpha": 0.2, "weighted": False, "params": {**shared, "num_leaves": 4}},
    {
        "name": "poisson",
        "objective": "poisson",
        "weighted": False,
        "params": {**shared, "min_data_in_leaf": 1, "min_sum_hessian_in_leaf": 20},
    },
    {
        "name": "poisson, weighted",
        "objective": "poisson",
        "weighted": True,
        "params": {**shared, "min_data_in_leaf": 1, "min_sum_hessian_in_leaf": 20},
    },
    {
        "name": "monotone",
        "objective": "regression",
        "weighted": False,
        "monotone": [1, -1, 0, 0],
        "params": {**shared, "num_leaves": 5},
    },
    {
        "name": "monotone, L1 and L2",
        "objective": "regression",
        "weighted": False,
        "monotone": [-1, 1, 0, 0],
        "params": {**shared, "num_leaves": 5, "lambda_l1": 2.0, "lambda_l2": 5.0},
    },
]
for case in cases:
    poisson = case["objective"] == "poisson"
    extra = {"alpha": case["alpha"]} if "alpha" in case else {}
    if "monotone" in case:
        extra = {"monotone_constraints": case["monotone"], "monotone_constraints_method": "basic"}
    booster = lightgbm.train(
        {
            **case["params"],
            **extra,
            "objective": case["objective"],
            "deterministic": True,
            "num_threads": 1,
            "force_row_wise": True,
            "verbose": -1,
        },
        lightgbm.Dataset(
            features[:, :2] if poisson else features,
            counts if poisson else regression,
            weight=weights if case["weighted"] else None,
            categorical_feature=[] if poisson else [2, 3],
            params={"min_data_in_bin": 1, "feature_pre_filter": False, "verbose": -1},
        ),
    )
    shown = features[:SHOWN, :2] if poisson else features[:SHOWN]
    case["predictions"] = np.round(booster.predict(shown), 7).tolist()

with open("objectives.json", "w") as file:
    json.dump({"version": lightgbm.__version__, "cases": cases}, file, separators=(",", ":"))
    file.write("\n")
