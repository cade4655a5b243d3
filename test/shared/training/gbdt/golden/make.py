"""Makes the golden comparison: a small table, and what LightGBM reaches on it.

Run from this directory with lightgbm 4.7.0 and numpy 2.4.6 installed: python make.py
Writes data.csv (rows of three tasks' targets, two numbers with missing values, two categories; the last column says which rows test)
and lightgbm.json (settings, predictions of the test rows and their losses).
"""

import csv
import json
import math

import lightgbm
import numpy as np

ROWS = 3000
TEST = 1000
rng = np.random.default_rng(20010101)

x0 = np.round(rng.normal(size=ROWS), 3)
x1 = np.round(rng.exponential(size=ROWS), 2)
x2 = rng.integers(0, 20, size=ROWS)
x3 = rng.integers(0, 3, size=ROWS)
effect = rng.normal(size=20)
signal = x0 + np.where(x1 > 1, 1.0, -0.5) * (x3 - 1) + effect[x2] + rng.normal(size=ROWS) * 0.7
missing = rng.random(ROWS) < 0.15
signal = np.where(missing, signal + 1, signal)

features = np.column_stack([x0, np.where(missing, np.nan, x1), x2, x3]).astype(np.float32)
targets = {
    "binary": (signal > 0.5).astype(int),
    "multiclass": np.digitize(signal, [-0.7, 0.9]),
    "regression": np.round(signal * 10, 2),
}
with open("data.csv", "w", newline="") as file:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["binary", "multiclass", "regression", "x0", "x1", "x2", "x3", "test"])
    for row in range(ROWS):
        x = ["" if math.isnan(value) else f"{value:g}" for value in features[row].tolist()]
        writer.writerow([targets["binary"][row], targets["multiclass"][row], targets["regression"][row], *x, int(row >= ROWS - TEST)])

shared = {"num_leaves": 15, "learning_rate": 0.1, "min_data_in_leaf": 20, "max_bin": 255}
objectives = {
    "binary": {"objective": "binary"},
    "multiclass": {"objective": "multiclass", "num_class": 3},
    "regression": {"objective": "regression"},
}
# No min_gain_to_split: where a feature gives no split at a leaf, LightGBM does not try it below that leaf, ours does; the more
# splits a threshold forbids, the further the two part.
variants = {
    "plain": {},
    "penalised": {"lambda_l1": 0.2, "lambda_l2": 5.0, "max_depth": 4},
}
# The file's own digits, so that both sides read the same 32-bit floats.
features = np.array([[float(f"{v:g}") for v in row] for row in features.tolist()], dtype=np.float32)
train, test = slice(0, ROWS - TEST), slice(ROWS - TEST, ROWS)


def loss_of(task, target, predicted):
    if task == "regression":
        return math.sqrt(np.mean((target - predicted) ** 2))
    if task == "binary":
        return float(-np.mean(np.where(target == 1, np.log(predicted), np.log(1 - predicted))))
    return float(-np.mean(np.log(predicted[np.arange(len(target)), target])))


cases = []
for task, objective in objectives.items():
    for name, extra in variants.items():
        params = {**shared, **extra}
        booster = lightgbm.train(
            {**objective, **params, "deterministic": True, "num_threads": 1, "force_row_wise": True, "verbose": -1},
            lightgbm.Dataset(features[train], targets[task][train], categorical_feature=[2, 3], params={"verbose": -1}),
            num_boost_round=50,
        )
        predicted = booster.predict(features[test])
        case = {
            "name": f"{task}, {name}",
            "task": task,
            "params": {**params, "num_iterations": 50},
            "loss": loss_of(task, targets[task][test], predicted),
            "trainLoss": loss_of(task, targets[task][train], booster.predict(features[train])),
            "constantLoss": None,
            "predictions": np.round(predicted, 5).tolist(),
        }
        if task == "regression":
            constant = np.full(TEST, targets[task][train].mean())
        else:
            shares = np.bincount(targets[task][train]) / (ROWS - TEST)
            constant = np.full(TEST, shares[1]) if task == "binary" else np.tile(shares, (TEST, 1))
        case["constantLoss"] = loss_of(task, targets[task][test], constant)
        cases.append(case)

with open("lightgbm.json", "w") as file:
    json.dump({"version": lightgbm.__version__, "cases": cases}, file, separators=(",", ":"))
    file.write("\n")
