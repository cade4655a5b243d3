"""A scikit-learn Pipeline, encoders and all, converted to ONNX as a whole: one input a raw column."""

import json
import os
from pathlib import Path

import pandas as pd
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType, StringTensorType
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

features = json.loads(os.environ["MLOPS_FEATURES"])
target = os.environ["MLOPS_TARGET"]
params = json.loads(Path(os.environ["MLOPS_PARAMS"]).read_text())
output = Path(os.environ["MLOPS_OUTPUT"])

train = pd.read_parquet(os.environ["MLOPS_TRAIN"])
validation = pd.read_parquet(os.environ["MLOPS_VALIDATION"])
texts = [name for name in features if not pd.api.types.is_numeric_dtype(train[name])]
numbers = [name for name in features if name not in texts]
train[texts] = train[texts].astype(object)
validation[texts] = validation[texts].astype(object)

model = make_pipeline(
    ColumnTransformer(
        [
            ("numbers", make_pipeline(SimpleImputer(), StandardScaler()), numbers),
            ("texts", OneHotEncoder(handle_unknown="ignore", sparse_output=False), texts),
        ]
    ),
    LogisticRegression(C=params["C"], random_state=int(os.environ["MLOPS_SEED"]), max_iter=1000),
)
model.fit(train[features], train[target].astype(object))
accuracy = model.score(validation[features], validation[target].astype(object))
print(f"{len(train)} rows, accuracy {accuracy:.3f} on {len(validation)} validation rows")

inputs = [(name, StringTensorType([None, 1]) if name in texts else FloatTensorType([None, 1])) for name in features]
graph = to_onnx(model, initial_types=inputs, target_opset={"": 18, "ai.onnx.ml": 3})
(output / "model.onnx").write_bytes(graph.SerializeToString())
(output / "metrics.json").write_text(json.dumps({"validation_accuracy": accuracy}))
