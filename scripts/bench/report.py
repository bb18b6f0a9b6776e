"""Writes what was measured as Markdown and CSV. No packages."""

import csv
import io

from sections import COMPILED
from targets import best, ratio, slopes, targets


def number(x, unit=""):
    if x is None:
        return "not measured"
    return (f"{x:.0f}" if abs(x) >= 100 else f"{x:.3g}") + unit


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(r) + " |" for r in rows])


def comparison(rows):
    """One line for each implementation, the fastest first; ratios are to hatlib's fused form."""
    own = best(rows, "ours")
    worked = sorted((r for r in rows if not r.get("failure")), key=lambda r: r["wall_median_s"])
    lines = []
    for r in worked:
        name = f"**{r['name']}**" if r["group"] == "ours" else r["name"]
        times = number(ratio(r, own)) if own else ""
        limit = [f"{100 * r['of_limit']:.2g} %"] if "of_limit" in r else []
        lines.append([name, number(r["wall_median_s"], " s"), number(r["wall_min_s"], " s"), number(r["cpu_median_s"], " s"), times, *limit,
                      number(r["compile_s"], " s"), number(r["peak_mb"], " MB"), f"{r['difference']:.0e}", str(r["rounds"])])
    limit = ["of the limit"] if any("of_limit" in r for r in worked) else []
    text = table(["", "median", "least", "processor time / cores", "times hatlib", *limit, "compiling", "peak memory", "difference", "rounds"], lines)
    failures = [f"- {r['name']} failed: {r['failure']}" for r in rows if r.get("failure")]
    return text + ("\n\n" + "\n".join(failures) if failures else "")


def by_processor_time(target):
    return "" if target["by_processor_time"] is None else number(target["by_processor_time"], target["unit"])


def targets_table(result):
    verdict = {True: "**met**", False: "**not met**", None: "not measured"}
    return table(["target", "measured", "by processor time", ""], [
        [t["target"], number(t["measured"], t["unit"]), by_processor_time(t), verdict[t["met"]] + (f" ({t['note']})" if t["note"] else "")] for t in result["targets"]])


README_MARKS = "<!-- scripts/bench/run --publish writes what follows -->\n", "<!-- to here -->\n"


def into_readme(text, result):
    """The README with its part between the marks written anew."""
    before, begin, rest = text.partition(README_MARKS[0])
    _, end, after = rest.partition(README_MARKS[1])
    if not begin or not end:
        raise ValueError("the README has lost the marks between which the benchmark's table stands: " + " ".join(README_MARKS))
    return before + begin + readme(result) + end + after


def readme(result):
    m, rows = result["machine"], result["sections"].get("layer", {}).get("rows", [])
    own = best(rows, "ours")
    text = ""
    if own:
        versions = "; ".join(dict.fromkeys([own["version"], *(r["version"] for r in rows if not r.get("failure"))]))
        text = (f"The update of every neuron pair at appendix A's size (batch 50, 784 x 183 pairs, H = 100), with all the gradients that a first layer needs, takes "
                f"{number(own['wall_median_s'], ' s')} and {number(own['peak_mb'], ' MB')} ({m['processor']}, {m['cores']} cores, {result['date']}; {versions}); "
                f"the arithmetic limit measured there is {number(own['limit_s'], ' s')}. ")
    return (text + "Flags, all formulations, a whole training step, curves and how it was measured: [`scripts/bench/RESULTS.md`](scripts/bench/RESULTS.md).\n\n"
            + targets_table(result) + "\n\n![Time and memory of one layer](scripts/bench/layer.svg)\n")


def markdown(result):
    s, m = result["sections"], result["machine"]
    parts = ["# The pair kernel beside PyTorch and JAX", "Written by `scripts/bench/run --publish`. The numbers are in [`results.json`](results.json) and [`results.csv`](results.csv).",
             f"{m['processor']}, {m['cores']} cores, {m['memory_gb']:.0f} GB, {m['system']}; {result['date']}. Load when the sections began, which is 0 on an idle machine: {m['load']}. "
             f"{m['gpu']}", table(["", ""], [[k, v] for k, v in result["versions"].items()])]
    parts += ["## Targets", targets_table(result)]
    captions = {
        "layer": "## The layer of appendix A\n\nBatch {batch}, {inputs} inputs, {outputs} outputs, H = {hidden}: the mean update of every neuron pair, and its gradients through M's parameters, w_ij and v_j, which are those that a "
                 "first layer needs.\n\n![time and memory](layer.svg)",
        COMPILED: "### The same with torch.compile\n\nSeveral formulations, from `peers/torch_pairs.py`; those called inline have options for the backend that keep it from storing.",
        "layer and v_i": "## The same with the gradient through v_i\n\nAs a layer further up needs it.",
        "step": "## A whole training step\n\n{sizes}, batch {batch}, M 3-{hidden}-1: Algorithm 1 with M's update in every layer, backpropagation, and Adam for L and M; hatlib by its trainer.",
    }
    for name, caption in captions.items():
        if name in s:
            parts += [caption.format(**s[name]["rows"][0]), comparison(s[name]["rows"])]
    if result["slopes"]:
        parts += ["## Cost in proportion to batch x in x out x H\n\nLog-log slopes of the time, by least squares.\n\n![time over the number of terms](curves.svg)",
                  table(["", "axis", "decades", "slope", "by processor time"], [[x["name"], x["axis"], f"{x['decades']:.1f}", f"{x['wall']:.2f}", f"{x['cpu']:.2f}"] for x in result["slopes"]])]
    calls = [(n, r) for n in s for r in s[n]["rows"] if r["group"] == ""]
    if calls:
        lines = []
        for n, r in calls:
            times = [f"failed: {r['failure']}", "", ""] if r.get("failure") else [number(1e3 * r[k], " ms") for k in ("wall_median_s", "wall_min_s", "cpu_median_s")]
            lines.append([n, r["name"], *times])
        parts += ["## Steps per call, and the pure Go backend\n\nTraining steps by hatlib's trainer, batch 25 and M 3-16-1 for the small learner 64-32-16-10 (the smoke preset), "
                  "batch 50 for 784-64-10. `many` lets a call last up to half a second.",
                  table(["learner, backend", "", "median per step", "least", "processor time / cores"], lines)]
    gpu = s.get("gpu", {"skipped": "Not part of this run."})
    if "skipped" in gpu:
        parts += ["## GPU", gpu["skipped"]]
    else:
        lines = [[gpu["gpu"], f"failed: {r['failure']}", ""] if r.get("failure") else [gpu["gpu"], number(1e3 * r["wall_median_s"], " ms"), f"{100 * r['of_limit']:.2g} %"] for r in gpu["rows"]]
        parts += ["## GPU", "The layer with the gradients of a first layer, hatlib's fused form on XLA CUDA; the limit is that of a long chain of multiply-adds there (ours/limit.go).",
                  table(["", "median", "of the limit"], lines)]
    parts.append(NOTES)
    return "\n\n".join(parts) + "\n"


NOTES = """## How it was measured

- Every implementation is a process of its own. They take turns: in each round one after another runs a few times, the order shifts from round to round, and ratios are medians over rounds. Implementations
  that take less than half a second run four times in a round, of which the first does not count; slow ones leave out later rounds.
- "Processor time / cores" is the processor time of the process divided by the number of cores: what the wall time would be on an idle machine if all cores were busy.
- Compiling is the first run, in a process without caches, less the median.
- Peak memory is that of the whole process (VmHWM), with the language's own runtime and libraries.
- The limit is the time that the layer's multiply-adds take at the rate of `limit.c`, a plain vectorised loop on all cores: 11 for each example, pair and hidden unit (3 for the value, 8 for the gradients), 12 with the
  gradient through v_i. Comparisons and masks come on top of it.
- The difference is from the paper's convolutions where they take part, else from hatlib's fused form, as a fraction of the Euclidean norm of each tensor (results, gradients; of weights the change in two steps); the worst tensor counts."""


def csv_text(result):
    flat = [{"section": name, **{k: v for k, v in r.items() if not isinstance(v, dict)}} for name, s in result["sections"].items() for r in s.get("rows", [])]
    fields = list(dict.fromkeys(k for r in flat for k in r))
    out = io.StringIO()
    writer = csv.DictWriter(out, fields, lineterminator="\n")
    writer.writeheader()
    writer.writerows(flat)
    return out.getvalue()


def summary(result):
    """For the terminal."""
    verdict = {True: "met", False: "NOT MET", None: "not measured"}
    lines = []
    for t in result["targets"]:
        line = f"{verdict[t['met']]:>12}  {t['target']}: {number(t['measured'], t['unit'])}"
        if by_processor_time(t):
            line += f" (by processor time {by_processor_time(t)})"
        lines.append(line + (f"; {t['note']}" if t["note"] else ""))
    return "\n".join(lines)


def complete(result):
    """Adds what follows from the sections."""
    return result | {"slopes": slopes(result["sections"]), "targets": targets(result["sections"])}
