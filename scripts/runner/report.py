"""Writes what came of a run: executed notebooks, pages, junit.xml, timings.json, run.json, index.html.

Everything is written after each notebook again, so that a run that is cut short leaves what it had.
"""

from __future__ import annotations

import html
import json
import re
import shutil
import xml.etree.ElementTree as ET
from pathlib import Path

import nbformat

from .run import CellResult, NotebookRun

FOLDERS = ("notebooks", "html", "figures", "numbers")
PAGES = ("report.html",)  # what a notebook may ask for as a page of its own
FILES = ("junit.xml", "timings.json", "run.json", "index.html", *PAGES)
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def prepare(out: Path) -> None:
    """Makes the folder, and removes what an earlier run left there. A folder that holds other things of these names is refused."""
    out.mkdir(parents=True, exist_ok=True)
    ours = [out / name for name in FOLDERS + FILES if (out / name).exists()]
    if ours and not (out / "run.json").exists():
        raise FileExistsError(f"{out} holds {ours[0].name}, but not from an earlier run (no run.json): choose another --out")
    # run.json goes last: cut short here, the folder is still known as ours.
    for path in sorted(ours, key=lambda p: p.name == "run.json"):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    write(out / "run.json", "{}\n")
    for name in FOLDERS:
        (out / name).mkdir()


def write(path: Path, text: str) -> None:
    """Writes a file in one step."""
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)


def describe(run: NotebookRun, cell: CellResult) -> str:
    """All that is needed to understand a failed cell: notebook, number, source, error, stderr."""
    parts = [f"{run.name}.ipynb, cell {cell.number}, after {cell.seconds:.1f} s", "--- source", cell.source, "--- error", cell.error]
    if cell.stderr.strip():
        parts += ["--- stderr", cell.stderr.rstrip()]
    return "\n".join(parts)


def failures(run: NotebookRun) -> list[str]:
    """Every failure of a notebook, as text for the reader."""
    out = [describe(run, c) for c in run.cells if c.status == "failed"]
    if run.problem:
        out.append(f"{run.name}.ipynb: {run.problem}")
    out += [f"{run.name}.ipynb: number {c.key}: {c.failure}" for c in run.comparisons if c.failure]
    return out


def write_notebook(out: Path, run: NotebookRun, source_folder: Path, page) -> None:
    """Writes the executed notebook and its page; `page` makes HTML of a notebook."""
    if run.notebook is None:
        return
    try:
        nbformat.validate(run.notebook)
    except nbformat.ValidationError as e:
        run.problem = run.problem or f"the outputs do not form a valid notebook: {str(e).splitlines()[0]}"
    write(out / "notebooks" / f"{run.name}.ipynb", json.dumps(run.notebook, indent=1, ensure_ascii=False) + "\n")
    write(out / "html" / f"{run.name}.html", page(run.notebook, run.name, str(source_folder)))
    if own := own_page(run):
        write(out / own, page(run.notebook, run.name, str(source_folder), code=False, pages="html/"))


def own_page(run: NotebookRun) -> str:
    """The name of the page without code that a notebook asks for in its metadata, {"hatlab": {"page": "report.html"}}; or ""."""
    if run.notebook is None:
        return ""
    name = run.notebook.metadata.get("hatlab", {}).get("page", "")
    return name if name in PAGES else ""


def write_summary(out: Path, runs: list[NotebookRun], about: dict) -> None:
    """Writes junit.xml, timings.json, run.json and index.html for the notebooks so far."""
    write(out / "junit.xml", junit(runs))
    write(out / "timings.json", json.dumps(timings(runs), indent=2) + "\n")
    write(out / "run.json", json.dumps(about, indent=2) + "\n")
    write(out / "index.html", index(out, runs, about))


def timings(runs: list[NotebookRun]) -> dict:
    """Seconds by notebook and cell."""
    return {
        r.name: {
            "seconds": round(r.seconds, 2),
            "cells": [{"cell": c.number, "seconds": round(c.seconds, 2), "status": c.status, "title": c.title} for c in r.cells],
        }
        for r in runs
    }


def junit(runs: list[NotebookRun]) -> str:
    """JUnit's XML: a suite per notebook, a case per code cell and per compared number."""
    root = ET.Element("testsuites", name="notebooks")
    total = {"tests": 0, "failures": 0, "skipped": 0}
    for run in runs:
        suite = ET.SubElement(root, "testsuite", name=run.name, time=f"{run.seconds:.3f}")
        count = {"tests": 0, "failures": 0, "skipped": 0}

        def case(name: str, seconds: float, failure: str = "", text: str = "", skipped: bool = False) -> None:
            element = ET.SubElement(suite, "testcase", classname=run.name, name=_xml(name), time=f"{seconds:.3f}")
            count["tests"] += 1
            if failure:
                count["failures"] += 1
                ET.SubElement(element, "failure", message=_xml(failure)).text = _xml(text or failure)
            elif skipped:
                count["skipped"] += 1
                ET.SubElement(element, "skipped", message="an earlier cell failed, or the run was interrupted")

        if run.problem:
            case("notebook", 0, run.problem)
        for cell in run.cells:
            case(f"cell {cell.number:02d}: {cell.title}", cell.seconds, cell.summary, describe(run, cell), cell.status == "skipped")
        for c in run.comparisons:
            case(f"number {c.key}", 0, c.failure)
        for key, value in count.items():
            suite.set(key, str(value))
            total[key] += value
    for key, value in total.items():
        root.set(key, str(value))
    root.set("time", f"{sum(r.seconds for r in runs):.3f}")
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _xml(text: str) -> str:
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)


_STYLE = """body{font:16px/1.5 system-ui,sans-serif;max-width:62em;margin:2em auto;padding:0 1em;color:#222}
table{border-collapse:collapse}td,th{padding:.2em 1em .2em 0;text-align:left;vertical-align:top}
.right{text-align:right;font-variant-numeric:tabular-nums}.bad{color:#a00;font-weight:bold}
pre{background:#f5f5f5;padding:.8em;overflow:auto;font-size:13px}figure{margin:1.5em 0}img{max-width:100%}
figcaption{color:#555}"""


def index(out: Path, runs: list[NotebookRun], about: dict) -> str:
    """The page that links everything, and shows the figures."""
    e = html.escape
    rows, problems, pictures = [], [], []
    for run in runs:
        state = "ok" if run.ok else '<span class="bad">failed</span>'
        links = "not written"
        if run.notebook is not None:
            links = f'<a href="html/{e(run.name)}.html">page</a>, <a href="notebooks/{e(run.name)}.ipynb">notebook</a>'
        if (out / "numbers" / f"{run.name}.json").exists():
            compared = f", {len(run.comparisons)} compared" if run.comparisons else ""
            links += f', <a href="numbers/{e(run.name)}.json">numbers</a>{compared}'
        if own := own_page(run):
            links += f', <a href="{e(own)}"><b>{e(own)}</b></a>, without code'
        done = sum(c.status == "ok" for c in run.cells)
        rows.append(
            f"<tr><td>{e(run.name)}</td><td>{state}</td><td class=right>{done}/{len(run.cells)} cells</td>"
            f"<td class=right>{run.seconds:.1f} s</td><td>{e(run.kernel)}</td><td>{links}</td></tr>"
        )
        problems += [f"<pre>{e(text)}</pre>" for text in failures(run)]
        for figure in run.figures:
            pictures.append(f"<figure>{_picture(out, figure)}<figcaption>{e(figure)} ({_links(out, figure)}), from {e(run.name)}</figcaption></figure>")
    facts = "".join(f"<tr><th>{e(k)}</th><td>{e(v if isinstance(v, str) else json.dumps(v))}</td></tr>" for k, v in about.items())
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>hatlab: {e(str(about.get("profile", "")))} run</title>'
        f"<style>{_STYLE}</style></head><body>\n<h1>hatlab: a run of the notebooks</h1>\n"
        f"<table>{''.join(rows)}</table>\n"
        + (f"<h2>Failures</h2>\n{''.join(problems)}\n" if problems else "")
        + (f"<h2>Figures</h2>\n{''.join(pictures)}\n" if pictures else "")
        + f'<h2>This run</h2>\n<table>{facts}</table>\n<p><a href="junit.xml">junit.xml</a>, <a href="timings.json">timings.json</a>, '
        f'<a href="run.json">run.json</a></p>\n</body></html>\n'
    )


def _picture(out: Path, stem: str) -> str:
    suffix = ".svg" if (out / "figures" / f"{stem}.svg").exists() else ".png"
    return f'<img src="figures/{html.escape(stem)}{suffix}" alt="{html.escape(stem)}">'


def _links(out: Path, stem: str) -> str:
    places = [("figures", ".svg"), ("figures", ".png"), ("figures", ".csv"), ("numbers", ".csv")]
    files = [(folder, suffix) for folder, suffix in places if (out / folder / f"{stem}{suffix}").exists()]
    return ", ".join(f'<a href="{folder}/{html.escape(stem)}{suffix}">{suffix[1:].upper()}</a>' for folder, suffix in files)
