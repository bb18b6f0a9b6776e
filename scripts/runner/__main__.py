"""The command behind scripts/reproduce."""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import platform
import subprocess
import sys
import time
from datetime import datetime, timezone
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TIMEOUTS = {"smoke": 600, "quick": 3600, "paper": 0}  # seconds a cell may take; 0: no limit


def arguments(argv: list[str] | None = None) -> argparse.Namespace:
    """Parses the command line."""
    p = argparse.ArgumentParser(
        prog="scripts/reproduce",
        description="Executes the notebooks headlessly. OUT then holds index.html, report.html, notebooks/, html/, figures/, numbers/, junit.xml, "
        "timings.json and run.json; what an earlier run wrote there is removed first. The status is 1 when a cell or a shell line of a cell "
        "fails, or a number deviates from its reference.",
    )
    p.add_argument("--profile", choices=TIMEOUTS, default="smoke", help="size of the runs (default: smoke)")
    p.add_argument("--only", action="append", metavar="NN", help="only notebooks whose name starts with this; may be repeated")
    p.add_argument("--out", type=Path, default=Path("out"), metavar="DIR", help="folder for the results (default: out)")
    p.add_argument("--kernel", metavar="NAME", help="kernel for all notebooks: hatlab, hatlab-go, hatlab-cuda (default: the notebooks' own)")
    p.add_argument("--set", action="append", default=[], metavar="key=value", help="override of the configuration; may be repeated")
    p.add_argument("--timeout", type=float, metavar="SECONDS", help="limit for a cell, 0 for none (default: smoke 600, quick 3600, paper none)")
    p.add_argument("--update-reference", action="store_true", help="make the numbers of this run the references of its profile")
    p.add_argument("--notebooks", type=Path, default=ROOT / "notebooks", metavar="DIR", help="folder with the notebooks (default: notebooks)")
    args = p.parse_args(argv)
    for item in args.set:
        if not item.partition("=")[0] or "=" not in item:
            p.error(f"--set {item}: want key=value")
    if args.set and args.update_reference:
        p.error("--update-reference and --set exclude each other: references are for the profile as it is")
    return args


def settings(items: list[str]) -> str:
    """HATLAB_SET of the --set options: a value with white space is quoted."""
    out = []
    for item in items:
        key, value = item.split("=", 1)
        if value == "" or any(c.isspace() or c in "'\"" for c in value):
            quote = "'" if '"' in value else '"'
            value = f"{quote}{value}{quote}"
        out.append(f"{key}={value}")
    return " ".join(out)


def describe(args: argparse.Namespace) -> dict:
    """What ran, on what, when: the head of run.json."""
    def output(*command: str) -> str:
        try:
            return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
        except (OSError, subprocess.CalledProcessError):
            return "unknown"

    return {
        "started": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "profile": args.profile,
        "set": args.set,
        "kernel": args.kernel or "the notebooks' own",
        "commit": output("git", "rev-parse", "HEAD"),
        "uncommitted_changes": output("git", "status", "--porcelain") not in ("", "unknown"),
        "go": output("go", "env", "GOVERSION"),
        "python": platform.python_version(),
        "packages": {n: importlib.metadata.version(n) for n in ("nbclient", "nbconvert", "nbformat", "jupyter-client")},
        "platform": platform.platform(),
        "cores": os.cpu_count(),
    }


def main(argv: list[str] | None = None) -> int:
    """Runs the notebooks; returns the exit status: 0, 1 for failures, 2 for a wrong call, 130 when interrupted."""
    args = arguments(argv)
    from . import compare, report
    from .pages import page
    from .progress import say
    from .run import execute, interrupt_on_terminate

    def wrong(message: str) -> int:
        print(f"error: {message}", file=sys.stderr)
        return 2

    paths = sorted(args.notebooks.glob("*.ipynb"))
    if not paths:
        return wrong(f"no notebooks in {args.notebooks}")
    if args.only:
        unknown = [o for o in args.only if not any(p.name.startswith(o) for p in paths)]
        if unknown:
            return wrong(f"--only {unknown[0]}: no such notebook; there are {', '.join(p.stem for p in paths)}")
        paths = [p for p in paths if p.name.startswith(tuple(args.only))]
    out = args.out.resolve()
    try:
        report.prepare(out)
    except OSError as e:
        return wrong(str(e))
    interrupt_on_terminate()

    env = {"HATLAB_PROFILE": args.profile, "HATLAB_SET": settings(args.set), "HATLAB_OUT": str(out)}
    timeout = TIMEOUTS[args.profile] if args.timeout is None else args.timeout
    about, runs, start = describe(args), [], time.monotonic()
    say(f"profile {args.profile}: {len(paths)} notebooks into {out}")
    try:
        for path in paths:
            before = _figures(out)
            run = execute(path, args.kernel, env, timeout)
            runs.append(run)
            run.figures = sorted(_figures(out) - before)
            _numbers(run, args, out, compare, say)
            report.write_notebook(out, run, path.parent, page)
            about |= {"seconds": round(time.monotonic() - start, 1), "result": "failed" if not all(r.ok for r in runs) else "ok"}
            report.write_summary(out, runs, about)
            for text in report.failures(run):
                say("FAILED: " + text.replace("\n", "\n  "))
            say(f"{run.name}: {'ok' if run.ok else 'FAILED'}, {run.seconds:.1f} s")
            if run.interrupted:
                break
    except KeyboardInterrupt:
        say("interrupted between two notebooks")
        return 130
    bad = [r.name for r in runs if not r.ok]
    say(f"results: {out / 'index.html'}")
    if any(report.own_page(r) for r in runs):
        say(f"report:  {out / report.PAGES[0]}")
    if any(r.interrupted for r in runs):
        say("NOTEBOOKS INTERRUPTED")
        return 130
    if bad:
        say(f"NOTEBOOKS FAILED: {', '.join(bad)} ({len(bad)} of {len(runs)}), {time.monotonic() - start:.0f} s")
        return 1
    say(f"NOTEBOOKS PASSED: {len(runs)}, {time.monotonic() - start:.0f} s")
    return 0


def _figures(out: Path) -> set[str]:
    return {p.stem for p in (out / "figures").glob("*") if p.suffix in (".svg", ".png")}


def _numbers(run, args: argparse.Namespace, out: Path, compare, say) -> None:
    """Compares a notebook's numbers, or makes them the reference."""
    numbers = out / "numbers" / f"{run.name}.json"
    reference = args.notebooks / "reference" / args.profile / f"{run.name}.json"
    if not run.executed:
        return  # its numbers are incomplete, and it has failed already
    if args.update_reference:
        if numbers.exists():
            compare.update(numbers, reference, run.kernel)
            say(f"  wrote {reference}")
    elif args.set:
        say("  numbers are not compared: --set changes them")
    elif reference.exists() or (numbers.exists() and args.profile == "smoke"):
        run.comparisons = compare.compare(numbers, reference, run.kernel)
    elif numbers.exists():
        say(f"  numbers are not compared: there is no {reference}")


if __name__ == "__main__":
    sys.exit(main())
