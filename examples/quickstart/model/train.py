"""Trains a classifier of wines: which of three growers made a wine, by 13 measurements of it?

The data set comes with scikit-learn, so nothing is downloaded.
"""

import json
import os
from pathlib import Path

import joblib
from sklearn.datasets import load_wine
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import accuracy_score
from sklearn.model_selection import train_test_split

TREES = 5

wine = load_wine()
growers = wine.target_names[wine.target]
X_train, X_test, y_train, y_test = train_test_split(wine.data, growers, test_size=0.25, stratify=growers, random_state=1)

model = RandomForestClassifier(n_estimators=TREES, random_state=0)
model.fit(X_train, y_train)
accuracy = accuracy_score(y_test, model.predict(X_test))
print(f"accuracy {accuracy:.3f} on {len(X_test)} held-out wines")

# What is written to MODEL_DIR is the model that servers load.
model_dir = Path(os.environ["MODEL_DIR"])
joblib.dump(model, model_dir / "model.joblib")
metrics = {
    "accuracy": accuracy,
    "held_out": len(X_test),
    "example": {"features": X_test[0].tolist(), "grower": y_test[0]},
}
(model_dir / "metrics.json").write_text(json.dumps(metrics))
