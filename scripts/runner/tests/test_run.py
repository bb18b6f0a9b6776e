"""Whole runs on the fake kernel: what fails, what is said, and what is left on disk."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from runner.__main__ import ROOT


def cases(out: Path) -> dict[str, ET.Element]:
    """The cases of junit.xml by class and number of the cell."""
    return {f"{c.get('classname')} {c.get('name').split(':')[0]}": c for c in ET.parse(out / "junit.xml").iter("testcase")}


def test_a_good_run_leaves_everything(bench):
    bench.add("01_good", "md:# Title\n\n$a^2$ and\n\n$$\\sum_i x_i$$", "print hello", "figure curve", "!echo shell", "  ")
    assert bench.run() == 0, bench.text
    assert "NOTEBOOKS PASSED: 1" in bench.text and "cell 3/3" in bench.text
    assert {p.name for p in bench.out.iterdir()} == {"notebooks", "html", "figures", "numbers", "junit.xml", "timings.json", "run.json", "index.html"}
    assert bench.executed("01_good").cells[1].outputs[0].text == "hello\n"
    page = (bench.out / "html" / "01_good.html").read_text()
    assert page.count("<math") == 2 and "$a^2$" not in page
    assert "<script src" not in page and "cdnjs" not in page and "<link rel=\"stylesheet\"" not in page
    index = (bench.out / "index.html").read_text()
    assert "html/01_good.html" in index and "figures/curve.svg" in index
    assert set(cases(bench.out)) == {"01_good cell 02", "01_good cell 03", "01_good cell 04"}
    about = json.loads((bench.out / "run.json").read_text())
    assert about["profile"] == "smoke" and about["result"] == "ok" and about["packages"]["nbclient"]
    assert [c["cell"] for c in json.loads((bench.out / "timings.json").read_text())["01_good"]["cells"]] == [2, 3, 4]


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("fail declared and not used: x", "declared and not used: x"),
        ("panic index out of range", "panic: index out of range"),
        ("!echo why >&2; exit 3\nprint after", "shell line `!echo why >&2; exit 3` ended with exit status 3"),
        ("!false", "shell line `!false` ended with exit status 1"),
        ("!kill -9 $$", "a shell line ended with signal: killed"),
        ("!trap 'exit 5' EXIT", "a shell line ended with exit status 5"),
        ('warn "%nosuch" unknown or not implemented yet.', "unknown magic %nosuch"),
        ("die", "the kernel died while it executed this cell"),
    ],
)
def test_a_failing_cell(bench, cell, said):
    bench.add("01_bad", "md:text", "print before", cell, "print never")
    bench.add("02_good", "print next")
    assert bench.run() == 1
    for part in (said, "01_bad.ipynb, cell 3", cell.splitlines()[0], "NOTEBOOKS FAILED: 01_bad (1 of 2)"):
        assert part in bench.text
    notebook = bench.executed("01_bad")
    assert notebook.cells[1].outputs[0].text == "before\n" and not notebook.cells[3].outputs
    assert said.split("`")[0] in (bench.out / "index.html").read_text().replace("&quot;", '"')
    assert (bench.out / "html" / "01_bad.html").exists()
    junit = cases(bench.out)
    assert junit["01_bad cell 02"].find("failure") is None
    assert said in junit["01_bad cell 03"].find("failure").get("message")
    assert junit["01_bad cell 04"].find("skipped") is not None
    assert junit["02_good cell 01"].find("failure") is None


def test_what_is_handled_is_no_failure(bench):
    bench.add("01", "!false || true", "!bash -c 'exit 4'; true", '!echo "exit status 7" >&2', "warn exit status 9")
    assert bench.run() == 0, bench.text


def test_timeout(bench):
    bench.add("01", "print before\nsleep 60")
    start = time.monotonic()
    assert bench.run("--timeout", "1") == 1
    assert time.monotonic() - start < 20
    assert "did not end within 1 s" in bench.text
    assert bench.executed("01").cells[0].outputs[0].text == "before\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupt_writes_what_is_there(bench, number):
    bench.add("01", "print before", "print begun\nsleep 60")
    bench.add("02", "print never")
    command = [sys.executable, "-m", "runner", "--notebooks", bench.folder / "notebooks", "--out", bench.out]
    env = {**os.environ, "PYTHONPATH": str(ROOT / "scripts"), "PYTHONUNBUFFERED": "1"}
    # Started in the background by a script, this test inherits a SIGINT that is ignored.
    process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                               preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler))
    for line in process.stdout:
        if "cell 1/2" in line:
            break
    time.sleep(1)
    process.send_signal(number)
    text, _ = process.communicate(timeout=30)
    assert process.returncode == 130 and "NOTEBOOKS INTERRUPTED" in text and "Traceback" not in text
    assert bench.executed("01").cells[1].outputs[0].text == "begun\n"
    assert "interrupted" in (bench.out / "junit.xml").read_text()
    assert not (bench.out / "notebooks" / "02.ipynb").exists()


def test_missing_kernel(bench):
    bench.add("01", "print x", kernel="nosuch")
    assert bench.run() == 1
    assert 'the kernel "nosuch" is not installed (installed: ' in bench.text and "go run ./kernels install" in bench.text


def test_pure_go_takes_the_place_of_xla(bench, monkeypatch):
    bench.add("01", "print x")
    monkeypatch.setattr("runner.run.KernelSpecManager.find_kernel_specs", lambda self: {"hatlab-go": "folder"})
    assert bench.run() == 0, bench.text
    assert 'running on "hatlab-go"' in bench.text
    assert bench.run("--kernel", "hatlab") == 1  # asked for by name, it is not replaced


def test_kernel_that_does_not_start(bench):
    spec = bench.folder / "jupyter" / "kernels" / "hatlab" / "kernel.json"
    spec.write_text(json.dumps({"argv": ["/nonexistent/gonb", "{connection_file}"], "display_name": "x", "language": "go"}))
    bench.add("01", "print x")
    assert bench.run() == 1
    assert 'the kernel "hatlab" did not start' in bench.text


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{nope", "is not a readable notebook"),
        ("[]", "is not a readable notebook"),
        ("{}", "has nbformat"),
        ('{"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": []}', "has nbformat 3.0, want 4.5"),
        ('{"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": []}', "has nbformat 4.4, want 4.5"),
        ('{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{"cell_type": "code"}]}', "is not a valid notebook"),
    ],
)
def test_unreadable_notebook(bench, content, said):
    bench.add("02", "print x")
    (bench.folder / "notebooks" / "01.ipynb").write_text(content)
    assert bench.run() == 1
    assert said in bench.text and "02: ok" in bench.text
    assert said in cases(bench.out)["01 notebook"].find("failure").get("message")


def test_environment_of_the_kernel(bench):
    bench.add("01", '!echo "$HATLAB_PROFILE|$HATLAB_SET|$HATLAB_OUT"')
    assert bench.run("--profile", "quick", "--set", "rate=0.1", "--set", "note=two words", "--set", "empty=") == 0, bench.text
    assert bench.executed("01").cells[0].outputs[0].text == f'quick|rate=0.1 note="two words" empty=""|{bench.out}\n'


def test_only(bench):
    bench.add("01_a", "print x")
    bench.add("02_b", "fail x")
    assert bench.run("--only", "01") == 0, bench.text
    assert bench.run("--only", "07") == 2
    assert "--only 07: no such notebook; there are 01_a, 02_b" in bench.text


def test_an_earlier_run_is_replaced_and_other_things_are_not(bench):
    bench.add("01", "figure old")
    assert bench.run() == 0
    bench.add("01", "figure new")
    assert bench.run() == 0
    assert [p.name for p in (bench.out / "figures").iterdir()] == ["new.svg"]
    (bench.out / "run.json").unlink()
    assert bench.run() == 2
    assert "not from an earlier run" in bench.text and (bench.out / "figures" / "new.svg").exists()
