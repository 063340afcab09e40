"""Fits a linear model to random data with JAX, on as many pods as there are.

Each process computes the gradient on its own data, and the mean over all processes is the step that all take. Process
0 saves the weights to CHECKPOINT_DIR, from where the run resumes after a pod was lost.
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

STEPS = 200
PAUSE = 0  # seconds between steps, to watch it
SAVE_EVERY = 5
LEARNING_RATE = 0.05

processes, rank = int(os.environ["JAX_NUM_PROCESSES"]), int(os.environ["JAX_PROCESS_ID"])
checkpoint = Path(os.environ["CHECKPOINT_DIR"]) / "weights.npz"


def load_data():
    """1000 points of y = 1 x0 + 2 x1 + 3 x2 with noise, other points in each process."""
    rng = np.random.default_rng(seed=rank)
    x = rng.normal(size=(1000, 3))
    y = x @ np.array([1.0, 2.0, 3.0]) + rng.normal(scale=0.1, size=1000)
    return jnp.asarray(x), jnp.asarray(y)


def loss(weights, x, y):
    return jnp.mean((x @ weights - y) ** 2)


def load_checkpoint():
    if not checkpoint.exists():
        return 0, jnp.zeros(3)
    saved = np.load(checkpoint)
    return int(saved["step"]), jnp.asarray(saved["weights"])


def save_checkpoint(step, weights):
    unfinished = checkpoint.with_name("unfinished.npz")
    np.savez(unfinished, step=step, weights=np.asarray(weights))
    unfinished.replace(checkpoint)  # whole or not at all, since the pod may stop at any time


def mean_over_processes(value):
    return jnp.mean(multihost_utils.process_allgather(value), axis=0)


def train():
    # All processes begin with what process 0 has read.
    first, weights = multihost_utils.broadcast_one_to_all(load_checkpoint())
    first, weights = int(first), np.asarray(weights)
    print(f"process {rank} of {processes} begins at step {first}", flush=True)

    x, y = load_data()
    gradient = jax.jit(jax.grad(loss))
    for step in range(first + 1, STEPS + 1):
        weights = weights - LEARNING_RATE * mean_over_processes(gradient(weights, x, y))
        if rank == 0 and step % SAVE_EVERY == 0:
            save_checkpoint(step, weights)
            print(f"saved step {step}: loss {loss(weights, x, y):.4f}", flush=True)
        time.sleep(PAUSE)

    final_loss = float(mean_over_processes(loss(weights, x, y)))
    if rank == 0:
        model_dir = Path(os.environ["MODEL_DIR"])
        np.save(model_dir / "weights.npy", np.asarray(weights))
        metrics = {"loss": round(final_loss, 4), "processes": processes, "began_at_step": first}
        (model_dir / "metrics.json").write_text(json.dumps(metrics))
        print(f"wrote {model_dir / 'weights.npy'}: {metrics}", flush=True)


jax.config.update("jax_cpu_collectives_implementation", "gloo")
jax.config.update("jax_enable_preemption_service", False)
signal.signal(signal.SIGTERM, lambda *_: os._exit(143))  # stop at once, so that the other processes notice
jax.distributed.initialize(num_processes=processes, process_id=rank, heartbeat_timeout_seconds=10)
try:
    train()
except Exception:
    # Another pod is gone. JAX would wait for it when it exits; Kubernetes starts all of them again.
    traceback.print_exc()
    sys.stderr.flush()
    os._exit(1)
