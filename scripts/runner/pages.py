"""Notebooks as single pages that need no network: no scripts from elsewhere, formulas as MathML."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser
from typing import Any

from jinja2 import pass_context
from latex2mathml.converter import convert
from nbconvert import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbformat import NotebookNode

# nbconvert's own template, without the three scripts that it would load from a content network.
TEMPLATE = """{% extends 'lab/index.html.j2' %}
{% block html_head_js_requirejs %}{% endblock %}
{% block html_head_js_mathjax %}{% endblock %}
{% block html_head_js_mermaidjs %}{% endblock %}
"""


def mathml(source: str, display: str) -> str:
    """A LaTeX formula as MathML, which browsers draw by themselves; as source where it cannot be converted."""
    try:
        return convert(source, display=display)
    except Exception:  # the converter raises many kinds for what it does not know
        return f"<code>{html.escape(source)}</code>"


class _Renderer(IPythonRenderer):
    def inline_math(self, body: str) -> str:
        return mathml(body, "inline")

    def block_math(self, body: str) -> str:
        return mathml(body, "block")

    def latex_environment(self, name: str, body: str) -> str:
        return mathml(f"\\begin{{{name}}}{body}\\end{{{name}}}", "block")


class PageExporter(HTMLExporter):
    """nbconvert's HTML exporter, made self-contained."""

    def __init__(self, **options: Any) -> None:
        super().__init__(embed_images=True, raw_template=TEMPLATE, **options)
        self.exclude_input_prompt = self.exclude_output_prompt = self.exclude_input

    @pass_context
    def markdown2html(self, context: Any, source: str) -> str:
        cell = context.get("cell", {})
        renderer = _Renderer(
            escape=False,
            embed_images=True,
            path=context.get("resources", {}).get("metadata", {}).get("path", ""),
            attachments=cell.get("attachments", {}),
            exclude_anchor_links=self.exclude_anchor_links,
        )
        return MarkdownWithMath(renderer=renderer).render(source)


_NOTEBOOK_LINK = re.compile(r'href="(\d\d_\w+)\.ipynb(#[^"]*)?"')
_SOURCE_LINK = re.compile(r'<a href="\.\./(hatlib|scripts)/([^"]*)">(.*?)</a>', re.DOTALL)


def page(notebook: NotebookNode, name: str, folder: str, code: bool = True, pages: str = "") -> str:
    """The page of an executed notebook; images that it links are read from folder.

    Without code it is a report: prose, tables and pictures. Links to other notebooks lead to their pages, which lie in the
    folder `pages` as seen from this one; links to files of the repository, of which a page knows no place, become their names.
    """
    body, _ = PageExporter(exclude_input=not code).from_notebook_node(notebook, {"metadata": {"name": name, "path": folder}})
    body = _NOTEBOOK_LINK.sub(lambda m: f'href="{pages}{m[1]}.html{m[2] or ""}"', body)
    return _SOURCE_LINK.sub(lambda m: f"{m[3]} (<code>{m[1]}/{m[2]}</code>)", body)


class _Requests(HTMLParser):
    """Collects what a browser would load when it opens a page."""

    LOADS = {"src", "srcset", "poster", "data", "background"}

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.style = tag == "style"
        for name, value in attrs:
            value = value or ""
            if name in self.LOADS or (name in ("href", "xlink:href") and tag in ("link", "image", "use")):
                if not value.startswith(("data:", "#")):
                    self.found.append(value)
            elif name == "style":
                self.css(value)

    def handle_endtag(self, tag: str) -> None:
        self.style = False

    def handle_data(self, data: str) -> None:
        if self.style:
            self.css(data)

    def css(self, text: str) -> None:
        urls = re.findall(r"url\(\s*['\"]?([^'\")]*)", text) + re.findall(r"@import\s+['\"]([^'\"]*)", text)
        self.found += [u for u in urls if not u.startswith(("data:", "#"))]


def requests(page_text: str) -> list[str]:
    """What a browser would load to show a page; empty for one that is self-contained. Links that a reader may follow do not count."""
    parser = _Requests()
    parser.feed(page_text)
    return parser.found
