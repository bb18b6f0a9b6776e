"""The inputs of a measurement, as files of raw float32 (labels: int32), the same for every implementation."""

import numpy as np


def layer(folder, batch, n_in, n_out, hidden):
    """Theta, activities v and u, half of them zero as after a ReLU, weights w, and the adjoint g of the mean."""
    rng = np.random.default_rng(7)
    scale = 1 / np.sqrt(3)
    data = {n: rng.uniform(-scale, scale, hidden) for n in "abcd"}
    data["m"] = rng.uniform(-1, 1, hidden) / np.sqrt(hidden)
    data["e"] = rng.uniform(-0.1, 0.1, ())
    data["v"] = rng.uniform(0, 1, (batch, n_in)) * (rng.uniform(0, 1, (batch, n_in)) < 0.5)
    data["w"] = rng.uniform(-1, 1, (n_out, n_in)) / np.sqrt(n_in)
    data["u"] = np.maximum(rng.normal(0, 1, (batch, n_out)), 0)
    data["g"] = rng.normal(1, 1, (n_out, n_in))
    write(folder, data)


def step(folder, batch, sizes, hidden, batches=20):
    """Examples with labels, and initial weights of L and M uniform in +-1/sqrt(fan_in), under the names of hatlib's weight files."""
    rng = np.random.default_rng(7)
    n = batch * batches
    data = {"x": rng.uniform(0, 1, (n, sizes[0])) * (rng.uniform(0, 1, (n, sizes[0])) < 0.5)}
    for l, (i, o) in enumerate(zip(sizes, sizes[1:])):
        data[f"learner.{l}.weight"] = rng.uniform(-1, 1, (o, i)) / np.sqrt(i)
        data[f"learner.{l}.bias"] = rng.uniform(-1, 1, o) / np.sqrt(i)
    data["meta.hidden.weight"] = rng.uniform(-1, 1, (hidden, 3)) / np.sqrt(3)
    data["meta.hidden.bias"] = rng.uniform(-1, 1, hidden) / np.sqrt(3)
    data["meta.output.weight"] = rng.uniform(-1, 1, (1, hidden)) / np.sqrt(hidden)
    data["meta.output.bias"] = rng.uniform(-1, 1, 1) / np.sqrt(hidden)
    write(folder, data)
    rng.integers(0, sizes[-1], n, dtype=np.int32).tofile(folder / "y")


def write(folder, data):
    for name, x in data.items():
        np.asarray(x, np.float32).tofile(folder / name)
