"""scikit-learn's bundled sets in five folds, and what HistGradientBoosting reaches on them with its defaults.

usage: sklearn-sets.py DIRECTORY
Writes NAME-x.npy (float32), NAME-y.npy and NAME-fold.npy (int32; y is float32 for a regression) for each set, and prints one
JSON line: by set its task, its classes and the score of each fold (log loss and accuracy, or root mean squared error).
"""

import json
import sys

import numpy as np
import sklearn
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_wine
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.metrics import accuracy_score, log_loss, root_mean_squared_error
from sklearn.model_selection import KFold, StratifiedKFold

directory = sys.argv[1]
sets = {"breast_cancer": load_breast_cancer, "wine": load_wine, "digits": load_digits, "diabetes": load_diabetes}
result = {"version": sklearn.__version__, "sets": {}}
for name, load in sets.items():
    x, y = load(return_X_y=True)
    x = x.astype(np.float32)
    regression = name == "diabetes"
    splitter = (KFold if regression else StratifiedKFold)(5, shuffle=True, random_state=0)
    fold = np.zeros(len(y), dtype=np.int32)
    scores = []
    for index, (train, test) in enumerate(splitter.split(x, y)):
        fold[test] = index
        if regression:
            model = HistGradientBoostingRegressor(random_state=0).fit(x[train], y[train])
            scores.append({"rmse": root_mean_squared_error(y[test], model.predict(x[test]))})
        else:
            model = HistGradientBoostingClassifier(random_state=0).fit(x[train], y[train])
            predicted = model.predict_proba(x[test])
            scores.append(
                {"log_loss": log_loss(y[test], predicted), "accuracy": accuracy_score(y[test], predicted.argmax(axis=1))}
            )
    np.save(f"{directory}/{name}-x.npy", np.asfortranarray(x))
    np.save(f"{directory}/{name}-y.npy", y.astype(np.float32 if regression else np.int32))
    np.save(f"{directory}/{name}-fold.npy", fold)
    task = "regression" if regression else "binary" if y.max() == 1 else "multiclass"
    result["sets"][name] = {"task": task, "classes": 0 if regression else int(y.max()) + 1, "scores": scores}
print(json.dumps(result))
