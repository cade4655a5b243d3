"""A small network in PyTorch. Means for missing values and the scaling are part of it, so the graph takes numbers as they are."""

import csv
import inspect
import json
import os
from pathlib import Path

import torch
from torch import nn

features = json.loads(os.environ["MLOPS_FEATURES"])
target = os.environ["MLOPS_TARGET"]
params = json.loads(Path(os.environ["MLOPS_PARAMS"]).read_text())
output = Path(os.environ["MLOPS_OUTPUT"])
torch.manual_seed(int(os.environ["MLOPS_SEED"]))
torch.set_num_threads(1)


def read(variable):
    """Features [N, F] and target [N, 1]; an empty field is a missing number."""
    with open(os.environ[variable], newline="") as file:
        rows = list(csv.DictReader(file))
    numbers = [[float(row[name] or "nan") for name in [*features, target]] for row in rows]
    table = torch.tensor(numbers)
    return table[:, :-1], table[:, -1:]


class Network(nn.Module):
    """From raw numbers to the target in its own unit."""

    def __init__(self, x, y, hidden):
        super().__init__()
        known = ~torch.isnan(x)
        filled = torch.where(known, x, torch.zeros(()))
        mean = filled.sum(0) / known.sum(0)
        spread = torch.where(known, x - mean, torch.zeros(())).square().sum(0).div(known.sum(0)).sqrt()
        self.register_buffer("mean", mean)
        self.register_buffer("spread", spread)
        self.register_buffer("middle", y.mean())
        self.register_buffer("scale", y.std())
        self.layers = nn.Sequential(nn.Linear(x.shape[1], hidden), nn.ReLU(), nn.Linear(hidden, 1))

    def forward(self, x):
        known = torch.where(torch.isnan(x), self.mean, x)
        return self.layers((known - self.mean) / self.spread) * self.scale + self.middle


x, y = read("MLOPS_TRAIN")
validation_x, validation_y = read("MLOPS_VALIDATION")
model = Network(x, y, params["hidden"])
optimizer = torch.optim.Adam(model.parameters(), lr=params["learning_rate"], weight_decay=1e-4)
for epoch in range(1, params["epochs"] + 1):
    optimizer.zero_grad()
    nn.functional.mse_loss(model(x), y).backward()
    optimizer.step()
    if epoch % 20 == 0:
        with torch.no_grad():
            rmse = nn.functional.mse_loss(model(validation_x), validation_y).sqrt().item()
        with open(output / "progress.ndjson", "a") as file:
            file.write(json.dumps({"step": epoch, "rmse": rmse}) + "\n")
print(f"{len(x)} rows, {rmse:.1f} off on {len(validation_x)} validation rows")

# Newer versions have a second exporter, which needs packages of its own; this one is in all of them.
exporter = {"dynamo": False} if "dynamo" in inspect.signature(torch.onnx.export).parameters else {}
torch.onnx.export(
    model.eval(),
    (x[:1],),
    str(output / "model.onnx"),
    input_names=["features"],
    output_names=["prediction"],
    dynamic_axes={"features": {0: "N"}, "prediction": {0: "N"}},
    opset_version=15,
    **exporter,
)
