"""Notebooks as single pages that need no network: no scripts from elsewhere, formulas as MathML."""

from __future__ import annotations

import html
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


def page(notebook: NotebookNode, name: str, folder: str) -> str:
    """The page of an executed notebook; images that it links are read from folder."""
    body, _ = PageExporter().from_notebook_node(notebook, {"metadata": {"name": name, "path": folder}})
    return body
