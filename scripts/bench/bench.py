"""The benchmark of the pair kernel. Started by scripts/bench/run, which builds what this needs."""

import argparse
import hashlib
import json
import os
import pathlib
import platform
import shutil
import signal
import subprocess
import sys
import time

import gpu
import measure
import report
from sections import all_sections

HERE = pathlib.Path(__file__).parent
PUBLISHED = ["RESULTS.md", "results.json", "results.csv", "layer.svg", "curves.svg"]
# A layer: a z within rounding of 0 lies on one side for one implementation and on the other for another; each such pair shows with about 1e-4
# of the gradient's norm (checked against float64: with H = 1000 there are 15, and either side may be the wrong one). A step: Adam magnifies rounding
# where gradients cancel.
LARGEST_DIFFERENCE = 1e-3


def arguments():
    p = argparse.ArgumentParser(prog="scripts/bench/run", description=__doc__.splitlines()[0])
    p.add_argument("--out", required=True, type=pathlib.Path, help=argparse.SUPPRESS)
    p.add_argument("--ours", required=True, help=argparse.SUPPRESS)
    p.add_argument("--draw", required=True, help=argparse.SUPPRESS)
    p.add_argument("--limit", required=True, help=argparse.SUPPRESS)
    p.add_argument("--only", nargs="*", metavar="SECTION", help="sections whose names contain one of these; those measured before stay in the results")
    p.add_argument("--names", nargs="*", metavar="NAME", help="implementations whose names contain one of these")
    p.add_argument("--fresh", action="store_true", help="measure again what is there already")
    p.add_argument("--quick", action="store_true", help="small sizes, to see that everything works; says nothing about speed")
    p.add_argument("--publish", action="store_true", help="copy the results to scripts/bench, and their targets into the README")
    p.add_argument("--timeout", type=float, default=400, help="seconds until one answer counts as a failure")
    return p.parse_args()


def main():
    args = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the workers end too
    if args.quick:
        args.out = args.out / "quick"
    stored = args.out / "sections"
    stored.mkdir(parents=True, exist_ok=True)
    ours = json.loads(subprocess.check_output([args.ours, json.dumps({"task": "version"})], text=True, env={k: v for k, v in os.environ.items() if k != "XLA_FLAGS"}))
    sources = [pathlib.Path(args.ours), HERE / "requirements.txt", *sorted(HERE.glob("peers/*.py")), HERE / "measure.py", HERE / "inputs.py"]
    programs = hashlib.sha256(b"".join(p.read_bytes() for p in sources)).hexdigest()
    sections, start = {}, time.monotonic()
    todo = [(s.name, s.identity(), lambda s=s: measure.measure(s, args)) for s in all_sections(ours["xla_flags"], args.quick, args.names)]
    todo.append(("gpu", gpu.name(), lambda: gpu.section(args)))
    for name, identity, run in todo:
        path = stored / (name.replace(" ", "_") + ".json")
        key = hashlib.sha256(json.dumps([programs, identity]).encode()).hexdigest()
        kept = json.loads(path.read_text()) if path.exists() else {}
        if kept.get("key") == key and not args.fresh:
            print(f"{name}: measured before", flush=True)
        elif args.only and not any(part in name for part in args.only):
            continue
        else:
            print(f"{name}:", flush=True)
            kept = {"key": key, **run()}
            write(path, json.dumps(kept) + "\n")
            # Read back: numbers of rounds are strings in JSON.
            kept = json.loads(path.read_text())
        sections[name] = kept
    result = report.complete({"machine": machine(sections), "date": time.strftime("%Y-%m-%d"), "versions": versions(sections, ours), "sections": sections})
    write(args.out / "results.json", json.dumps(result, indent=1, allow_nan=False) + "\n")
    write(args.out / "results.csv", report.csv_text(result))
    write(args.out / "RESULTS.md", report.markdown(result))
    subprocess.run([args.draw, args.out / "results.json", args.out], check=True)
    print(report.summary(result))
    print(f"{args.out / 'RESULTS.md'}; {time.monotonic() - start:.0f} s")
    wrong = [f"{name}: {r['name']} ({r['worst']}: {r['difference']:.1e})" for name, s in sections.items() for r in s["rows"]
             if r.get("difference", 0) > LARGEST_DIFFERENCE and r["group"]]
    if wrong:
        sys.exit("error: these computed other numbers: " + ", ".join(wrong))
    if args.publish:
        for name in PUBLISHED:
            shutil.copy(args.out / name, HERE / name)
        page = HERE.parents[1] / "README.md"
        write(page, report.into_readme(page.read_text(), result))


def write(path, text):
    temporary = path.with_name(path.name + ".tmp")
    temporary.write_text(text)
    temporary.replace(path)


def machine(sections):
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), platform.processor())
    loads = [s["load"][0] for s in sections.values() if "load" in s]
    return dict(processor=f"{model} ({features()})", cores=measure.CORES, memory_gb=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9,
                system=platform.freedesktop_os_release()["PRETTY_NAME"], load=f"{min(loads):.1f} to {max(loads):.1f}" if loads else "",
                gpu=f"GPU: {gpu.name()}." if gpu.name() else "No GPU.")


def features():
    """The widest vectors."""
    flags = next((set(line.split()) for line in open("/proc/cpuinfo") if line.startswith("flags")), set())
    return ", ".join(f.upper().replace("_", "-") for f in ("avx512f", "avx2") if f in flags) or platform.machine()


def versions(sections, ours):
    peers = {r["version"].split()[0]: r["version"] for s in sections.values() for r in s["rows"] if r.get("version", "").startswith(("jax", "torch"))}
    compiler = subprocess.run([os.environ.get("CXX", "g++"), "--version"], capture_output=True, text=True).stdout.partition("\n")[0]
    return {"hatlib": f"{ours['go']}, {ours['version']}", "XLA flags of hatlib and of \"same flags\"": f"`{ours['xla_flags']}`",
            "JAX": f"{peers.get('jax', 'not measured')}, with the XLA that jaxlib brings, which is not the build that hatlib loads",
            "PyTorch": f"{peers.get('torch', 'not measured')}, torch.compile with {compiler}",
            "Python": platform.python_version(), "limit.c": f"{os.environ.get('CC', 'cc')} -O3 -march=native -ffp-contract=fast"}


if __name__ == "__main__":
    main()
