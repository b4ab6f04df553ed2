# SPDX-License-Identifier: Apache-2.0
"""The page on which a requester's browser makes the key that tickets pay to; only its address is sent."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

from eth_utils.address import is_address, is_checksum_address, is_checksum_formatted_address
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from makegood.bridge.claim_words import LANGUAGES, words
from makegood.bridge.requesters import Requester, Requesters

STATIC = Path(__file__).with_name("static")
MOST_OF_BODY = 512
"""Bytes that name an address."""

_TOKEN_MAX = 100
_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).with_name("templates")), autoescape=True, undefined=StrictUndefined
)


def routes(requesters: Requesters, clock: Callable[[], float]) -> list[Route]:
    """The page, and where it sends the address."""
    return [
        Route("/claim/{token}", partial(_page, requesters, clock), methods=["GET"]),
        Route("/claim/{token}", partial(_named, requesters, clock), methods=["POST"]),
    ]


async def _page(requesters: Requesters, clock: Callable[[], float], request: Request) -> Response:
    code = _language(request)
    found = await run_in_threadpool(requesters.invited, _token(request), int(clock()))
    shown = {"code": code, "other": next(each for each in LANGUAGES if each != code), "words": words()[code]}
    address = found.address if isinstance(found, Requester) else ""
    held = found.held_by_desk if isinstance(found, Requester) else False
    content = _TEMPLATES.get_template("claim.html").render(
        **shown, known=bool(found), address=address, held=held
    )
    return Response(content, 200 if found else 404, media_type="text/html")


async def _named(requesters: Requesters, clock: Callable[[], float], request: Request) -> Response:
    address = _address(await _body(request))
    if address is None:
        return JSONResponse({"error": "This is no address."}, 400)
    found = await run_in_threadpool(requesters.claim, _token(request), address, int(clock()))
    if found is None:
        return JSONResponse({"error": "This invitation is over, or never was one."}, 404)
    # What was named first stays: whoever reads the helpdesk's mail later cannot redirect what is owed.
    status = 200 if found.address.lower() == address.lower() else 409
    return JSONResponse({"address": found.address}, status)


async def _body(request: Request) -> bytes:
    parts = b""
    async for part in request.stream():
        parts += part
        if len(parts) > MOST_OF_BODY:
            return b""
    return parts


def _address(body: bytes) -> str | None:
    try:
        given = json.loads(body)
    except ValueError:
        return None
    value = given.get("address") if isinstance(given, dict) and len(given) == 1 else None
    if (
        not isinstance(value, str)
        or not value.startswith("0x")
        or not is_address(value)
        or not int(value, 16)
    ):
        return None
    return None if is_checksum_formatted_address(value) and not is_checksum_address(value) else value


def _token(request: Request) -> str:
    return str(request.path_params["token"])[:_TOKEN_MAX]


def _language(request: Request) -> str:
    wanted = request.query_params.get("lang", "")
    if wanted in LANGUAGES:
        return wanted
    accepted = request.headers.get("accept-language", "")[:200].lower()
    return "zh" if accepted.split(",")[0].strip().startswith("zh") else "en"
