"""hatlib's fused form on XLA's CUDA backend, where there is a GPU and a plugin; else a sentence that says why not."""

import json
import os
import subprocess

import measure
from implementations import OURS, Implementation
from sections import Section, layer_size

CUDA = {"GOMLX_BACKEND": "xla:cuda"}


def name():
    """The GPU's name, or None."""
    try:
        return subprocess.check_output(["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"], text=True, stderr=subprocess.DEVNULL).splitlines()[0]
    except (OSError, subprocess.CalledProcessError, IndexError):
        return None


def section(settings):
    if not name():
        return {"rows": [], "skipped": "No GPU was at hand; nothing was measured on one."}
    try:
        subprocess.run([settings.ours, json.dumps({"task": "version"})], check=True, capture_output=True, text=True, env=os.environ | CUDA)
    except subprocess.CalledProcessError as e:
        return {"rows": [], "skipped": f"There is a GPU ({name()}), but hatlib cannot use it, so nothing was measured on it: {e.stderr.strip().splitlines()[-1]}"}
    limit = Section("gpu limit", "layer", layer_size(1, 1, 1, 1), [Implementation("limit", "ours", environment=CUDA, spec={"task": "limit"})])
    layer = Section("gpu", "layer", layer_size(50, 784, 183, 100), [Implementation(OURS, "ours", "fused", "ours", CUDA)])
    best = min(measure.measure(limit, settings)["rows"], key=lambda r: r["wall_min_s"])["wall_min_s"]
    found = measure.measure(layer, settings)
    for row in found["rows"]:
        if not row.get("failure"):
            row["limit_s"] = layer.multiply_adds * best / LIMIT_MULTIPLY_ADDS
            row["of_limit"] = row["limit_s"] / row["wall_median_s"]
    return found | {"gpu": name()}


LIMIT_MULTIPLY_ADDS = 2**25 * 1024  # of one run of ours/limit.go
