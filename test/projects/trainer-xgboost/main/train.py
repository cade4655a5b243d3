"""XGBoost, converted by onnxmltools as it comes: one input for all numbers, classes by their index."""

import json
import os
from pathlib import Path

import pandas as pd
import xgboost
from onnxmltools import convert_xgboost
from onnxmltools.convert.common.data_types import FloatTensorType

features = json.loads(os.environ["MLOPS_FEATURES"])
target = os.environ["MLOPS_TARGET"]
classes = json.loads(os.environ["MLOPS_CLASSES"])
params = json.loads(Path(os.environ["MLOPS_PARAMS"]).read_text())
output = Path(os.environ["MLOPS_OUTPUT"])


def read(variable):
    rows = pd.read_parquet(os.environ[variable])
    return rows[features].to_numpy("float32"), rows[target].map(classes.index).to_numpy()


class Report(xgboost.callback.TrainingCallback):
    """A line a round, which becomes the learning curve of the summary."""

    def after_iteration(self, model, epoch, evals_log):
        loss = evals_log["validation_0"]["mlogloss"][-1]
        with open(output / "progress.ndjson", "a") as file:
            file.write(json.dumps({"step": epoch + 1, "log_loss": loss}) + "\n")
        return False


train, validation = read("MLOPS_TRAIN"), read("MLOPS_VALIDATION")
model = xgboost.XGBClassifier(
    n_estimators=params.pop("num_iterations"), random_state=int(os.environ["MLOPS_SEED"]), n_jobs=1, callbacks=[Report()], **params
)
model.fit(*train, eval_set=[validation], verbose=False)
print(f"{model.get_booster().num_boosted_rounds()} rounds on {len(train[0])} rows")

graph = convert_xgboost(model, initial_types=[("features", FloatTensorType([None, len(features)]))], target_opset=15)
(output / "model.onnx").write_bytes(graph.SerializeToString())
