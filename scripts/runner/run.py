"""Executes one notebook on one kernel, cell by cell, and keeps what happened even when it ends badly."""

from __future__ import annotations

import json
import logging
import os
import re
import signal
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from jupyter_client.kernelspec import KernelSpecManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from .progress import say, ticking
from .shell import ShellLog

ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
STARTUP_TIMEOUT = 120  # seconds; the first start on a cold machine reads the whole kernel program from disk


def plain(text: str) -> str:
    """Text without the escape sequences of terminals."""
    return ANSI.sub("", text)


@dataclass
class CellResult:
    """What became of one code cell. `number` counts all cells of the notebook from 1, as a reader does."""

    number: int
    source: str
    status: str = "skipped"  # ok, failed, skipped
    seconds: float = 0.0
    error: str = ""
    stderr: str = ""

    @property
    def title(self) -> str:
        """The cell's first line that says something."""
        lines = [line.strip() for line in self.source.splitlines()]
        lines = [line for line in lines if line and line not in ("%%", "%main")] or ["(empty)"]
        return lines[0][:80]

    @property
    def summary(self) -> str:
        """The error in one line. That of a panic says only "exit status 2"; the reason is on stderr."""
        last = (self.error.splitlines() or [""])[-1].strip()
        if not re.match(r"exit status \d+$", last):
            return last
        lines = [line.strip() for line in self.stderr.splitlines() if line.strip() and not re.match(r"exit status \d+$", line)]
        reasons = [line for line in lines if line.startswith("panic:")] or lines[-1:]
        return f"{last}: {reasons[0]}" if reasons else last


@dataclass
class NotebookRun:
    """What became of one notebook. `problem` is a failure that belongs to no cell; `notebook` is None when it could not be read."""

    name: str
    kernel: str = ""
    cells: list[CellResult] = field(default_factory=list)
    problem: str = ""
    seconds: float = 0.0
    notebook: NotebookNode | None = None
    figures: list[str] = field(default_factory=list)
    comparisons: list = field(default_factory=list)  # of compare.Comparison
    interrupted: bool = False

    @property
    def executed(self) -> bool:
        """Whether every cell ran without an error."""
        return not self.problem and all(c.status == "ok" for c in self.cells)

    @property
    def ok(self) -> bool:
        """Whether it was executed and its numbers agree with their references."""
        return self.executed and all(not c.failure for c in self.comparisons)


class UnreadableNotebook(Exception):
    """A file that is no notebook of the format we keep."""


def read(path: Path) -> NotebookNode:
    """Reads and validates a notebook: nbformat 4.5 or newer, as it has cell ids."""
    # Looked at before nbformat sees it: nbformat adds missing cell ids and changes double ones, silently.
    try:
        text = path.read_text(encoding="utf-8")
        raw = json.loads(text)
    except OSError as e:
        raise UnreadableNotebook(f"{path}: {e.strerror}") from e
    except ValueError as e:
        raise UnreadableNotebook(f"{path} is not a readable notebook: {e}") from e
    if not isinstance(raw, dict) or not isinstance(raw.get("cells", []), list):
        raise UnreadableNotebook(f"{path} is not a readable notebook: no JSON object with a list of cells")
    major, minor = raw.get("nbformat"), raw.get("nbformat_minor")
    if major != 4 or not isinstance(minor, int) or minor < 5:
        raise UnreadableNotebook(f"{path} has nbformat {major}.{minor}, want 4.5 or newer: open it in JupyterLab and save it")
    ids = [cell.get("id") for cell in raw.get("cells", []) if isinstance(cell, dict)]
    if None in ids or len(set(ids)) < len(ids):
        raise UnreadableNotebook(f"{path} is not a valid notebook: a cell has no id, or the id of another cell")
    try:
        notebook = nbformat.reads(text, as_version=4)
        nbformat.validate(notebook)
    except Exception as e:  # nbformat raises many kinds for a notebook that is none
        raise UnreadableNotebook(f"{path} is not a valid notebook: {type(e).__name__}: {str(e).splitlines()[0]}") from e
    return notebook


def choose_kernel(notebook: NotebookNode, wanted: str | None) -> tuple[str, str]:
    """The kernel to run on, and a notice or "". Without the XLA kernel the pure Go one takes its place."""
    name = wanted or notebook.metadata.get("kernelspec", {}).get("name") or "hatlab"
    installed = sorted(KernelSpecManager(ensure_native_kernel=False).find_kernel_specs())
    if name in installed:
        return name, ""
    if not wanted and name == "hatlab" and "hatlab-go" in installed:
        return "hatlab-go", 'the kernel "hatlab" (XLA) is not installed: running on "hatlab-go", which is slower'
    raise LookupError(
        f'the kernel "{name}" is not installed (installed: {", ".join(installed) or "none"}); '
        "go run ./kernels install --prefix .hatlab/venv  installs ours"
    )


def execute(path: Path, wanted_kernel: str | None, env: dict[str, str], timeout: float) -> NotebookRun:
    """Executes a notebook until a cell fails; the cells after it are marked skipped. Never raises for what the notebook does."""
    run = NotebookRun(path.stem)
    start = time.monotonic()
    try:
        notebook = read(path)
    except UnreadableNotebook as e:
        run.problem = str(e)
        return run
    run.notebook = notebook
    notebook.metadata.setdefault("language_info", {"name": "go"})
    for index, cell in enumerate(notebook.cells):
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
            if cell.source.strip():
                run.cells.append(CellResult(index + 1, cell.source))
    try:
        run.kernel, notice = choose_kernel(notebook, wanted_kernel)
    except LookupError as e:
        run.problem = str(e)
        return run
    say(f"{run.name} on {run.kernel}: {len(run.cells)} code cells" + (f"\n  {notice}" if notice else ""))
    with tempfile.TemporaryDirectory(prefix="hatlab-run-", ignore_cleanup_errors=True) as folder:
        try:
            _execute_cells(run, path.parent, ShellLog(Path(folder)), env, timeout)
        except KeyboardInterrupt:
            run.interrupted, run.problem = True, "interrupted"
    run.seconds = time.monotonic() - start
    return run


def _execute_cells(run: NotebookRun, folder: Path, log: ShellLog, env: dict[str, str], timeout: float) -> None:
    client = NotebookClient(
        run.notebook,
        kernel_name=run.kernel,
        timeout=timeout,
        startup_timeout=STARTUP_TIMEOUT,
        resources={"metadata": {"path": str(folder)}},
        record_timing=False,
        coalesce_streams=True,
    )
    client.log.disabled = True  # its errors are in the exceptions, which we report ourselves
    try:
        client.km = client.create_kernel_manager()
        # A kernel that is killed cannot remove its temporary folder: so it gets one that we remove.
        client.start_new_kernel(env={**os.environ, **env, **log.environment(), "TMPDIR": str(log.path.parent)})
        client.start_new_kernel_client()
        info = client.wait_for_reply(client.kc.kernel_info())
        # GoNB leaves some fields empty, and an empty lexer name keeps nbconvert from using the language's name.
        run.notebook.metadata["language_info"] = {k: v for k, v in info["content"]["language_info"].items() if v}
    except Exception as e:
        run.problem = f'the kernel "{run.kernel}" did not start: {type(e).__name__}: {e}'
        return
    try:
        for position, result in enumerate(run.cells, start=1):
            label = f"  {run.name}  cell {position}/{len(run.cells)}"
            log.clear()
            begin = time.monotonic()
            with ticking(label):
                try:
                    _execute_cell(client, run.notebook, result, log, timeout)
                finally:
                    result.seconds = time.monotonic() - begin
            say(f"{label} {result.seconds:6.1f} s  {'ok' if result.status == 'ok' else 'FAILED'}  {result.title}")
            if result.status != "ok":
                return
    finally:
        if client.km is not None:
            client._cleanup_kernel()


def _execute_cell(client: NotebookClient, notebook: NotebookNode, result: CellResult, log: ShellLog, timeout: float) -> None:
    """Fills in the result of a cell."""
    cell = notebook.cells[result.number - 1]
    try:
        client.execute_cell(cell, result.number - 1)
    except CellExecutionError as e:
        traceback = plain("\n".join(_tracebacks(cell))).strip()
        result.error = traceback or plain(f"{e.ename}: {e.evalue}").strip(": ") or "interrupted while compiling"
    except CellTimeoutError:
        result.error = f"the cell did not end within {timeout:g} s (--timeout)"
    except DeadKernelError:
        result.error = "the kernel died while it executed this cell"
    except KeyboardInterrupt:
        result.error = "interrupted"
        result.status = "failed"
        # nbclient's task is left behind; that it fails when the kernel is stopped is no news.
        logging.getLogger("asyncio").setLevel(logging.CRITICAL)
        raise
    finally:
        result.stderr = plain("".join(o.text for o in cell.outputs if o.output_type == "stream" and o.name == "stderr"))
    if not result.error:
        result.error = log.failure(cell.source, result.stderr) or ""
    result.status = "failed" if result.error else "ok"


def _tracebacks(cell: NotebookNode) -> list[str]:
    return [line for o in cell.outputs if o.output_type == "error" for line in (o.traceback or [f"{o.ename}: {o.evalue}"])]


def interrupt_on_terminate() -> None:
    """Makes SIGTERM end the run as Ctrl-C does: what is there is written."""

    def handler(signum: int, frame: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, handler)
