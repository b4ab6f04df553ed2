# SPDX-License-Identifier: Apache-2.0
"""Templates with a language: autoescaped always."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from makegood import __version__
from makegood.explorer.languages import language
from makegood.explorer.phrases import Sentence
from makegood.explorer.settings import LANGUAGES

FOLDER = Path(__file__).parent
STATIC = FOLDER / "static"


@cache
def environment() -> Environment:
    """One for all languages."""
    found = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    found.globals["asset"] = asset
    found.globals["version"] = __version__
    return found


@cache
def asset(name: str) -> str:
    """The address of a static file, with its digest: it can be kept for good."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={digest}"


def render(template: str, code: str, **context: Any) -> str:
    """A template in a language."""
    said = language(code)
    return environment().get_template(template).render(
        t=said, _=said.say, h=said.html, text=said.text, path=said.path, code=code, **context
    )  # fmt: skip


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
