"""Golden numbers for test/shared/data/profile.test.ts: python3 profile.py > profile.json (needs numpy and scipy)."""

import itertools
import json
from pathlib import Path

import numpy
import scipy
from scipy import stats

DATA = Path(__file__).parents[4] / "node_modules/vega-datasets/data"


def columns_of(rows):
    names = rows[0].keys()
    numeric = [n for n in names if all(isinstance(r[n], (int, float)) or r[n] is None for r in rows)]
    return {n: numpy.array([numpy.nan if r[n] is None else r[n] for r in rows], dtype=float) for n in numeric}


def summary(rows):
    columns = columns_of(rows)
    numbers = {}
    for name, values in columns.items():
        there = values[~numpy.isnan(values)]
        low, high = numpy.quantile(there, [0.25, 0.75])
        far = 3 * (high - low)
        numbers[name] = {
            "missing": int(numpy.isnan(values).sum()),
            "distinct": len(numpy.unique(there)),
            "mean": there.mean(),
            "sd": there.std(ddof=1),
            "quantiles": numpy.quantile(there, [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99]).tolist(),
            "outliers": int(((there < low - far) | (there > high + far)).sum()),
        }
    pairs = []
    for a, b in itertools.combinations(columns, 2):
        common = ~numpy.isnan(columns[a]) & ~numpy.isnan(columns[b])
        x, y = columns[a][common], columns[b][common]
        pairs.append({"a": a, "b": b, "rows": int(common.sum()),
                      "pearson": stats.pearsonr(x, y)[0], "spearman": stats.spearmanr(x, y)[0]})
    return {"numbers": numbers, "pairs": pairs}


print(json.dumps({
    "made": f"numpy {numpy.__version__}, scipy {scipy.__version__}",
    **{name: summary(json.loads((DATA / f"{name}.json").read_text())) for name in ["penguins", "movies"]},
}, indent=1))
