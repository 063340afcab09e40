import { recordTrials } from "./trial-records-program";

/** Returns the program that compares the results of the trials and optionally records them. It needs only Python. */
export const buildBestTrialProgram = ({ record }: { record: boolean }): string =>
    [compare, ...(record ? [recordTrials] : []), report].join("");

const compare = `
import json, math, os, sys

metric, sign = os.environ["METRIC"], 1 if os.environ["GOAL"] == "maximize" else -1
values, errors = {}, []
for part in filter(None, os.environ["TRIALS"].split(",")):
    first, _, last = part.partition("-")
    for trial in range(int(first), int(last or first) + 1):
        try:
            with open(f"/results/{trial}/result.json") as file:
                value = float(json.load(file)[metric])
            if not math.isfinite(value):
                raise ValueError(f"{metric} is {value}")
            values[trial] = value
        except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
            errors.append(f"trial {trial}: {error!r}")
            print(errors[-1], file=sys.stderr)
best = max(values, key=lambda trial: (sign * values[trial], -trial)) if values else None
unrecorded = {}
`.trimStart();

const report = `
with open("/dev/termination-log", "w") as file:
    if best is None:
        message = "; ".join([f"no trial has written {metric} to its RESULT_FILE", *errors[:1]])
        file.write(message)
        sys.exit(message)
    json.dump({"trial": best, "value": values[best], **unrecorded}, file)
`.trimStart();
