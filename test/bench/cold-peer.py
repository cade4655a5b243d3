"""What a Python job does for the flights of test/projects/flights: check, split by time, train, export, evaluate."""

import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import pandas as pd
from lightgbm import LGBMClassifier, early_stopping
from onnxmltools.convert.lightgbm.operator_converters.LightGbm import convert_lightgbm
from skl2onnx import to_onnx, update_registered_converter
from skl2onnx.common.data_types import FloatTensorType, StringTensorType
from skl2onnx.common.shape_calculator import calculate_linear_classifier_output_shapes
from sklearn.compose import ColumnTransformer
from sklearn.metrics import accuracy_score, brier_score_loss, log_loss, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder

rows = pd.read_parquet(sys.argv[1])
assert len(rows) >= 100_000 and rows[["date", "delay"]].notna().all().all()
assert rows["distance"].between(1, 5000).all()
assert rows["origin"].str.fullmatch("[A-Z]{3}").all() and rows["destination"].str.fullmatch("[A-Z]{3}").all()

rows = rows.sort_values("date", kind="stable")
late = (rows["delay"] > 15).to_numpy()
features = rows[["distance", "origin", "destination"]]
first, second = int(len(rows) * 0.7), int(len(rows) * 0.8)
train, validation, test = features[:first], features[first:second], features[second:]

texts = ["origin", "destination"]
encoder = ColumnTransformer(
    [("texts", OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1), texts)], remainder="passthrough"
)
booster = LGBMClassifier(num_leaves=31, n_estimators=60, learning_rate=0.1, random_state=42, verbose=-1)
encoded = encoder.fit_transform(train[texts + ["distance"]])
booster.fit(
    encoded,
    late[:first],
    eval_set=[(encoder.transform(validation[texts + ["distance"]]), late[first:second])],
    callbacks=[early_stopping(50, verbose=False)],
)

update_registered_converter(
    LGBMClassifier,
    "LightGbmLGBMClassifier",
    calculate_linear_classifier_output_shapes,
    convert_lightgbm,
    options={"zipmap": [True, False], "nocl": [True, False]},
)
model = make_pipeline(encoder, booster)
inputs = [(name, StringTensorType([None, 1])) for name in texts] + [("distance", FloatTensorType([None, 1]))]
graph = to_onnx(model, initial_types=inputs, options={id(booster): {"zipmap": False}}, target_opset={"": 15, "ai.onnx.ml": 3})
file = Path(sys.argv[2]) / "model.onnx"
file.write_bytes(graph.SerializeToString())

session = onnxruntime.InferenceSession(str(file))
feeds = {name: test[[name]].to_numpy(object) for name in texts} | {"distance": test[["distance"]].to_numpy(np.float32)}
scores = session.run(None, feeds)[1][:, 1]
truth = late[second:]
print(
    json.dumps(
        {
            "auc": roc_auc_score(truth, scores),
            "log_loss": log_loss(truth, scores),
            "brier": brier_score_loss(truth, scores),
            "accuracy": accuracy_score(truth, scores > 0.5),
        }
    )
)
