"""Writes encoders.json: what scikit-learn's encoders give on small data, for the transforms to reproduce.

    pip install scikit-learn && python encoders.py

TargetEncoder(smooth="auto") for a number, two classes and three; TfidfVectorizer(norm=None) with words cut at everything
but letters and digits; the hash of HashingVectorizer.
"""

import json
from pathlib import Path

import numpy as np
import sklearn
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.preprocessing import TargetEncoder
from sklearn.utils import murmurhash3_32

rng = np.random.default_rng(11)
rows = 120
level = rng.choice(["a", "b", "c", "d"], rows, p=[0.4, 0.3, 0.2, 0.1])
lift = np.array([{"a": 0.0, "b": 1.5, "c": -1.0, "d": 0.4}[name] for name in level])
number = np.round(50 + 10 * lift + rng.normal(0, 12, rows), 3)
two = (lift + rng.normal(0, 1, rows) > 0.5).astype(int)
three = np.digitize(lift + rng.normal(0, 1, rows), [-0.5, 0.8])

targets = {}
for name, kind, target in [
    ("number", "continuous", number),
    ("two", "binary", two),
    ("three", "multiclass", three),
]:
    encoder = TargetEncoder(smooth="auto", target_type=kind).fit(level.reshape(-1, 1), target)
    asked = encoder.transform(np.array([["a"], ["b"], ["c"], ["d"]]))
    targets[name] = {"target": target.tolist(), "encoded": asked.tolist()}

texts = [
    "Late again, and LATE tomorrow",
    "on time",
    "late: the crew was late",
    "again on time; again",
    "nothing",
    "Straße closed, time lost",
]
vectorizer = TfidfVectorizer(norm=None, token_pattern=r"(?u)[^\W_]+", max_features=None)
matrix = vectorizer.fit_transform(texts).toarray()
words = vectorizer.get_feature_names_out().tolist()

hashed = ["", "a", "late", "Straße", "第三", "x" * 67]

Path(__file__).with_name("encoders.json").write_text(
    json.dumps(
        {
            "scikit-learn": sklearn.__version__,
            "levels": level.tolist(),
            "targets": targets,
            "texts": texts,
            "tfidf": {word: matrix[:, index].tolist() for index, word in enumerate(words)},
            "murmurhash3_32": {text: int(murmurhash3_32(text, seed=0, positive=True)) for text in hashed},
        },
        ensure_ascii=False,
    )
    + "\n",
    encoding="utf-8",
)
