"""Serves the model that train.py wrote to MODEL_DIR."""

import json
import os
from pathlib import Path
from typing import Annotated

import joblib
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel, Field

model_dir = Path(os.environ["MODEL_DIR"])
model = joblib.load(model_dir / "model.joblib")
metrics = json.loads((model_dir / "metrics.json").read_text())

app = FastAPI(title="Wine classifier")


class Wine(BaseModel):
    features: list[Annotated[float, Field(ge=0, le=10_000)]] = Field(min_length=13, max_length=13)


@app.get("/healthz")
def healthz():
    return {"status": "ok"}


@app.get("/model")
def describe():
    return {"model": os.environ["MODEL_URI"], **metrics}


@app.post("/predict")
def predict(wine: Wine):
    probabilities = model.predict_proba([wine.features])[0]
    best = probabilities.argmax()
    return {
        "grower": model.classes_[best],
        "probability": round(probabilities[best], 4),
        "model": os.environ["MODEL_URI"],
    }


if __name__ == "__main__":
    # One request a connection: requests are spread over all pods, and a pod that stops cuts no connection in use.
    headers = [("Connection", "close")]
    uvicorn.run(app, host="0.0.0.0", port=int(os.environ.get("PORT", "8080")), headers=headers)
