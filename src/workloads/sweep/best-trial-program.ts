import { recordTrials } from "./trial-records-program";

/** The program that compares the results of the trials, and may record them: it needs nothing but Python itself. */
export const bestTrialProgram = ({ record }: { record: boolean }): string =>
    [compare, ...(record ? [recordTrials] : []), tell].join("");

const compare = `
import json, math, os, sys

metric, sign = os.environ["METRIC"], 1 if os.environ["GOAL"] == "maximize" else -1
values, wrong = {}, []
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
            wrong.append(f"trial {trial}: {error!r}")
            print(wrong[-1], file=sys.stderr)
best = max(values, key=lambda trial: (sign * values[trial], -trial)) if values else None
unrecorded = {}
`.trimStart();

const tell = `
with open("/dev/termination-log", "w") as file:
    if best is None:
        message = "; ".join([f"no trial has written {metric} to its RESULT_FILE", *wrong[:1]])
        file.write(message)
        sys.exit(message)
    json.dump({"trial": best, "value": values[best], **unrecorded}, file)
`.trimStart();
