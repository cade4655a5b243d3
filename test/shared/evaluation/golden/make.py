"""Writes golden.json: metrics by scikit-learn on small samples with awkward shapes.

Needs numpy and scikit-learn >= 1.7 (multiclass Brier score). Usage: python make.py

Where scikit-learn has no answer of its own:
- auc of more than two classes with absent classes: the mean of roc_auc_score (one against the rest) over classes that have rows;
- pr_auc without a positive row: null (undefined);
- top_k_accuracy of tied probabilities: of equals the first class counts as likelier; else top_k_accuracy_score agrees;
- ece: 15 bins of equal width, written out below.
null stands for NaN.
"""

import json
import math
import pathlib
import warnings

import numpy as np
import sklearn
from sklearn import metrics as sk

warnings.filterwarnings("ignore")
rng = np.random.default_rng(20240607)


def ece(claimed, happened, weight):
    bins = np.minimum(np.floor(claimed * 15), 14).astype(int)
    total = 0.0
    for b in range(15):
        inside = bins == b
        total += abs(np.sum(weight[inside] * (claimed[inside] - happened[inside])))
    return total / np.sum(weight)


def binary_metrics(y, p, threshold, w):
    weight = np.ones(len(y)) if w is None else w
    d = (p >= threshold).astype(int)
    return {
        "auc": sk.roc_auc_score(y, p, sample_weight=w) if len(set(y)) == 2 else math.nan,
        "pr_auc": sk.average_precision_score(y, p, sample_weight=w) if y.any() else math.nan,
        "log_loss": sk.log_loss(y, np.column_stack([1 - p, p]), labels=[0, 1], sample_weight=w),
        "brier": sk.brier_score_loss(y, p, pos_label=1, sample_weight=w),
        "ece": ece(p, y, weight),
        "accuracy": sk.accuracy_score(y, d, sample_weight=w),
        "balanced_accuracy": sk.balanced_accuracy_score(y, d, sample_weight=w),
        "precision": sk.precision_score(y, d, zero_division=0, sample_weight=w),
        "recall": sk.recall_score(y, d, zero_division=0, sample_weight=w),
        "f1": sk.f1_score(y, d, zero_division=0, sample_weight=w),
        "mcc": sk.matthews_corrcoef(y, d, sample_weight=w),
    }


def top_k(y, p, k, weight):
    place = np.argsort(np.argsort(-p, axis=1, kind="stable"), axis=1, kind="stable")
    found = np.average(place[np.arange(len(y)), y] < k, weights=weight)
    untied = all(len(set(row)) == len(row) for row in p)
    if untied and k < p.shape[1]:
        assert math.isclose(found, sk.top_k_accuracy_score(y, p, k=k, labels=range(p.shape[1]), sample_weight=weight))
    return found


def multiclass_metrics(y, p, w):
    weight = np.ones(len(y)) if w is None else w
    k = p.shape[1]
    d = p.argmax(axis=1)
    areas = [sk.roc_auc_score(y == c, p[:, c], sample_weight=w) for c in range(k) if 0 < np.sum(y == c) < len(y)]
    if len(set(y)) == k:
        assert math.isclose(np.mean(areas), sk.roc_auc_score(y, p, multi_class="ovr", sample_weight=w) if w is None else np.mean(areas))
    common = {"average": "macro", "zero_division": 0, "sample_weight": w}
    return {
        "auc": np.mean(areas) if areas else math.nan,
        "log_loss": sk.log_loss(y, p, labels=range(k), sample_weight=w),
        "brier": sk.brier_score_loss(y, p, labels=range(k), sample_weight=w),
        "ece": ece(p.max(axis=1), d == y, weight),
        "accuracy": sk.accuracy_score(y, d, sample_weight=w),
        "balanced_accuracy": sk.balanced_accuracy_score(y, d, sample_weight=w),
        "precision_macro": sk.precision_score(y, d, **common),
        "recall_macro": sk.recall_score(y, d, **common),
        "f1_macro": sk.f1_score(y, d, **common),
        "mcc": sk.matthews_corrcoef(y, d, sample_weight=w),
        "top_3_accuracy": top_k(y, p, 3, weight),
        "top_5_accuracy": top_k(y, p, 5, weight),
    }


def regression_metrics(y, p, w):
    return {
        "rmse": sk.root_mean_squared_error(y, p, sample_weight=w),
        "mae": sk.mean_absolute_error(y, p, sample_weight=w),
        "median_ae": sk.median_absolute_error(y, p, sample_weight=w),
        "mape": sk.mean_absolute_percentage_error(y, p, sample_weight=w),
        "r2": sk.r2_score(y, p, sample_weight=w),
        **{f"pinball_{q}": sk.mean_pinball_loss(y, p, alpha=q / 100, sample_weight=w) for q in (10, 50, 90)},
        "poisson_deviance": sk.mean_poisson_deviance(y, p, sample_weight=w) if (y >= 0).all() and (p > 0).all() else math.nan,
    }


cases = []


def add(task, name, y, scores, values, classes=None, threshold=None, weights=None):
    case = {"name": name, "task": task, "labels": np.asarray(y).tolist(), "scores": np.asarray(scores).ravel().tolist()}
    if classes:
        case["classes"] = classes
    if threshold is not None:
        case["threshold"] = threshold
    if weights is not None:
        case["weights"] = weights.tolist()
    case["metrics"] = {key: None if math.isnan(value) else float(value) for key, value in values.items()}
    cases.append(case)


def binary(name, y, p, threshold=None, weights=None):
    y, p = np.asarray(y), np.asarray(p, dtype=float)
    values = binary_metrics(y, p, 0.5 if threshold is None else threshold, weights)
    add("binary", name, y, np.column_stack([1 - p, p]), values, ["no", "yes"], threshold, weights)


def multiclass(name, y, p, weights=None):
    y, p = np.asarray(y), np.asarray(p, dtype=float)
    add("multiclass", name, y, p, multiclass_metrics(y, p, weights), [f"c{i}" for i in range(p.shape[1])], None, weights)


def regression(name, y, p, weights=None):
    y, p = np.asarray(y, dtype=float), np.asarray(p, dtype=float)
    add("regression", name, y, p, regression_metrics(y, p, weights), None, None, weights)


z = rng.normal(size=150)
y = (rng.random(150) < 1 / (1 + np.exp(1 - z))).astype(int)
p = 1 / (1 + np.exp(1 - z + 0.7 * rng.normal(size=150)))
binary("plain", y, p)
binary("threshold 0.3", y, p, threshold=0.3)
binary("ties", y, np.round(p, 1))
binary("float32 scores", y, p.astype(np.float32).astype(float))
binary("row weights", y, np.round(p, 2), weights=rng.exponential(size=150))
binary("integer weights with zeros", y, np.round(p, 1), weights=rng.poisson(1, size=150).astype(float))
rare = np.zeros(200, dtype=int)
rare[[7, 90, 155]] = 1
binary("3 positives in 200", rare, np.round(rng.random(200) * 0.4 + rare * 0.1, 3))
binary("perfect", [0, 1, 1, 0, 1], [0.1, 0.9, 0.8, 0.2, 0.7])
binary("perfect and certain", [0, 1, 1, 0], [0, 1, 1, 0])
binary("certain and wrong", [0, 1, 1, 0], [1, 0, 1, 0])
binary("reversed", [0, 1, 1, 0, 1], [0.9, 0.1, 0.2, 0.8, 0.3])
binary("constant 0.5", [0, 1, 1, 0, 1, 0, 0], [0.5] * 7)
binary("constant 0.2", [0, 1, 1, 0, 1, 0, 0], [0.2] * 7)
binary("only negatives", [0, 0, 0, 0], [0.1, 0.6, 0.3, 0.2])
binary("only positives", [1, 1, 1], [0.4, 0.6, 0.9])
binary("two rows", [0, 1], [0.4, 0.3])
binary("one row", [1], [0.7])
binary("scores on bin edges", [0, 1, 0, 1, 1, 0], [1 / 15, 2 / 15, 0.2, 0.4, 0.6, 1.0])

k = 4
logits = rng.normal(size=(160, k))
y = np.array([rng.choice(k, p=np.exp(row) / np.exp(row).sum()) for row in logits])
noisy = np.exp(logits + 0.6 * rng.normal(size=logits.shape))
p = noisy / noisy.sum(axis=1, keepdims=True)
multiclass("plain", y, p)
multiclass("row weights", y, p, weights=rng.exponential(size=160))
coarse = np.round(p * 8) + 1
coarse = coarse / coarse.sum(axis=1, keepdims=True)
multiclass("ties", y, coarse)
some = y != 2
multiclass("a class absent from the labels", y[some], p[some])
never = p * np.array([1, 1, 1, 1e-6])
never = never / never.sum(axis=1, keepdims=True)
multiclass("a class never predicted", y, never)
multiclass("a class in neither", y[y != 3], never[y != 3])
multiclass("one class only", np.ones(20, dtype=int), p[:20])
multiclass("two classes of four", y[y < 2], p[y < 2])
multiclass("perfect", [0, 1, 2, 2], [[0.8, 0.1, 0.1], [0.1, 0.8, 0.1], [0.2, 0.2, 0.6], [0.1, 0.2, 0.7]])
multiclass("constant", [0, 1, 2, 2, 1], [[0.25, 0.25, 0.5]] * 5)
multiclass("uniform", [0, 1, 2, 1], [[1 / 4, 1 / 4, 1 / 4, 1 / 4]] * 4)
multiclass("certain and wrong", [0, 1, 2], [[0, 1, 0], [0, 0, 1], [0, 0, 1]])
multiclass("one row", [2], [[0.2, 0.3, 0.5]])

y = rng.normal(loc=3, scale=2, size=121)
p = y + rng.normal(size=121)
regression("plain, odd", y, p)
regression("plain, even", y[:120], p[:120])
regression("row weights", y, p, weights=rng.exponential(size=121))
regression("integer weights with zeros", y, p, weights=rng.poisson(1, size=121).astype(float))
regression("weights that split in half", [1, 2, 3, 4], [2, 4, 6, 8], weights=np.array([1.0, 2.0, 2.0, 1.0]))
regression("perfect", [1.5, 2.5, -3], [1.5, 2.5, -3])
regression("constant predictions", y[:30], np.full(30, 3.0))
regression("constant labels", [2, 2, 2], [1, 2, 3])
regression("constant labels, perfect", [2, 2, 2], [2, 2, 2])
regression("labels of zero", [0, 1, -2], [0.5, 1, 1])
regression("large offset", y[:40] + 1e6, p[:40] + 1e6)
regression("two rows", [1, 2], [2, 1])
regression("one row", [1], [3])
regression("ties in the errors", [1, 2, 3, 4, 5, 6], [2, 3, 3, 4, 7, 4])

counts = rng.poisson(3, size=90).astype(float)
rates = 3 * np.exp(0.4 * rng.normal(size=90))
regression("counts", counts, rates)
regression("counts, row weights", counts, rates, weights=rng.exponential(size=90))

k = 7
logits = rng.normal(size=(140, k))
y = np.array([rng.choice(k, p=np.exp(row) / np.exp(row).sum()) for row in logits])
noisy = np.exp(logits + 0.8 * rng.normal(size=logits.shape))
p = noisy / noisy.sum(axis=1, keepdims=True)
multiclass("seven classes", y, p)
multiclass("seven classes, row weights", y, p, weights=rng.exponential(size=140))

versions = {"scikit-learn": sklearn.__version__, "numpy": np.__version__}
lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
path = pathlib.Path(__file__).with_name("golden.json")
path.write_text('{"versions":' + json.dumps(versions) + ',"cases":[\n' + lines + "\n]}\n")
print(f"{len(cases)} cases, {path.stat().st_size} bytes")
