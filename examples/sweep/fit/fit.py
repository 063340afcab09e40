"""Fits a polynomial to a few noisy points of a known curve, and tells how well it does on points it has not seen.

TRIAL_FILE holds the parameters of this trial: the degree of the polynomial, and how much large coefficients are
punished (ridge). RESULT_FILE is written last, as what stands there counts once the trial has succeeded.
"""

import json
import os
import random
from pathlib import Path


def curve(x):
    return 2 * x**3 - x


def noisy_points(count, seed):
    draw = random.Random(seed)
    return [(x, curve(x) + draw.gauss(0, 0.05)) for x in (draw.uniform(-1, 1) for _ in range(count))]


def fit(points, degree, ridge):
    """The coefficients that solve (X'X + ridge) c = X'y, by elimination."""
    size = degree + 1
    rows = [[sum(x ** (i + j) for x, _ in points) + ridge * (i == j) for j in range(size)] for i in range(size)]
    right = [sum(y * x**i for x, y in points) for i in range(size)]
    for column in range(size):
        pivot = max(range(column, size), key=lambda row: abs(rows[row][column]))
        if abs(rows[pivot][column]) < 1e-12:
            raise ArithmeticError(f"{len(points)} points do not determine a polynomial of degree {degree}: raise ridge")
        rows[column], rows[pivot] = rows[pivot], rows[column]
        right[column], right[pivot] = right[pivot], right[column]
        for row in range(column + 1, size):
            factor = rows[row][column] / rows[column][column]
            rows[row] = [a - factor * b for a, b in zip(rows[row], rows[column])]
            right[row] -= factor * right[column]
    solution = [0.0] * size
    for row in reversed(range(size)):
        rest = sum(rows[row][column] * solution[column] for column in range(row + 1, size))
        solution[row] = (right[row] - rest) / rows[row][row]
    return solution


parameters = json.loads(Path(os.environ["TRIAL_FILE"]).read_text())
coefficients = fit(noisy_points(12, seed=1), parameters["degree"], parameters["ridge"])
held_out = noisy_points(200, seed=2)
errors = [(sum(c * x**i for i, c in enumerate(coefficients)) - y) ** 2 for x, y in held_out]
error = sum(errors) / len(errors)
print(f"{parameters}: error={error:.5f}")
(Path(os.environ["MODEL_DIR"]) / "model.json").write_text(json.dumps(coefficients))
Path(os.environ["RESULT_FILE"]).write_text(json.dumps({"error": error}))
