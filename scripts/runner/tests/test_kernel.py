"""The real kernel: GoNB shows what the fake kernel claims that it shows."""

from __future__ import annotations

import pytest
from jupyter_client.kernelspec import KernelSpecManager

from runner.run import execute

from .conftest import write_notebook

KERNELS = [name for name in ("hatlab-go", "hatlab") if name in KernelSpecManager(ensure_native_kernel=False).find_kernel_specs()]
HELLO = 'import "fmt"\n%%\nfmt.Println("hello")'


@pytest.fixture
def execute_cells(tmp_path):
    """Executes cells on the first of our kernels that is installed."""
    if not KERNELS:
        pytest.skip("no hatlab kernel is installed: go run ./kernels install --prefix .hatlab/venv")

    def call(*cells: str, timeout: float = 120):
        path = write_notebook(tmp_path / "n.ipynb", *cells)
        return execute(path, KERNELS[0], {"HATLAB_OUT": str(tmp_path / "out")}, timeout)

    return call


def test_passes(execute_cells):
    run = execute_cells(HELLO, "!echo fine\n!ls >/dev/null", "!false || echo handled")
    assert run.ok, (run.problem, run.cells)
    assert run.notebook.cells[0].outputs[0].text == "hello\n"


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ('%%\nvar x []int\nfmt.Println(x[3])', "panic: runtime error: index out of range [3] with length 0"),
        ("%%\nx := 1", "declared and not used: x"),
        ("!exit 3\n!echo after", "ended with exit status 3"),
        ("!kill -9 $$", "signal: killed"),
        ("%nosuch\n%%\nfmt.Println(1)", "unknown magic %nosuch"),
        ("!kill -9 $PPID; sleep 2", "the kernel died"),
    ],
)
def test_fails(execute_cells, cell, said):
    run = execute_cells(HELLO, cell, HELLO)
    assert [c.status for c in run.cells] == ["ok", "failed", "skipped"], (run.problem, run.cells)
    assert said in run.cells[1].summary


def test_timeout(execute_cells):
    run = execute_cells("!echo begun; sleep 60", timeout=3)
    assert run.cells[0].error == "the cell did not end within 3 s (--timeout)"
    assert run.notebook.cells[0].outputs[0].text == "begun\n"
