"""What every peer shares: the arguments, and the conversation with bench.py.

A worker gets its task as JSON in its first argument, reads its inputs, runs twice (the first run compiles), writes its results and says
"ready" with the seconds of the first run. For each line "run N" on its standard input it runs N times and answers with the wall time and
the processor time of each; at the end of input it answers with its peak memory.
"""

import json
import pathlib
import sys
import time

import numpy as np


def task():
    return json.loads(sys.argv[1])


def read(spec, name, shape, dtype=np.float32):
    return np.fromfile(pathlib.Path(spec["inputs"]) / name, dtype).reshape(shape)


def layer_inputs(spec):
    B, I, J, H = spec["batch"], spec["in"], spec["out"], spec["hidden"]
    shapes = dict(a=(H,), b=(H,), c=(H,), d=(H,), m=(H,), e=(), v=(B, I), w=(J, I), u=(B, J), g=(J, I))
    return {n: read(spec, n, shape) for n, shape in shapes.items()}


def layer_gradients(spec):
    """The inputs whose gradients are wanted; a first layer needs none through v_i."""
    return ["a", "b", "c", "d", "m", "e", "w", "u"] + (["v"] if spec["need_pre"] else [])


def step_inputs(spec):
    """Examples x [N, in], labels y [N]; L's weights and biases by layer; M's theta."""
    sizes, H = spec["sizes"], spec["hidden"]
    x = read(spec, "x", (-1, sizes[0]))
    y = read(spec, "y", (-1,), np.int32)
    learner = [(read(spec, f"learner.{n}.weight", (o, i)), read(spec, f"learner.{n}.bias", (o,))) for n, (i, o) in enumerate(zip(sizes, sizes[1:]))]
    hidden = read(spec, "meta.hidden.weight", (H, 3))
    theta = dict(zip("abc", hidden.T.copy()), d=read(spec, "meta.hidden.bias", (H,)), m=read(spec, "meta.output.weight", (H,)), e=read(spec, "meta.output.bias", ()))
    return x, y, learner, theta


def named_weights(learner, theta):
    """L's and M's weights under the names of hatlib's weight files."""
    out = {f"learner.{n}.{kind}": x for n, layer in enumerate(learner) for kind, x in zip(("weight", "bias"), layer)}
    return out | {"meta.hidden.weight": np.stack([theta[n] for n in "abc"], 1), "meta.hidden.bias": theta["d"], "meta.output.weight": theta["m"], "meta.output.bias": theta["e"]}


def peak_mb():
    """The largest resident size so far. Not getrusage's, which counts the parent's before exec."""
    with open("/proc/self/status") as f:
        return next(int(line.split()[1]) for line in f if line.startswith("VmHWM")) * 1024 / 1e6


def serve(spec, run, export):
    """run() does the whole work once and returns when it is done; export(result of run) gives named arrays."""

    def say(**answer):
        print(json.dumps(answer), flush=True)

    def timed():
        wall, cpu = time.perf_counter(), time.process_time()
        result = run()
        return time.perf_counter() - wall, time.process_time() - cpu, result

    first = timed()[0]
    second, _, result = timed()
    for name, array in export(result).items():
        np.asarray(array, np.float32).tofile(pathlib.Path(spec["results"]) / name)
    del result
    say(ready=True, first=first, second=second, version=spec["version"])
    for line in sys.stdin:
        word, _, count = line.partition(" ")
        if word != "run":
            break
        say(times=[timed()[:2] for _ in range(int(count))])
    say(peak_mb=peak_mb())
