"""What every peer shares: the arguments, and the conversation with bench.py.

A worker reads its inputs, compiles, runs once, writes its results, and says "ready" with the seconds that took. For each line "run" on
its standard input it runs once and answers with the seconds; at the end of input it answers with its peak memory.
"""

import json
import pathlib
import resource
import sys
import time

import numpy as np

NAMES = "a b c d m e v w u g".split()


def load():
    spec = json.loads(sys.argv[1])
    B, I, J, H = spec["batch"], spec["in"], spec["out"], spec["hidden"]
    shapes = dict(a=(H,), b=(H,), c=(H,), d=(H,), m=(H,), e=(), v=(B, I), w=(J, I), u=(B, J), g=(J, I))
    folder = pathlib.Path(spec["inputs"])
    return spec, {n: np.fromfile(folder / n, np.float32).reshape(shapes[n]) for n in NAMES}


def serve(spec, run, export):
    """run() does one whole forward and backward pass and returns when it is done; export(result) gives named arrays."""

    def say(**answer):
        print(json.dumps(answer), flush=True)

    start = time.perf_counter()
    result = run()
    first = time.perf_counter() - start
    for name, array in export(result).items():
        np.asarray(array, np.float32).tofile(pathlib.Path(spec["results"]) / name)
    del result
    start = time.perf_counter()
    run()
    say(ready=True, first=first, compile=max(0.0, first - (time.perf_counter() - start)), version=spec.get("version", ""))
    for line in sys.stdin:
        if line.strip() != "run":
            break
        start = time.perf_counter()
        run()
        say(seconds=time.perf_counter() - start)
    say(peak_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
