"""Pages: what they load, where their links lead, and the page without code that a notebook may ask for."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import nbformat
import pytest

from runner.pages import page, requests


def notebook(*cells: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """A notebook of the given cells."""
    return nbformat.v4.new_notebook(cells=list(cells))


def shown(fragment: str) -> nbformat.NotebookNode:
    """A code cell that displayed HTML."""
    output = nbformat.v4.new_output("display_data", data={"text/html": fragment, "text/plain": "plain"})
    return nbformat.v4.new_code_cell("secret := 42", outputs=[output], execution_count=1)


@pytest.mark.parametrize(
    ("loads", "fragment"),
    [
        ("https://a.org/x.js", '<script src="https://a.org/x.js"></script>'),
        ("http://a.org/x.css", '<link rel="stylesheet" href="http://a.org/x.css">'),
        ("x.png", '<img src="x.png">'),
        ("//a.org/f.woff", "<style>@font-face{src:url(//a.org/f.woff)}</style>"),
        ("https://a.org/x.css", '<style>@import "https://a.org/x.css";</style>'),
        ("https://a.org/b.png", "<p style=\"background:url('https://a.org/b.png')\">x</p>"),
        ("", '<a href="https://a.org">read on</a><img src="data:image/png;base64,AA"><svg><use href="#a"></use></svg>'),
    ],
)
def test_requests_are_seen(loads, fragment):
    assert requests(f"<html><body>{fragment}</body></html>") == ([loads] if loads else [])


def test_pages_load_nothing_and_link_pages():
    book = notebook(
        nbformat.v4.new_markdown_cell("# Title\n\n$a^2$ [next](03_figure_1.ipynb), [rules](../hatlib/analysis/claims/PROTOCOL.md)"),
        shown('<p id="claim-x">seen</p><a href="03_figure_1.ipynb#there">figure</a><a href="#claim-x">up</a>'),
    )
    whole = page(book, "10_report", ".")
    assert requests(whole) == []
    assert 'href="03_figure_1.html"' in whole and 'href="03_figure_1.html#there"' in whole and 'href="#claim-x"' in whole
    assert "ipynb" not in whole and "<code>hatlib/analysis/claims/PROTOCOL.md</code>" in whole and "secret" in whole
    bare = page(book, "10_report", ".", code=False, pages="html/")
    assert requests(bare) == []
    assert "secret" not in bare and "seen" in bare and 'href="html/03_figure_1.html"' in bare and "<math" in bare


def test_a_page_of_its_own(bench):
    bench.add("10_report", "md:# Report", "print verdict")
    path = bench.folder / "notebooks" / "10_report.ipynb"
    book = json.loads(path.read_text())
    book["metadata"]["hatlab"] = {"page": "report.html"}
    path.write_text(json.dumps(book))
    bench.add("11_other", "print x")
    assert bench.run() == 0, bench.text
    text = (bench.out / "report.html").read_text()
    assert "verdict" in text and "print verdict" not in text and requests(text) == []
    assert 'href="report.html"' in (bench.out / "index.html").read_text()
    assert bench.run("--only", "11") == 0  # what an earlier run left is removed
    assert not (bench.out / "report.html").exists() and "report.html" not in (bench.out / "index.html").read_text()


@pytest.mark.skipif(shutil.which("chromium") is None, reason="no chromium")
def test_a_browser_shows_it_from_a_file(tmp_path: Path):
    """The browser is cut off from every network: what it shows is in the file."""
    book = notebook(nbformat.v4.new_markdown_cell("# Title\n\n$a^2$"), shown('<p id="claim-x">seen</p>'))
    path = tmp_path / "report.html"
    path.write_text(page(book, "10_report", ".", code=False))
    command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}/browser", "--dump-dom",
               "--proxy-server=127.0.0.1:9", path.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0 and "seen" in done.stdout and "<math" in done.stdout
