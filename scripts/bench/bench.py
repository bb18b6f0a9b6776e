"""Measures implementations of HAT's layer update beside each other, on the same inputs, in turns. Started by scripts/bench/run.

Every implementation is a process of its own (peers/*.py, ours/), so that its peak memory is its own. All of them run at the same time, but only one
computes at any moment: one repetition of each, round after round, so that a slow minute of the machine hits all of them.
"""

import argparse
import csv
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np

HERE = pathlib.Path(__file__).parent
XLA = "--xla_cpu_prefer_vector_width=512 --xla_cpu_experimental_ynn_fusion_type="
PEERS = {  # name: (program, form, environment)
    "hatlib fused": ("ours", "fused", {}),
    "hatlib general vmap": ("ours", "general", {}),
    "JAX fused, custom gradient, same flags": ("jax", "fused", {"XLA_FLAGS": XLA}),
    "JAX fused, custom gradient, default flags": ("jax", "fused", {"XLA_FLAGS": ""}),
    "JAX vmap": ("jax", "vmap", {"XLA_FLAGS": XLA}),
    "torch.compile, hand-derived gradient": ("torch", "compile_hand", {}),
    "torch.compile, own gradient": ("torch", "compile", {}),
    "torch.func.vmap": ("torch", "vmap", {}),
    "PyTorch 1x1 convolutions (the paper's)": ("torch", "conv", {}),
}
# Multiply-adds for every example, pair and hidden unit: 3 for the value (z takes two), and 8 for the gradients (z again, and one for each of
# six sums: through w, through v_j, and four for theta); one more for the gradient through v_i.
MULTIPLY_ADDS = 11


def arguments():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--out", required=True, type=pathlib.Path, help="folder for results.json, results.csv and the picture")
    p.add_argument("--ours", required=True, help="the compiled Go worker")
    p.add_argument("--limit", required=True, help="the compiled limit program")
    p.add_argument("--only", nargs="*", help="substrings of the names to measure; default all")
    p.add_argument("--repeats", type=int, default=5)
    p.add_argument("--timeout", type=float, default=900, help="seconds until one answer counts as a failure")
    p.add_argument("--sizes", nargs="*", default=["50,784,183,100"], help="batch,in,out,hidden")
    p.add_argument("--curves", action="store_true", help="also curves over batch, width and H, for the faster implementations")
    p.add_argument("--no-pre", action="store_true", help="without the gradient through v_i, as a first layer needs it")
    return p.parse_args()


def make_inputs(folder, batch, n_in, n_out, hidden):
    rng = np.random.default_rng(7)
    scale = 1 / np.sqrt(3)
    data = {n: rng.uniform(-scale, scale, hidden) for n in "abcd"}
    data["m"] = rng.uniform(-1, 1, hidden) / np.sqrt(hidden)
    data["e"] = rng.uniform(-0.1, 0.1, ())
    data["v"] = rng.uniform(0, 1, (batch, n_in)) * (rng.uniform(0, 1, (batch, n_in)) < 0.5)
    data["w"] = rng.uniform(-1, 1, (n_out, n_in)) / np.sqrt(n_in)
    data["u"] = np.maximum(rng.normal(0, 1, (batch, n_out)), 0)
    data["g"] = rng.normal(1, 1, (n_out, n_in))
    for name, x in data.items():
        np.asarray(x, np.float32).tofile(folder / name)


class Worker:
    def __init__(self, name, spec, args):
        self.name, self.times, self.failure, self.answer = name, [], None, {}
        program, form, environment = PEERS[name]
        spec = {**spec, "form": form, "results": str(pathlib.Path(spec["inputs"]) / "".join(c if c.isalnum() else "_" for c in name))}
        self.results = pathlib.Path(spec["results"])
        self.results.mkdir()
        command = [args.ours] if program == "ours" else [sys.executable, str(HERE / "peers" / f"{program}_layer.py")]
        self.log = open(self.results / "log", "w+")
        self.process = subprocess.Popen(command + [json.dumps(spec)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log,
                                        text=True, env={**os.environ, **environment})
        self.timeout = args.timeout

    def read(self, key):
        if self.failure:
            return None
        import select

        ready, _, _ = select.select([self.process.stdout], [], [], self.timeout)
        line = self.process.stdout.readline() if ready else ""
        if not line:
            self.log.seek(0)
            lines = self.log.read().strip().splitlines()
            self.failure = lines[-1] if ready and lines else f"no answer in {self.timeout:.0f} s"
            self.process.kill()
            return None
        self.answer.update(json.loads(line))
        return self.answer.get(key)

    def run(self):
        if not self.failure:
            self.process.stdin.write("run\n")
            self.process.stdin.flush()
            self.times.append(self.read("seconds"))

    def finish(self):
        if not self.failure:
            self.process.stdin.close()
            self.read("peak_mb")
        self.process.wait()
        self.times = [s for s in self.times if s is not None]


def compare(workers):
    """Difference from the first that worked, as a fraction of each tensor's Euclidean norm; the worst tensor counts.

    Not the largest single difference: where a z is within rounding of 0, ReLU's slope is 0 for one implementation and 1 for another.
    """
    reference = next((w for w in workers if not w.failure), None)
    for w in workers:
        if w.failure:
            continue
        w.difference, w.worst = 0.0, ""
        for path in sorted(p for p in reference.results.iterdir() if p.name != "log"):
            want, got = np.fromfile(path, np.float32), np.fromfile(w.results / path.name, np.float32)
            difference = float(np.linalg.norm(want - got) / max(np.linalg.norm(want), 1e-30)) if want.size == got.size else float("inf")
            if not difference <= w.difference:
                w.difference, w.worst = difference, path.name


def measure(size, names, args, need_pre):
    batch, n_in, n_out, hidden = size
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        make_inputs(folder, *size)
        spec = {"batch": batch, "in": n_in, "out": n_out, "hidden": hidden, "need_pre": need_pre, "inputs": str(folder)}
        workers = []
        for name in names:
            workers.append(Worker(name, spec, args))
            workers[-1].read("ready")
            print(f"  {name}: " + (f"failed: {workers[-1].failure}" if workers[-1].failure else f"ready after {workers[-1].answer['first']:.1f} s"), flush=True)
        multiply_adds = (MULTIPLY_ADDS + need_pre) * batch * n_in * n_out * hidden
        rates = []
        for _ in range(args.repeats):
            rates.append(float(subprocess.check_output([args.limit, str(os.cpu_count()), "0.2"])))
            for w in workers:
                w.run()
        for w in workers:
            w.finish()
        compare(workers)
        limit = multiply_adds / max(rates)
        for w in workers:
            row = dict(name=w.name, batch=batch, inputs=n_in, outputs=n_out, hidden=hidden, need_pre=need_pre, limit_s=limit)
            if w.failure or not w.times:
                row["failure"] = w.failure or "no times"
            else:
                row.update(median_s=statistics.median(w.times), best_s=min(w.times), compile_s=w.answer["compile"], peak_mb=w.answer["peak_mb"],
                           times_limit=statistics.median(w.times) / limit, difference=w.difference, worst=w.worst, version=w.answer["version"])
            rows.append(row)
    return rows


def slope(rows, key):
    """Log-log slope of the time over the number of terms."""
    points = [(r["batch"] * r["inputs"] * r["outputs"] * r["hidden"], r[key]) for r in rows if key in r]
    if len(points) < 2:
        return float("nan")
    return float(np.polyfit(*np.log(np.array(points)).T, 1)[0])


def picture(rows, path):
    """A bar for each implementation at the first size, as SVG, without any library."""
    rows = sorted((r for r in rows if "median_s" in r), key=lambda r: r["median_s"])
    if not rows:
        return
    low, high = np.log10(rows[0]["limit_s"]) - 0.1, np.log10(rows[-1]["median_s"]) + 0.1
    scale = lambda s: 330 + 360 * (np.log10(s) - low) / (high - low)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="800" height="{28 * len(rows) + 60}" font-family="sans-serif" font-size="13">',
             '<rect width="100%" height="100%" fill="white"/>']
    for i, r in enumerate(rows):
        y = 14 + 28 * i
        parts.append(f'<text x="322" y="{y + 14}" text-anchor="end">{r["name"]}</text>')
        parts.append(f'<rect x="330" y="{y}" width="{scale(r["median_s"]) - 330:.1f}" height="20" fill="{"#0072b2" if r["name"].startswith("hatlib") else "#999999"}"/>')
        parts.append(f'<text x="{scale(r["median_s"]) + 5:.1f}" y="{y + 14}">{r["median_s"]:.3g} s</text>')
    x, bottom = scale(rows[0]["limit_s"]), 14 + 28 * len(rows)
    parts.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="8" y2="{bottom}" stroke="#d55e00"/><text x="{x:.1f}" y="{bottom + 18}" fill="#d55e00">arithmetic limit '
                 f'{rows[0]["limit_s"]:.3g} s (logarithmic axis)</text></svg>')
    path.write_text("\n".join(parts) + "\n")


def main():
    args = arguments()
    names = [n for n in PEERS if not args.only or any(part in n for part in args.only)]
    args.out.mkdir(parents=True, exist_ok=True)
    need_pre = not args.no_pre
    rows, curves = [], {}
    for text in args.sizes:
        size = tuple(int(n) for n in text.split(","))
        print(f"batch {size[0]}, {size[1]} inputs, {size[2]} outputs, H = {size[3]}", flush=True)
        rows += measure(size, names, args, need_pre)
    if args.curves:
        fast = [n for n in names if n.startswith(("hatlib fused", "JAX fused, custom gradient, same"))]
        for axis, sizes in {"batch": [(b, 784, 183, 100) for b in (5, 16, 50, 160, 500)], "width": [(50, n, n, 100) for n in (37, 118, 373)],
                            "hidden": [(50, 784, 183, h) for h in (10, 32, 100, 320, 1000)]}.items():
            for size in sizes:
                print(f"{axis}: {size}", flush=True)
                for row in measure(size, fast, args, need_pre):
                    rows.append({**row, "curve": axis})
            for n in fast:
                curves[f"{n} over {axis}"] = slope([r for r in rows if r.get("curve") == axis and r["name"] == n], "median_s")
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), platform.processor())
    result = dict(machine=dict(processor=model, cores=os.cpu_count(), system=platform.platform(), load=os.getloadavg()),
                  date=time.strftime("%Y-%m-%d"), python=platform.python_version(), repeats=args.repeats, rows=rows, slopes=curves)
    temporary = args.out / "results.json.tmp"
    temporary.write_text(json.dumps(result, indent=1) + "\n")
    temporary.rename(args.out / "results.json")
    fields = sorted({k for r in rows for k in r})
    with open(args.out / "results.csv", "w", newline="") as f:
        writer = csv.DictWriter(f, fields)
        writer.writeheader()
        writer.writerows(rows)
    picture([r for r in rows if "curve" not in r][: len(names)], args.out / "layer.svg")
    print(f"\n{'':44}{'median':>10}{'compile':>10}{'memory':>10}{'x limit':>9}{'difference':>12}")
    for r in rows:
        if "failure" in r:
            print(f"{r['name']:44}failed: {r['failure']}")
        else:
            print(f"{r['name']:44}{r['median_s']:9.3f}s{r['compile_s']:9.1f}s{r['peak_mb']:8.0f}MB{r['times_limit']:9.1f}{r['difference']:12.1e}")
    for name, value in curves.items():
        print(f"log-log slope, {name}: {value:.2f}")
    wrong = [r["name"] for r in rows if r.get("difference", 0) > 1e-4]
    if wrong:
        sys.exit(f"error: these computed other numbers: {', '.join(wrong)}")


if __name__ == "__main__":
    main()
