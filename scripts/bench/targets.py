"""The targets, computed from the sections' rows, each met or not; and the numbers they need. No packages."""

import math
import statistics

from sections import COMPILED


def best(rows, group):
    """The row with the least median wall time of a group, or None."""
    found = [r for r in rows if r["group"] == group and not r.get("failure")]
    return min(found, key=lambda r: r["wall_median_s"], default=None)


def ratio(peer, own, clock="wall"):
    """The median over the rounds in which both took part of peer's time divided by own's."""
    a, b = peer[f"{clock}_by_round"], own[f"{clock}_by_round"]
    return statistics.median(a[r] / b[r] for r in a if r in b)


def slope(rows, key):
    """Log-log slope, by least squares, of a time over the number of terms batch x in x out x H; nan for fewer than two points."""
    worked = [r for r in rows if not r.get("failure")]
    if len(worked) < 2:
        return math.nan
    terms = [math.log(r["batch"] * r["inputs"] * r["outputs"] * r["hidden"]) for r in worked]
    return statistics.linear_regression(terms, [math.log(r[key]) for r in worked]).slope


def slopes(sections):
    """[{name, group, axis, wall, cpu, decades}] for every implementation and curve of two points or more."""
    rows = [r for s in sections.values() for r in s["rows"] if "curve" in r]
    out = []
    for axis, name in dict.fromkeys((r["curve"], r["name"]) for r in rows):
        curve = [r for r in rows if (r["curve"], r["name"]) == (axis, name) and not r.get("failure")]
        if len(curve) < 2:
            continue
        terms = [r["batch"] * r["inputs"] * r["outputs"] * r["hidden"] for r in curve]
        decades = math.log10(max(terms) / min(terms))
        out.append(dict(name=name, group=curve[0]["group"], axis=axis, wall=slope(curve, "wall_median_s"), cpu=slope(curve, "cpu_median_s"), decades=decades))
    return out


def targets(sections):
    """[{target, measured, by_processor_time, met, note}]; met is None where something that it needs was not measured.

    What decides is the wall time. measured and by_processor_time are numbers in the target's unit; a machine that others use too shows
    in their difference.
    """
    out = []

    def add(target, unit, limit, sign, wall, cpu=None, note=""):
        met = None if wall is None or math.isnan(wall) else (wall <= limit if sign == "<=" else wall >= limit if sign == ">=" else wall > limit)
        out.append(dict(target=f"{target} {sign} {limit:g}{unit}", unit=unit, measured=wall, by_processor_time=cpu, met=met, note=note))

    def seconds(target, limit, row):
        add(target, " s", limit, "<=", *((row["wall_median_s"], row["cpu_median_s"]) if row else (None, None)))

    def times(target, sign, limit, group, inverse=False, section="layer"):
        rows = sections.get(section, {}).get("rows", [])
        own, peer = best(rows, "ours"), best(rows, group)
        if not own or not peer:
            return add(target, "", limit, sign, None)
        values = (ratio(*((own, peer) if inverse else (peer, own)), clock) for clock in ("wall", "cpu"))
        note, needed = peer["name"], peer["wall_median_s"] / limit
        if not inverse and needed < own.get("limit_s", 0):
            note += f"; that would take {needed:.3g} s, the arithmetic limit measured here is {own['limit_s']:.3g} s"
        add(target, "", limit, sign, *values, note=note)

    first, both = (best(sections.get(s, {}).get("rows", []), "ours") for s in ("layer", "layer and v_i"))
    seconds("layer, forward and the gradients of a first layer", 0.15, first)
    seconds("layer, with the gradient through v_i", 0.20, both)
    times("the paper's convolution / hatlib", ">=", 50, "conv")
    times("JAX vmap / hatlib", ">=", 25, "jax vmap")
    for options in ("", ", options"):
        which = "best torch.compile" + (" with options for its backend" if options else " as it comes")
        times(f"{which}, its own gradient / hatlib", ">=", 8, "torch own" + options, section=COMPILED)
        times(f"{which}, the hand-derived gradient / hatlib", ">", 1, "torch hand" + options, section=COMPILED)
    times("hatlib / JAX fused, same flags", "<=", 1.05, "jax", inverse=True)
    peaks = [r["peak_mb"] for r in (first, both) if r]
    add("peak memory of the process", " MB", 600, "<=", max(peaks) if peaks else None)
    for s in slopes(sections):
        if s["group"] == "ours":
            add(f"log-log slope over {s['axis']}, {s['decades']:.1f} decades", "", 1.05, "<=", s["wall"], s["cpu"])
    add("compiling the layer", " s", 5, "<=", first["compile_s"] if first else None)
    gpu = sections.get("gpu", {})
    row = best(gpu.get("rows", []), "ours")
    add("layer on one H200-class GPU", " ms", 0.75, "<=", row["wall_median_s"] * 1e3 if row else None, note=gpu.get("skipped", ""))
    return out
