"""What MLflow's own client sees of a registered model, as one line of JSON."""

import json
import logging
import sys
import warnings

warnings.filterwarnings("ignore")

import mlflow
import pandas as pd

logging.getLogger("mlflow").setLevel(logging.ERROR)


def main(tracking_uri, model, data):
    mlflow.set_tracking_uri(tracking_uri)
    client = mlflow.MlflowClient()
    experiment = mlflow.get_experiment_by_name(model)
    runs = client.search_runs([experiment.experiment_id], order_by=["attributes.start_time ASC"])
    versions = sorted(client.search_model_versions(f"name = '{model}'"), key=lambda version: int(version.version))
    uri = f"models:/{model}@production"
    loaded = mlflow.pyfunc.load_model(uri)
    graph = mlflow.onnx.load_model(uri)
    rows = pd.read_csv(data, dtype={"origin": "str"}, parse_dates=["departed", "day"])
    predicted = loaded.predict(rows[[item.name for item in loaded.metadata.signature.inputs]])
    return {
        "runs": [
            {
                "status": run.info.status,
                "name": run.info.run_name,
                "params": run.data.params,
                "metrics": run.data.metrics,
                "tags": run.data.tags,
            }
            for run in runs
        ],
        "versions": [
            {"version": version.version, "status": version.status, "tags": version.tags, "description": version.description, "run": version.run_id}
            for version in versions
        ],
        "aliases": client.get_registered_model(model).aliases,
        "description": client.get_registered_model(model).description,
        "inputs": loaded.metadata.signature.inputs.to_dict(),
        "outputs": loaded.metadata.signature.outputs.to_dict(),
        "graph": [value.name for value in graph.graph.input],
        "predictions": dict(zip(rows["id"].astype(str), predicted.values.tolist())),
        "columns": list(predicted.columns),
    }


print(json.dumps(main(*sys.argv[1:])))
