"""Trains a model of the cost of claims, and writes the open claims that it is to score beside it."""

import os
from pathlib import Path

import joblib
import pandas as pd
from sklearn.linear_model import LinearRegression

settled = pd.DataFrame({"days": [1, 5, 10, 20], "cost": [130, 250, 400, 700]})
model = LinearRegression().fit(settled[["days"]], settled["cost"])
claims = pd.DataFrame({"claim": range(1000, 1100), "days": range(100)})

model_dir = Path(os.environ["MODEL_DIR"])
joblib.dump(model, model_dir / "model.joblib")
claims.to_csv(model_dir / "claims.csv", index=False)
