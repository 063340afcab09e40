/**
 * The part of the program that records trials in a tracking server: parameters, metric, URI of the result, and which
 * one is the best. What a trial has recorded itself, under its TRIAL_NAME, is kept.
 * Source: https://mlflow.org/docs/latest/rest-api.html
 */
export const recordTrials = `
import base64, urllib.error, urllib.parse, urllib.request

def call(path, body=None):
    """Returns the response of MLflow; empty if the object does not exist, or exists already."""
    server = os.environ["MLFLOW_TRACKING_URI"].rstrip("/")
    request = urllib.request.Request(f"{server}/api/2.0/mlflow/{path}", body and json.dumps(body).encode())
    request.add_header("Content-Type", "application/json")
    user, token = os.environ.get("MLFLOW_TRACKING_USERNAME"), os.environ.get("MLFLOW_TRACKING_TOKEN")
    if user:
        login = f"{user}:{os.environ.get('MLFLOW_TRACKING_PASSWORD', '')}"
        request.add_header("Authorization", "Basic " + base64.b64encode(login.encode()).decode())
    elif token:
        request.add_header("Authorization", f"Bearer {token}")
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        message = error.read().decode(errors="replace")
        if "RESOURCE_DOES_NOT_EXIST" in message or "RESOURCE_ALREADY_EXISTS" in message:
            return {}
        raise RuntimeError(f"{path.partition('?')[0]}: HTTP status {error.code}: {message}")

def experiment():
    name = os.environ["MLFLOW_EXPERIMENT_NAME"]
    path = "experiments/get-by-name?" + urllib.parse.urlencode({"experiment_name": name})
    found = call(path)
    if not found:
        # Another sweep may have created it in the meantime, which is not an error.
        call("experiments/create", {"name": name})
        found = call(path)
    return found["experiment"]["experiment_id"]

def record():
    experiment_id = experiment()
    for trial in sorted(int(name[:-5]) for name in os.listdir("/trials") if name.endswith(".json")):
        place = f"/results/{trial}"
        if not os.path.isdir(place):
            continue  # It was never started.
        name, uri = f"{os.environ['RUN']}-{trial}", f"{os.environ['RUN_URI']}/{trial}"
        time = int(os.path.getmtime(place) * 1000)
        query = {"experiment_ids": [experiment_id], "filter": f"attributes.run_name = '{name}'", "max_results": 1}
        run = (call("runs/search", query).get("runs") or [None])[0]
        tags, params, metrics = {"kubernetes-mlops/model": uri}, {}, {}
        if not run:
            run = call("runs/create", {"experiment_id": experiment_id, "run_name": name, "start_time": time})["run"]
            with open(f"/trials/{trial}.json") as file:
                params = {key: value if isinstance(value, str) else json.dumps(value) for key, value in json.load(file).items()}
            call("runs/update", {
                "run_id": run["info"]["run_id"],
                "status": "FINISHED" if trial in values else "FAILED",
                "end_time": time,
            })
        if trial in values:
            tags["kubernetes-mlops/best"] = str(trial == best).lower()
            if metric not in [known["key"] for known in run.get("data", {}).get("metrics", [])]:
                metrics[metric] = values[trial]
        call("runs/log-batch", {
            "run_id": run["info"]["run_id"],
            "params": [{"key": key, "value": value} for key, value in params.items()],
            "metrics": [{"key": key, "value": value, "timestamp": time, "step": 0} for key, value in metrics.items()],
            "tags": [{"key": key, "value": value} for key, value in tags.items()],
        })

try:
    # Only trials use other schemes, such as "databricks".
    if os.environ["MLFLOW_TRACKING_URI"].startswith("http"):
        record()
except Exception as error:
    print(f"cannot record the trials in the tracking server: {error!r}", file=sys.stderr)
    unrecorded = {"unrecorded": str(error)[:300]}
`;
