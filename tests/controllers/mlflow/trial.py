"""A trial that records itself, as docs/sweep.md says, with more than the metric that the sweep looks at."""

import json
import os
from pathlib import Path

import mlflow

parameters = json.loads(Path(os.environ["TRIAL_FILE"]).read_text())
# Whichever trial comes first makes the experiment; start_run alone fails where another one was faster.
mlflow.set_experiment(os.environ["MLFLOW_EXPERIMENT_NAME"])
with mlflow.start_run(run_name=os.environ["TRIAL_NAME"]):
    mlflow.log_params(parameters)
    for step in range(3):
        mlflow.log_metric("loss", parameters["x"] ** 2 / (step + 1), step=step)
Path(os.environ["RESULT_FILE"]).write_text(json.dumps({"loss": parameters["x"] ** 2 / 3}))
