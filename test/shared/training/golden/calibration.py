"""Makes calibration.json: scores and outcomes, and what scikit-learn's calibrators make of them.

Run from this directory with scikit-learn 1.9.1 installed: python calibration.py
"""

import json

import numpy as np
import sklearn
from sklearn.calibration import _SigmoidCalibration
from sklearn.isotonic import IsotonicRegression

rng = np.random.default_rng(7)
x = np.round(rng.normal(size=200) * 2, 1)
y = (rng.random(200) < 1 / (1 + np.exp(-(0.5 * x - 0.7)))).astype(int)
weights = np.round(rng.random(200) + 0.5, 2)


def case(weight):
    sigmoid = _SigmoidCalibration().fit(x, y, sample_weight=weight)
    isotonic = IsotonicRegression(out_of_bounds="clip").fit(x, y, sample_weight=weight)
    return {"slope": -sigmoid.a_, "intercept": -sigmoid.b_, "isotonic": isotonic.predict(x).tolist()}


with open("calibration.json", "w") as file:
    result = {"version": sklearn.__version__, "x": x.tolist(), "y": y.tolist(), "weights": weights.tolist()}
    json.dump({**result, "plain": case(None), "weighted": case(weights)}, file, separators=(",", ":"))
    file.write("\n")
