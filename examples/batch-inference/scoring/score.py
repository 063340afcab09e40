"""Scores one shard of the claims: every SHARD_COUNT-th one, beginning with number SHARD_INDEX."""

import os
from pathlib import Path

import joblib
import pandas as pd

shard, count = int(os.environ["SHARD_INDEX"]), int(os.environ["SHARD_COUNT"])
output_dir = Path(os.environ["OUTPUT_DIR"])

model = joblib.load(Path(os.environ["MODEL_DIR"]) / "model.joblib")
claims = pd.read_csv(Path(os.environ["INPUT_DIR"]) / "claims.csv")[shard::count]
claims["cost"] = model.predict(claims[["days"]]).round(2)

# Renamed when it is complete, so that no one reads half of it.
unfinished = output_dir / f".shard-{shard}.csv"
claims.to_csv(unfinished, index=False)
unfinished.rename(output_dir / f"shard-{shard}.csv")
print(f"shard {shard} of {count}: {len(claims)} claims")
