# SPDX-License-Identifier: Apache-2.0
"""Answers that are no page: what happened, what it means for the reader's money, what to do."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import JSONResponse, Response

from makegood.explorer.languages import language
from makegood.explorer.phrases import Sentence
from makegood.explorer.settings import LANGUAGES
from makegood.explorer.templating import bare_page

API = "/api/"


def language_of(path: str) -> str:
    """That of a page's address; English where it has none."""
    code = path[1:3]
    return code if code in LANGUAGES and path[3:4] in ("", "/") else LANGUAGES[0]


def refusal(
    path: str, status: int, what: Sentence, then: Sentence, headers: Mapping[str, str] | None = None
) -> Response:
    """As a page in the language of the address, or as JSON under /api/."""
    if path.startswith(API):
        english = language("en")
        content = {"error": {"status": status, "message": english.text(what), "hint": english.text(then)}}
        return JSONResponse(content, status, headers=headers)
    return Response(
        bare_page(language_of(path), status, what, then), status, media_type="text/html", headers=headers
    )
