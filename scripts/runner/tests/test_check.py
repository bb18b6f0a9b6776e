"""What a committed notebook must look like."""

from __future__ import annotations

import json

import pytest

from runner.check import main, problems

from .conftest import write_notebook


def test_clean(tmp_path, capsys):
    write_notebook(tmp_path / "01.ipynb", "md:x", "print 1")
    assert main([str(tmp_path)]) == 0
    assert "1 notebooks, 0 problems" in capsys.readouterr().out


def test_empty_folder(tmp_path):
    assert main([str(tmp_path)]) == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda n: n["cells"][0].update(outputs=[{"output_type": "stream", "name": "stdout", "text": "x"}]), "cell 1 holds outputs"),
        (lambda n: n["cells"][0].update(execution_count=3), "cell 1 holds outputs"),
        (lambda n: n["metadata"].update(hatlab={"page": "index.html"}), "asks for the page 'index.html'"),
        (lambda n: n["cells"][0].pop("id"), "a cell has no id"),
        (lambda n: n["cells"][1].update(id="c0"), "the id of another cell"),
        (lambda n: n["metadata"].pop("kernelspec"), "the kernel is None"),
        (lambda n: n.update(nbformat_minor=4), "nbformat 4.4"),
    ],
)
def test_problems(tmp_path, change, said):
    path = write_notebook(tmp_path / "01.ipynb", "print 1", "print 2")
    notebook = json.loads(path.read_text())
    change(notebook)
    path.write_text(json.dumps(notebook))
    found = problems(path)
    assert found and said in found[0]
