"""Fits a polynomial to 12 noisy points of a curve, and measures its error on 200 others.

TRIAL_FILE holds the parameters of this trial, RESULT_FILE is where its metric goes.
"""

import json
import os
from pathlib import Path

import joblib
import numpy as np
from sklearn.linear_model import Ridge
from sklearn.metrics import mean_squared_error
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures


def sample(size, seed):
    rng = np.random.default_rng(seed)
    x = rng.uniform(-1, 1, size)
    y = 2 * x**3 - x + rng.normal(scale=0.05, size=size)
    return x.reshape(-1, 1), y


parameters = json.loads(Path(os.environ["TRIAL_FILE"]).read_text())
degree, ridge = parameters["degree"], parameters["ridge"]

X_train, y_train = sample(12, seed=1)
X_test, y_test = sample(200, seed=2)
if ridge == 0 and degree >= len(X_train):
    raise ValueError(f"{len(X_train)} points do not determine a polynomial of degree {degree}: set ridge")

model = make_pipeline(PolynomialFeatures(degree), Ridge(alpha=ridge))
model.fit(X_train, y_train)
error = mean_squared_error(y_test, model.predict(X_test))
print(f"{parameters}: error={error:.5f}")

joblib.dump(model, Path(os.environ["MODEL_DIR"]) / "model.joblib")
Path(os.environ["RESULT_FILE"]).write_text(json.dumps({"error": error}))
