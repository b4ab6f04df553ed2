# SPDX-License-Identifier: Apache-2.0
"""`/api/v1`: the same view as the page of the same path, as JSON."""

from __future__ import annotations

import json
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from makegood.errors import NotIndexed
from makegood.explorer.api.document import DOCUMENT, MOST_OF_TEXT, answers, document, path_of, served
from makegood.explorer.languages import Language, language
from makegood.explorer.pages import indexes
from makegood.explorer.phrases import Sentence, sentence
from makegood.explorer.reading import Reader
from makegood.explorer.refusing import refusal
from makegood.explorer.routes import Page
from makegood.explorer.settings import LANGUAGES

if TYPE_CHECKING:
    from makegood.explorer.app import Explorer

_JSON = "application/json"
ONCE = sentence("A parameter may be given once only.")
NO_LANGUAGE = sentence("This is none of the languages: en and zh.")
TEXT_TOO_LONG = sentence("This text is too long to be looked up.")
SEE_DOCUMENT = sentence("See /api/v1/openapi.json for what can be asked.")


def routes(explorer: Explorer) -> list[Route]:
    """Of all pages that have a view, and of the document."""
    found = [Route(path_of(page), partial(_answer, explorer, page)) for page in served()]
    return [Route(DOCUMENT, _document), *found]


async def _document(_: Request) -> Response:
    return Response(_document_text(), media_type=_JSON)


@cache
def _document_text() -> str:
    return written(document())


async def _answer(explorer: Explorer, page: Page, request: Request) -> Response:
    refused = _refused(request)
    if refused is not None:
        return refusal(request.url.path, 400, refused, SEE_DOCUMENT)
    said = language(request.query_params.get("lang", LANGUAGES[0]))
    try:
        content = await explorer.read(partial(_content, explorer.settings.stale_after, page, request, said))
    except NotIndexed as unknown:
        return refusal(request.url.path, 404, unknown.what, unknown.then)
    return Response(content, media_type=_JSON)


def _content(stale_after: int, page: Page, request: Request, said: Language, reader: Reader) -> str:
    answer = answers()[page.name]
    view = page.build(reader, request.path_params, request.query_params)
    index = indexes.build(reader, stale_after)
    return written({"view": answer.view.encode(view, said), "index": answer.index.encode(index, said)})


def _refused(request: Request) -> Sentence | None:
    query = request.query_params
    if len(query.multi_items()) != len(query):
        return ONCE
    if query.get("lang", LANGUAGES[0]) not in LANGUAGES:
        return NO_LANGUAGE
    return TEXT_TOO_LONG if len(query.get("q", "")) > MOST_OF_TEXT else None


def written(content: Any) -> str:
    """JSON in which nothing is a tag, whatever takes it for a page."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    for mark in "<>&\u2028\u2029":
        text = text.replace(mark, f"\\u{ord(mark):04x}")
    return text
