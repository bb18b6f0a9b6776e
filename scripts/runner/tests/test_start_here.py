"""Notebook 01 is for a machine that has nothing but Go: it must run there, and soon."""

from __future__ import annotations

import json
from pathlib import Path

from runner.__main__ import main

# Half a minute is what notebook 01 promises on two quiet cores; machines that run tests are slow and busy.
SECONDS = 90


def test_start_here_on_the_pure_go_backend(tmp_path: Path):
    notebooks = Path(__file__).parents[3] / "notebooks"
    assert main(["--notebooks", str(notebooks), "--only", "01", "--kernel", "hatlab-go", "--out", str(tmp_path)]) == 0
    assert json.loads((tmp_path / "timings.json").read_text())["01_start_here"]["seconds"] < SECONDS
