import json
import os
from datetime import datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import onnxruntime
from fastapi import FastAPI, HTTPException

bundle = Path(os.environ["BUNDLE"])
manifest = json.loads((bundle / "manifest.json").read_text(encoding="utf-8"))
session = onnxruntime.InferenceSession(bundle / "model.onnx", providers=["CPUExecutionProvider"])
app = FastAPI(title=manifest["name"])
DTYPES = {"string": object, "int64": np.int64, "float32": np.float32, "float64": np.float64}
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
MISSING = {"string": "", "int64": np.iinfo(np.int64).min}


def microseconds(text):
    moment = datetime.fromisoformat(text)
    return (moment.replace(tzinfo=moment.tzinfo or timezone.utc) - EPOCH) // timedelta(microseconds=1)


def tensor(rows, item):
    """One input of the model, shape [N, 1]."""
    values = [row[item["name"]] for row in rows]
    if item["column"] in ("date", "timestamp"):
        values = [None if value is None else microseconds(value) for value in values]
    missing = MISSING.get(item["tensor"], np.nan)
    filled = [missing if value is None else value for value in values]
    return np.array(filled, dtype=DTYPES[item["tensor"]]).reshape(-1, 1)


@app.post("/predict")
def predict(rows: list[dict]):
    try:
        feed = {item["name"]: tensor(rows, item) for item in manifest["signature"]["inputs"]}
    except (KeyError, TypeError, ValueError) as error:
        raise HTTPException(422, f"{type(error).__name__}: {error}")
    names = [output.name for output in session.get_outputs()]
    outputs = dict(zip(names, session.run(names, feed)))
    if not manifest["classes"]:
        return [{"prediction": value} for value in outputs["prediction"].reshape(-1).tolist()]
    scores = [dict(zip(manifest["classes"], row)) for row in outputs["probabilities"].tolist()]
    return [{"label": label, "probabilities": row} for label, row in zip(outputs["label"].tolist(), scores)]
