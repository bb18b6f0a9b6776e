"""Measures implementations beside each other, on the same inputs, in turns.

All workers of a section are alive at the same time, but only one computes at any moment: a few runs of each, round after round, so that
a slow minute of the machine hits all of them, and ratios are taken within rounds. Slow implementations leave out later rounds.
"""

import os
import pathlib
import statistics
import subprocess
import tempfile
import time

import numpy as np

import inputs
from worker import Worker

CORES = len(os.sched_getaffinity(0))
FAST = 0.5  # seconds; implementations that take less run several times in a round, of which the first only warms the caches
SMALLEST_NUMBER_OF_ROUNDS = 2


def measure(section, settings):
    """Returns {"rows": [...], "load": [...]} with one row for each implementation."""
    load = [os.getloadavg()[0]]
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        section.make_inputs(inputs, folder)
        workers = []
        try:
            for implementation in section.implementations:
                workers.append(Worker(implementation, section.spec, folder, settings.ours, settings.timeout))
                if not section.start_together:
                    wait(workers[-1])
            if section.start_together:
                for w in workers:
                    wait(w)
            limits = rounds(workers, section, settings)
            for w in workers:
                w.finish()
        finally:
            for w in workers:
                w.process.kill()
        differences = compare(workers, folder)
        rows = [row(w, section, max(limits), differences.get(w.name)) for w in workers]
    for r in rows:
        if not r["failure"]:
            print(f"  {r['name']}: {r['wall_median_s']:.3g} s, processor time / cores {r['cpu_median_s']:.3g} s", flush=True)
    return {"rows": rows, "load": [*load, os.getloadavg()[0]], "limit_multiply_adds_per_s": limits}


def wait(w):
    w.read("ready")
    print(f"  {w.name}: " + (f"failed: {w.failure}" if w.failure else f"ready after {w.answer['first']:.1f} s"), flush=True)


def rounds(workers, section, settings):
    """Fills the workers' rounds; returns the arithmetic limit of each round."""
    limits, last = [], {w.name: w.answer.get("second", 0) for w in workers}
    for r in range(section.rounds):
        limits.append(arithmetic_limit(settings))
        for w in workers[r % len(workers):] + workers[: r % len(workers)]:
            too_slow = r >= SMALLEST_NUMBER_OF_ROUNDS and w.spent + last[w.name] > section.seconds
            if w.failure or too_slow:
                continue
            settle(workers)
            times = w.run(4 if last[w.name] < FAST else 1)
            if times:
                w.rounds[r] = times[1:] or times
                last[w.name] = times[-1][0]
    return limits


def settle(workers, quiet=0.1, longest=5.0):
    """Waits until no worker computes any more: some hand back gigabytes, or let threads spin, after they have answered."""
    end = time.monotonic() + longest
    before = None
    while time.monotonic() < end:
        now = [w.processor_time() for w in workers]
        if now == before:
            return
        before = now
        time.sleep(quiet)


def arithmetic_limit(settings):
    """Multiply-adds per second of all cores."""
    return float(subprocess.check_output([settings.limit, str(CORES), "0.2"]))


def row(w, section, limit, difference):
    out = dict(name=w.name, group=w.implementation.group, **section.labels, failure=w.failure)
    if w.failure or not w.rounds:
        return out | {"failure": w.failure or "no times"}
    walls = {r: statistics.median(wall for wall, _ in times) for r, times in w.rounds.items()}
    cpus = {r: statistics.median(cpu for _, cpu in times) / CORES for r, times in w.rounds.items()}
    out |= dict(wall_median_s=statistics.median(walls.values()), wall_min_s=min(wall for times in w.rounds.values() for wall, _ in times),
                cpu_median_s=statistics.median(cpus.values()), cpu_min_s=min(cpu for times in w.rounds.values() for _, cpu in times) / CORES,
                rounds=len(walls), first_s=w.answer["first"], compile_s=max(0.0, w.answer["first"] - statistics.median(walls.values())),
                peak_mb=w.answer["peak_mb"], version=w.answer["version"], wall_by_round=walls, cpu_by_round=cpus)
    if section.multiply_adds:
        out |= dict(limit_s=section.multiply_adds / limit)
        out |= dict(of_limit=out["limit_s"] / out["wall_median_s"], of_limit_cpu=out["limit_s"] / out["cpu_median_s"])
    if section.steps_per_run > 1:
        out |= {k: out[k] / section.steps_per_run for k in out if k.endswith("_s") and k[:3] in ("wal", "cpu")}
    return out | (difference or {})


def compare(workers, folder):
    """{name: {difference, worst, reference}}: how far each is from the first that worked, as a fraction of each tensor's Euclidean norm; the worst tensor counts.

    Not the largest single difference: where a z is within rounding of 0, ReLU's slope is 0 for one implementation and 1 for another.
    Of weights that a step changes, the change is compared, not the weight.
    """
    worked = [w for w in workers if not w.failure and any(w.results.iterdir())]
    out = {}
    for w in worked:
        found = dict(difference=0.0, worst="", reference=worked[0].name)
        for path in sorted(p for p in worked[0].results.iterdir() if p.is_file()):
            want, got = (np.fromfile(x.results / path.name, np.float32) if (x.results / path.name).exists() else np.empty(0) for x in (worked[0], w))
            start = folder / path.name
            if start.exists() and path.name.startswith(("learner", "meta")):
                before = np.fromfile(start, np.float32)
                want, got = (x - before if x.size == before.size else x for x in (want, got))
            difference = float(np.linalg.norm(want - got) / max(np.linalg.norm(want), 1e-30)) if want.size == got.size else float("inf")
            if not difference <= found["difference"]:
                found |= dict(difference=difference, worst=path.name)
        out[w.name] = found
    return out
