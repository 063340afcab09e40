"""Makes the numbers that are worked on, and the model that works on them, in MODEL_DIR."""

import json
import os
from pathlib import Path

directory = Path(os.environ["MODEL_DIR"])
(directory / "numbers.txt").write_text("".join(f"{number}\n" for number in range(100)))
(directory / "model.json").write_text(json.dumps({"slope": 3, "intercept": 1}))
