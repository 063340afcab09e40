"""A trial of the tests: keeps what it was given, and prints its loss, an expression in the names of its parameters."""
import json
import os
import sys
import time

# Katib's collector is started after the trial, and must find it at work.
time.sleep(5)
with open(os.environ["TRIAL_FILE"]) as file:
    parameters = json.load(file)
names = ["HOME", "TRIAL_FILE", "TRIAL_NAME", "MODEL_DIR", "MODEL_URI", "RESULT_FILE", "TOKEN", "EMPTY"]
given = {"parameters": parameters, "words": sys.argv[1:], "env": {name: os.environ.get(name) for name in names}}
with open(f"{os.environ['MODEL_DIR']}/given.json", "w") as file:
    json.dump(given, file)

print('the "first-loss=-1" is another metric,', "and loss=nan is no number; it's $HOME \\")
print(f"loss={eval(sys.argv[1], {}, parameters)}")
