"""LightGBM, converted by onnxmltools as it comes: one input for all numbers, and a map of probabilities a row."""

import json
import os
from pathlib import Path

import lightgbm
import pandas as pd
from onnxmltools import convert_lightgbm
from onnxmltools.convert.common.data_types import FloatTensorType

features = json.loads(os.environ["MLOPS_FEATURES"])
target = os.environ["MLOPS_TARGET"]
params = json.loads(Path(os.environ["MLOPS_PARAMS"]).read_text())
output = Path(os.environ["MLOPS_OUTPUT"])

train = pd.read_parquet(os.environ["MLOPS_TRAIN"])
validation = pd.read_parquet(os.environ["MLOPS_VALIDATION"])


def report(environment):
    """A line a round, which becomes the learning curve of the summary."""
    values = {name: value for _, name, value, _ in environment.evaluation_result_list}
    with open(output / "progress.ndjson", "a") as file:
        file.write(json.dumps({"step": environment.iteration + 1, "log_loss": values["binary_logloss"]}) + "\n")


model = lightgbm.LGBMClassifier(
    n_estimators=params.pop("num_iterations"), random_state=int(os.environ["MLOPS_SEED"]), n_jobs=1, verbose=-1, **params
)
# Classes by their index, the positive one last: the model may know them by name or by that.
classes = json.loads(os.environ["MLOPS_CLASSES"])
model.fit(
    train[features].to_numpy("float32"),
    train[target].map(classes.index).to_numpy(),
    eval_X=(validation[features].to_numpy("float32"),),
    eval_y=(validation[target].map(classes.index).to_numpy(),),
    callbacks=[report, lightgbm.early_stopping(20, verbose=False)],
)
print(f"{model.best_iteration_} trees on {len(train)} rows")

graph = convert_lightgbm(model, initial_types=[("features", FloatTensorType([None, len(features)]))], target_opset=15)
(output / "model.onnx").write_bytes(graph.SerializeToString())
