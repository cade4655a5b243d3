/** The module's name says its edition: in one process Python imports a name once, whatever model it came with. */
export const LOADER_MODULE = 'mlops_actions_model_1';

/**
 * What `mlflow.pyfunc` runs our bundles with. MLflow's own loader of ONNX hands every column on as it is, in one
 * dimension; this one fills tensors as the bundle's signature says: what stands for a missing value, times as microseconds.
 * Its answers have the form of our own server's, so that `mlflow models serve` and that one can take each other's place.
 */
export const LOADER_SOURCE = `"""Runs a model of mlops-actions: raw columns in, predictions out."""

import json
import os

import numpy as np
import onnxruntime
import pandas as pd

MISSING_INTEGER = np.iinfo(np.int64).min
DTYPES = {"int64": np.int64, "int32": np.int32, "float32": np.float32, "float64": np.float64, "bool": np.bool_}


def column_values(values, name, kind, tensor):
    """A column of a data frame as the model's input takes it; None, NaN and NaT are missing."""
    missing = values.isna().to_numpy(dtype=bool)
    present = values[~missing]
    if tensor == "string":
        filled = np.full(len(values), "", dtype=object)
        filled[~missing] = [str(value) for value in present]
        return filled
    if kind in ("date", "timestamp"):
        moments = pd.DatetimeIndex(pd.to_datetime(present, utc=True)).tz_localize(None)
        numbers = moments.to_numpy(dtype="datetime64[us]").astype(np.int64)
    else:
        numbers = pd.to_numeric(present).to_numpy()
    dtype = DTYPES[tensor]
    if np.issubdtype(dtype, np.integer) and not np.array_equal(numbers, np.floor(numbers.astype(np.float64))):
        raise ValueError(f"column {name} takes whole numbers")
    if missing.any() and tensor in ("int32", "bool"):
        raise ValueError(f"column {name} takes no missing values")
    filler = np.nan if np.issubdtype(dtype, np.floating) else MISSING_INTEGER if tensor == "int64" else 0
    filled = np.full(len(values), filler, dtype=dtype)
    filled[~missing] = numbers.astype(dtype)
    return filled


class Model:
    def __init__(self, folder):
        with open(os.path.join(folder, "manifest.json"), encoding="utf-8") as file:
            manifest = json.load(file)
        self.classes = manifest["classes"]
        self.inputs = {item["name"]: item for item in manifest["signature"]["inputs"]}
        model = os.path.join(folder, "model.onnx")
        self.session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])

    def predict(self, model_input, params=None):
        feed = {}
        for value in self.session.get_inputs():
            item = self.inputs[value.name]
            filled = column_values(model_input[value.name], value.name, item["column"], item["tensor"])
            feed[value.name] = filled.reshape(-1, 1) if len(value.shape) == 2 else filled
        names = [value.name for value in self.session.get_outputs()]
        outputs = dict(zip(names, self.session.run(names, feed)))
        if not self.classes:
            return outputs["prediction"].reshape(-1)
        scores = [dict(zip(self.classes, row)) for row in outputs["probabilities"].tolist()]
        labels = outputs["label"].reshape(-1)
        return pd.DataFrame({"label": labels, "probabilities": scores}, index=model_input.index)


def _load_pyfunc(path):
    return Model(path)
`;
