# SPDX-License-Identifier: Apache-2.0
"""Templates with a language: autoescaped always.

Each language has its templates compiled for itself. What a template says by a constant, such as
`_("Ticket id")`, is then said once, when it is compiled, and what it says of a view is called directly: this
halves the time of a page.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any, cast

from jinja2 import Environment, FileSystemLoader, StrictUndefined, nodes
from jinja2.visitor import NodeTransformer

from makegood import __version__
from makegood.explorer.languages import language
from makegood.explorer.phrases import Sentence
from makegood.explorer.settings import LANGUAGES

FOLDER = Path(__file__).parent
STATIC = FOLDER / "static"


class _Speaking(NodeTransformer):
    def visit_Call(self, node: nodes.Call) -> nodes.Node:  # noqa: N802
        """`h(x)` becomes `x|h`."""
        found = cast(nodes.Call, self.generic_visit(node))
        called = found.node
        if not isinstance(called, nodes.Name) or called.name not in _SAYING or not found.args:
            return found
        first, *others = found.args
        return nodes.Filter(
            first, called.name, others, found.kwargs, found.dyn_args, found.dyn_kwargs, lineno=found.lineno
        )


class _OfLanguage(Environment):
    """Takes the calls by which a template speaks as filters, which the compiler knows before it renders."""

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        """As every environment does, then changed."""
        return cast(nodes.Template, _Speaking().visit(super()._parse(source, name, filename)))


_SAYING = ("_", "h", "text", "path", "asset")


@cache
def environment(code: str) -> Environment:
    """Of one language."""
    found = _OfLanguage(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    said = language(code)
    found.filters |= {"_": said.say, "h": said.html, "text": said.text, "path": said.path, "asset": asset}
    found.globals |= {"version": __version__, "t": said, "code": code}
    return found


def warm() -> None:
    """Compile every template now, not when the first reader asks for it."""
    for code in LANGUAGES:
        for name in environment(code).list_templates():
            environment(code).get_template(name)


@cache
def asset(name: str) -> str:
    """The address of a static file, with its digest: it can be kept for good."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={digest}"


def render(template: str, code: str, **context: Any) -> str:
    """A template in a language."""
    return environment(code).get_template(template).render(context)


def other_language(code: str) -> str:
    """Where the switch leads."""
    return LANGUAGES[1 - LANGUAGES.index(code)]


def bare_page(code: str, status: int, what: Sentence, then: Sentence) -> str:
    """An error, without anything from the index."""
    return render(
        "error.html",
        code,
        status=status,
        what=what,
        then=then,
        indexes=None,
        here="/",
        switch=f"/{other_language(code)}/",
        live="",
        since="",
        note=None,
        search="",
        title=what,
    )
