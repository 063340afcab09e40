"""Serves a classifier of handwritten digits. It is fitted at startup, in place of a model that would be loaded."""

import os
import socket
from typing import Annotated

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel, Field
from sklearn.datasets import load_digits
from sklearn.neighbors import KNeighborsClassifier

digits = load_digits()
model = KNeighborsClassifier().fit(digits.data, digits.target)

app = FastAPI(title="Digits")


class Images(BaseModel):
    images: list[Annotated[list[float], Field(min_length=64, max_length=64)]] = Field(min_length=1, max_length=100)


@app.get("/healthz")
def healthz():
    return {"status": "ok"}


@app.get("/warmup")
def warmup():
    return {"digits": model.predict(digits.data[:1]).tolist()}


@app.post("/predict")
def predict(batch: Images):
    return {"digits": model.predict(batch.images).tolist(), "pod": socket.gethostname()}


if __name__ == "__main__":
    # One request a connection: requests are spread over all pods, and a pod that stops cuts no connection in use.
    headers = [("Connection", "close")]
    uvicorn.run(app, host="0.0.0.0", port=int(os.environ.get("PORT", "8080")), headers=headers)
