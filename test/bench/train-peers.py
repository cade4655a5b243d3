"""Trains one peer on the benchmark's rows and prints its time, memory and scores as one JSON line.

usage: train-peers.py PEER DIRECTORY THREADS PARAMS
PEER is lightgbm or hgb; DIRECTORY holds train-x.npy, train-y.npy, test-x.npy and test-y.npy; PARAMS is JSON with
rounds, learning_rate, num_leaves, max_bin, categorical (column indices) and seed.
Times cover binning and boosting, as ours do; reading the files and scoring the test rows are left out. Memory is the
largest of the whole process until the model is there.
"""

import json
import resource
import sys
import time

import numpy as np
from sklearn.metrics import log_loss, roc_auc_score

peer, directory, threads, params = sys.argv[1], sys.argv[2], int(sys.argv[3]), json.loads(sys.argv[4])
train_x = np.load(f"{directory}/train-x.npy")
train_y = np.load(f"{directory}/train-y.npy")
test_x = np.load(f"{directory}/test-x.npy")
test_y = np.load(f"{directory}/test-y.npy")


def peak_megabytes():
    """Linux keeps a parent's memory in ru_maxrss, so its own file is asked first."""
    try:
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM"))
    except (OSError, StopIteration):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def timed(train):
    wall, processor = time.perf_counter(), time.process_time()
    model = train()
    return model, time.perf_counter() - wall, time.process_time() - processor


if peer == "lightgbm":
    import lightgbm

    version = lightgbm.__version__
    shared = {"max_bin": params["max_bin"], "num_threads": threads, "seed": params["seed"], "verbose": -1}

    def train():
        data = lightgbm.Dataset(train_x, train_y, categorical_feature=params["categorical"], params=shared)
        return lightgbm.train(
            {"objective": "binary", "learning_rate": params["learning_rate"], "num_leaves": params["num_leaves"], **shared},
            data,
            num_boost_round=params["rounds"],
        )

    model, seconds, processor_seconds = timed(train)
    megabytes = peak_megabytes()
    scores = model.predict(test_x)
else:
    import sklearn
    from sklearn.ensemble import HistGradientBoostingClassifier
    from threadpoolctl import threadpool_limits

    version = sklearn.__version__
    classifier = HistGradientBoostingClassifier(
        max_iter=params["rounds"],
        learning_rate=params["learning_rate"],
        max_leaf_nodes=params["num_leaves"],
        max_bins=params["max_bin"],
        categorical_features=params["categorical"],
        early_stopping=False,
        random_state=params["seed"],
    )
    with threadpool_limits(threads):
        model, seconds, processor_seconds = timed(lambda: classifier.fit(train_x, train_y))
    megabytes = peak_megabytes()
    scores = model.predict_proba(test_x)[:, 1]

print(
    json.dumps(
        {
            "version": version,
            "seconds": seconds,
            "processor_seconds": processor_seconds,
            "megabytes": megabytes,
            "auc": roc_auc_score(test_y, scores),
            "log_loss": log_loss(test_y, scores),
        }
    )
)
