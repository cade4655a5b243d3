"""Writes models that other tools make, with what they predict, for the session to recognise and run.

    pip install scikit-learn skl2onnx pandas && python foreign.py

Files: columns.onnx (a ColumnTransformer: one input a column), matrix.onnx (one [N, F] input, classes that are numbers),
zipmap.onnx (probabilities as a list of maps), regressor.onnx, and foreign.json with rows and predictions.
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType, StringTensorType
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier


here = Path(__file__).parent
rng = np.random.default_rng(3)
rows = 40
frame = pd.DataFrame(
    {
        "size": rng.normal(5, 2, rows).astype(np.float32),
        "age": rng.integers(1, 60, rows).astype(np.float32),
        "city": rng.choice(["Oslo", "Rome", "Bonn"], rows),
    }
)
signal = frame["size"] - 5 + 0.05 * frame["age"] + (frame["city"] == "Rome")
kind = np.where(signal > 2.5, "high", np.where(signal > 0.8, "mid", "low"))
numbers = frame[["size", "age"]].to_numpy()
plain = {"zipmap": False}

columns = make_pipeline(
    ColumnTransformer([("scaled", StandardScaler(), ["size", "age"]), ("one_hot", OneHotEncoder(), ["city"])]),
    LogisticRegression(),
).fit(frame, kind)
types = [("size", FloatTensorType([None, 1])), ("age", FloatTensorType([None, 1])), ("city", StringTensorType([None, 1]))]
matrix = DecisionTreeClassifier(max_depth=3, random_state=0).fit(numbers, (signal > 1).astype(int))
regressor = LinearRegression().fit(numbers, signal)

models = {
    "columns": to_onnx(columns, initial_types=types, options={id(columns): plain}, target_opset=18),
    "matrix": to_onnx(matrix, numbers[:1], options={id(matrix): plain}, target_opset=18),
    "zipmap": to_onnx(matrix, numbers[:1], target_opset=18),
    "regressor": to_onnx(regressor, numbers[:1], target_opset=18),
}
for name, model in models.items():
    (here / f"{name}.onnx").write_bytes(model.SerializeToString())
golden = {
    "size": frame["size"].astype(float).tolist(),
    "age": frame["age"].astype(float).tolist(),
    "city": frame["city"].tolist(),
    "columns": columns.predict_proba(frame).ravel().tolist(),
    "matrix": matrix.predict_proba(numbers).ravel().tolist(),
    "regressor": regressor.predict(numbers).astype(float).tolist(),
}
(here / "foreign.json").write_text(json.dumps(golden) + "\n")
