"""Makes shap.json: trees of other libraries and the SHAP values that the shap package computes of them, for rows of exact.csv.

Run from this directory with lightgbm 4.7.0, scikit-learn 1.9.1, shap 0.51.0 and numpy 2.4.6 installed: python make-shap.py

"hist": scikit-learn's HistGradientBoostingRegressor on the two numbers, one with missing values; shap's own TreeSHAP computes its values.
"lightgbm": a binary model on all four features, categories included, which shap hands to LightGBM's TreeSHAP.
Trees are stored in this project's form (children: a node's index, or the complement of a leaf's).
"""

import csv
import json

import lightgbm
import numpy as np
import shap
from sklearn.ensemble import HistGradientBoostingRegressor

SHOWN = 40
with open("exact.csv") as file:
    rows = list(csv.DictReader(file))
features = np.array([[float(row[name] or "nan") for name in ("x0", "x1", "x2", "x3")] for row in rows], dtype=np.float32)
regression = np.array([float(row["regression"]) for row in rows])
binary = np.array([int(row["binary"]) for row in rows])


def flat(root, is_leaf, children, node_of, leaf_of):
    nodes, leaves = [], []

    def visit(node):
        if is_leaf(node):
            leaves.append(leaf_of(node))
            return ~(len(leaves) - 1)
        at = len(nodes)
        nodes.append(node_of(node))
        left, right = children(node)
        nodes[at]["left"] = visit(left)
        nodes[at]["right"] = visit(right)
        return at

    visit(root)
    return {"nodes": nodes, "leaves": leaves}


def hist_case():
    numbers = features[:, :2].astype(np.float64)
    model = HistGradientBoostingRegressor(max_iter=12, max_leaf_nodes=9, learning_rate=0.3, random_state=1).fit(numbers, regression)
    explainer = shap.TreeExplainer(model)
    trees = []
    for (predictor,) in model._predictors:
        table = predictor.nodes
        trees.append(
            flat(
                0,
                lambda node: bool(table[node]["is_leaf"]),
                lambda node: (int(table[node]["left"]), int(table[node]["right"])),
                lambda node: {
                    "column": int(table[node]["feature_idx"]),
                    # JSON knows no infinity: a threshold above all 32-bit floats.
                    "threshold": min(float(table[node]["num_threshold"]), 1e300),
                    "missingLeft": int(table[node]["missing_go_to_left"]),
                },
                lambda node: [float(table[node]["value"]), int(table[node]["count"])],
            )
        )
    return {
        "name": "scikit-learn's HistGradientBoostingRegressor",
        "columns": 2,
        "base": float(model._baseline_prediction.ravel()[0]),
        "trees": trees,
        "expected": float(np.ravel(explainer.expected_value)[0]),
        "values": np.round(explainer.shap_values(numbers[:SHOWN]), 7).tolist(),
    }


def lightgbm_case():
    booster = lightgbm.train(
        {"objective": "binary", "num_leaves": 12, "learning_rate": 0.3, "verbose": -1, "deterministic": True, "num_threads": 1},
        lightgbm.Dataset(features, binary, categorical_feature=[2, 3], params={"verbose": -1}),
        num_boost_round=12,
    )
    dump = booster.dump_model()

    def node_of(node):
        entry = {"column": node["split_feature"]}
        if node["decision_type"] == "==":
            members = [int(member) for member in node["threshold"].split("||")]
            # LightGBM sends missing values and unknown categories right.
            return {**entry, "threshold": 0, "missingLeft": 0, "categories": sorted(members)}
        missing_left = node["default_left"] if node["missing_type"] == "NaN" else 0.0 <= node["threshold"]
        return {**entry, "threshold": node["threshold"], "missingLeft": int(missing_left)}

    trees = [
        flat(
            tree["tree_structure"],
            lambda node: "leaf_value" in node,
            lambda node: (node["left_child"], node["right_child"]),
            node_of,
            lambda node: [node["leaf_value"], node["leaf_count"]],
        )
        for tree in dump["tree_info"]
    ]
    explainer = shap.TreeExplainer(booster)
    values = np.asarray(explainer.shap_values(features[:SHOWN]))
    return {
        "name": "LightGBM, with categories",
        "columns": 4,
        "base": 0,
        "trees": trees,
        "expected": float(np.ravel(explainer.expected_value)[-1]),
        "values": np.round(values[-1] if values.ndim == 3 else values, 7).tolist(),
    }


with open("shap.json", "w") as file:
    json.dump({"version": shap.__version__, "cases": [hist_case(), lightgbm_case()]}, file, separators=(",", ":"))
    file.write("\n")
