"""Fixtures: a Jupyter with the fake kernel in it, and a way to run notebooks made of strings."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
import pytest

from runner.__main__ import main

FAKE = Path(__file__).with_name("fakekernel.py")


def write_notebook(path: Path, *cells: str, kernel: str = "hatlab") -> Path:
    """Writes a notebook of code cells; a cell that begins with "md:" is Markdown."""
    notebook = nbformat.v4.new_notebook(metadata={"kernelspec": {"name": kernel, "display_name": kernel, "language": "go"}})
    for i, cell in enumerate(cells):
        new = nbformat.v4.new_markdown_cell(cell[3:]) if cell.startswith("md:") else nbformat.v4.new_code_cell(cell)
        new.id = f"c{i}"
        notebook.cells.append(new)
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)
    return path


@dataclass
class Bench:
    """A folder of notebooks, and where their results go."""

    folder: Path
    printed: Callable[[], str]
    status: int = -1
    text: str = ""
    out: Path = field(init=False)

    def __post_init__(self) -> None:
        self.out = self.folder / "out"

    def add(self, name: str, *cells: str, kernel: str = "hatlab") -> None:
        """Adds a notebook."""
        write_notebook(self.folder / "notebooks" / f"{name}.ipynb", *cells, kernel=kernel)

    def run(self, *options: str) -> int:
        """Runs all notebooks; the status and what was printed are kept."""
        self.status = main(["--notebooks", str(self.folder / "notebooks"), "--out", str(self.out), *options])
        self.text = self.printed()
        return self.status

    def executed(self, name: str) -> nbformat.NotebookNode:
        """The executed notebook, validated."""
        notebook = nbformat.read(self.out / "notebooks" / f"{name}.ipynb", as_version=4)
        nbformat.validate(notebook)
        return notebook


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture) -> Bench:
    """Notebooks that run on the fake kernel under the names of ours. The machine's own kernels are out of sight."""
    for name in ("hatlab", "hatlab-go"):
        spec = tmp_path / "jupyter" / "kernels" / name / "kernel.json"
        spec.parent.mkdir(parents=True)
        spec.write_text(json.dumps({"argv": [sys.executable, str(FAKE), "{connection_file}"], "display_name": name, "language": "go"}))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    monkeypatch.setenv("JUPYTER_PREFER_ENV_PATH", "0")
    monkeypatch.setenv("FAKE_NOTEBOOK", "01")
    return Bench(tmp_path, lambda: "".join(capfd.readouterr()))
