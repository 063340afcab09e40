"""Trains a classifier that tells from 13 measurements which of three growers made a wine.

The data set ships with scikit-learn, so nothing is downloaded. Three of four wines are trained on, the rest is held
out to measure the accuracy. MODEL_DIR is the folder that the result is written to, MODEL_URI its address:

    model.joblib    the trained model
    metrics.json    what is known about it: the run, the accuracy, one held-out wine as an example
"""

import json
import os
from pathlib import Path

import joblib
from sklearn.datasets import load_wine
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split

TREES = 5

wine = load_wine()
train_x, test_x, train_y, test_y = train_test_split(
    wine.data, wine.target, test_size=0.25, stratify=wine.target, random_state=1
)

model = RandomForestClassifier(n_estimators=TREES, random_state=0).fit(train_x, train_y)
accuracy = float(model.score(test_x, test_y))
print(f"trained {TREES} trees on {len(train_x)} wines: accuracy {accuracy:.3f} on {len(test_x)} held-out wines")

model_dir = Path(os.environ["MODEL_DIR"])
saved = {"model": model, "features": wine.feature_names, "classes": wine.target_names.tolist()}
joblib.dump(saved, model_dir / "model.joblib")
metrics = {
    "run": os.environ.get("MODEL_URI", "by-hand").split("/")[-1],  # its address ends with the run's name
    "accuracy": round(accuracy, 4),
    "trained_on": len(train_x),
    "held_out": len(test_x),
    "example": {"features": test_x[0].tolist(), "answer": str(wine.target_names[test_y[0]])},
}
(model_dir / "metrics.json").write_text(json.dumps(metrics, indent=2) + "\n")
print(f"wrote {model_dir / 'model.joblib'} and {model_dir / 'metrics.json'}")
