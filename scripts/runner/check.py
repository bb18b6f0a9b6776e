"""Checks committed notebooks: valid nbformat 4.5 with cell ids, our kernel, no outputs. `python -m runner.check notebooks`"""

from __future__ import annotations

import sys
from pathlib import Path

from .report import PAGES
from .run import UnreadableNotebook, read


def problems(path: Path) -> list[str]:
    """Everything that is wrong with a committed notebook."""
    try:
        notebook = read(path)
    except UnreadableNotebook as e:
        return [str(e)]
    out = []
    kernel = notebook.metadata.get("kernelspec", {}).get("name")
    if kernel != "hatlab":
        out.append(f"{path}: the kernel is {kernel!r}, want 'hatlab'")
    own = notebook.metadata.get("hatlab", {}).get("page")
    if own not in (None, *PAGES):
        out.append(f"{path}: asks for the page {own!r}, want one of {', '.join(PAGES)}")
    for number, cell in enumerate(notebook.cells, start=1):
        if cell.cell_type == "code" and (cell.outputs or cell.execution_count is not None):
            out.append(f"{path}: cell {number} holds outputs: clear all outputs and save")
    return out


def main(arguments: list[str]) -> int:
    """Prints the problems of all notebooks in the folders; the status is 1 when there are any, or no notebooks."""
    paths = sorted(p for a in arguments for p in Path(a).glob("*.ipynb"))
    found = [problem for path in paths for problem in problems(path)]
    if not paths:
        found = [f"no notebooks in {' '.join(arguments)}"]
    for problem in found:
        print(problem, file=sys.stderr)
    print(f"{len(paths)} notebooks, {len(found)} problems")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or ["notebooks"]))
