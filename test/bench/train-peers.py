"""Trains one peer on the benchmark's rows and prints its time and scores as one JSON line.

usage: train-peers.py PEER DIRECTORY THREADS PARAMS
PEER is lightgbm or hgb; DIRECTORY holds train-x.npy, train-y.npy, test-x.npy and test-y.npy; PARAMS is JSON with
rounds, learning_rate, num_leaves, max_bin and categorical (column indices).
The time covers binning and boosting, as ours does; reading the files and scoring the test rows are left out.
"""

import json
import sys
import time

import numpy as np
from sklearn.metrics import log_loss, roc_auc_score

peer, directory, threads, params = sys.argv[1], sys.argv[2], int(sys.argv[3]), json.loads(sys.argv[4])
train_x = np.load(f"{directory}/train-x.npy")
train_y = np.load(f"{directory}/train-y.npy")
test_x = np.load(f"{directory}/test-x.npy")
test_y = np.load(f"{directory}/test-y.npy")

if peer == "lightgbm":
    import lightgbm

    version = lightgbm.__version__
    started = time.perf_counter()
    data = lightgbm.Dataset(train_x, train_y, categorical_feature=params["categorical"], params={"max_bin": params["max_bin"], "num_threads": threads, "verbose": -1})
    booster = lightgbm.train(
        {
            "objective": "binary",
            "learning_rate": params["learning_rate"],
            "num_leaves": params["num_leaves"],
            "max_bin": params["max_bin"],
            "num_threads": threads,
            "verbose": -1,
        },
        data,
        num_boost_round=params["rounds"],
    )
    seconds = time.perf_counter() - started
    scores = booster.predict(test_x)
else:
    import sklearn
    from sklearn.ensemble import HistGradientBoostingClassifier
    from threadpoolctl import threadpool_limits

    version = sklearn.__version__
    model = HistGradientBoostingClassifier(
        max_iter=params["rounds"],
        learning_rate=params["learning_rate"],
        max_leaf_nodes=params["num_leaves"],
        max_bins=params["max_bin"],
        categorical_features=params["categorical"],
        early_stopping=False,
        random_state=0,
    )
    with threadpool_limits(threads):
        started = time.perf_counter()
        model.fit(train_x, train_y)
        seconds = time.perf_counter() - started
    scores = model.predict_proba(test_x)[:, 1]

print(json.dumps({"version": version, "seconds": seconds, "auc": roc_auc_score(test_y, scores), "log_loss": log_loss(test_y, scores)}))
