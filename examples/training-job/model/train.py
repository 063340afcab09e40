"""Fits a linear model to made-up data, on as many pods as there are.

Each process has its own part of the data and computes the gradient of it; the mean over all processes is the step that
all of them take, so that they hold the same weights. Rank 0 saves them to CHECKPOINT_DIR every few steps, and a run
that has lost a pod goes on from there. At the end it writes to MODEL_DIR:

    weights.npy     the weights
    metrics.json    what is known about them: the error, the number of processes, the step that the last start began at
"""

import json
import os
import signal
import sys
import time
import traceback
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
from jax.experimental import multihost_utils

STEPS = int(os.environ.get("STEPS", "200"))
PAUSE = float(os.environ.get("PAUSE", "0"))  # seconds between steps, to have time to watch
SAVE_EVERY = 5

processes, rank = int(os.environ["JAX_NUM_PROCESSES"]), int(os.environ["JAX_PROCESS_ID"])
checkpoint = Path(os.environ["CHECKPOINT_DIR"]) / "weights.npz"


def part_of_the_data(rank: int):
    """1000 points of y = 1 x0 + 2 x1 + 3 x2, with noise; other ones in each process."""
    random = np.random.default_rng(rank)
    x = random.normal(size=(1000, 3))
    return jnp.asarray(x), jnp.asarray(x @ np.array([1.0, 2.0, 3.0]) + random.normal(scale=0.1, size=1000))


def error(weights, x, y):
    return jnp.mean((x @ weights - y) ** 2)


def load():
    """The step and the weights to begin with."""
    if checkpoint.exists():
        saved = np.load(checkpoint)
        return int(saved["step"]), jnp.asarray(saved["weights"])
    return 0, jnp.zeros(3)


def save(step: int, weights):
    """Whole or not at all, as the pod may go away at any time."""
    unfinished = checkpoint.with_name("unfinished.npz")
    np.savez(unfinished, step=step, weights=np.asarray(weights))
    unfinished.replace(checkpoint)


def mean_over_processes(value):
    return jnp.mean(multihost_utils.process_allgather(value), axis=0)


def train():
    first, weights = load()
    # What rank 0 has found is where all begin.
    first, weights = (np.asarray(one) for one in multihost_utils.broadcast_one_to_all((first, weights)))
    print(f"process {rank} of {processes} begins at step {first}", flush=True)

    x, y = part_of_the_data(rank)
    gradient = jax.jit(jax.grad(error))
    for step in range(int(first), STEPS):
        weights = weights - 0.05 * mean_over_processes(gradient(weights, x, y))
        if rank == 0 and (step + 1) % SAVE_EVERY == 0:
            save(step + 1, weights)
            print(f"saved step {step + 1}: error {error(weights, x, y):.4f}", flush=True)
        time.sleep(PAUSE)

    final = float(mean_over_processes(error(weights, x, y)))
    if rank == 0:
        model_dir = Path(os.environ["MODEL_DIR"])
        np.save(model_dir / "weights.npy", np.asarray(weights))
        metrics = {"error": round(final, 4), "processes": processes, "begun_at_step": int(first)}
        (model_dir / "metrics.json").write_text(json.dumps(metrics) + "\n")
        print(f"wrote {model_dir / 'weights.npy'}: {metrics}", flush=True)


jax.config.update("jax_cpu_collectives_implementation", "gloo")
jax.config.update("jax_enable_preemption_service", False)
signal.signal(signal.SIGTERM, lambda *_: os._exit(143))  # a pod that is told to stop stops, and its peers notice
jax.distributed.initialize(num_processes=processes, process_id=rank, heartbeat_timeout_seconds=10)
try:
    train()
except Exception:
    # Another pod is gone. JAX would wait for it at the end; Kubernetes starts all of them anew.
    traceback.print_exc()
    sys.stderr.flush()
    os._exit(1)
