"""Scores one shard of the numbers in INPUT_DIR: each SHARD_COUNT-th one, from SHARD_INDEX on.

The result is a file of the shard's own, which appears in one step, so that none is ever half there. Shard 2 fails at
its first attempt, as if its node had been short of something.
"""

import json
import os
from pathlib import Path

shard, count = int(os.environ["SHARD_INDEX"]), int(os.environ["SHARD_COUNT"])
output = Path(os.environ["OUTPUT_DIR"])
model = json.loads((Path(os.environ["MODEL_DIR"]) / "model.json").read_text())

with (output / f"attempts-{shard}.txt").open("a") as attempts:
    attempts.write("attempt\n")
    first_attempt = attempts.tell() == len("attempt\n")
if shard == 2 and first_attempt:
    raise SystemExit("shard 2 is out of luck at its first attempt")

numbers = [int(line) for line in (Path(os.environ["INPUT_DIR"]) / "numbers.txt").open()][shard::count]
unfinished = output / f".shard-{shard}.csv"
unfinished.write_text("".join(f"{n},{model['slope'] * n + model['intercept']}\n" for n in numbers))
unfinished.rename(output / f"shard-{shard}.csv")
print(f"shard {shard} of {count}: {len(numbers)} numbers")
