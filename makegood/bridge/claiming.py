# SPDX-License-Identifier: Apache-2.0
"""The page on which a requester's browser makes the key that tickets pay to.

Only its address is sent and, where the requester wants that, a signature that names the desk's keeper.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from eth_utils.address import is_address, is_checksum_address, is_checksum_formatted_address
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from makegood.bridge.claim_words import LANGUAGES, words
from makegood.bridge.namings import Namings, Offer
from makegood.bridge.requesters import Requester, Requesters
from makegood.errors import MakegoodError, SignatureRefused

STATIC = Path(__file__).with_name("static")
MOST_OF_BODY = 512
"""Bytes that name an address."""

_SIGNATURE = re.compile("0x[0-9a-f]{130}")
_TOKEN_MAX = 100
_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).with_name("templates")), autoescape=True, undefined=StrictUndefined
)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Named:
    """What a browser sends: an address and, if it signed one, its naming of the keeper."""

    address: str
    deadline: int = 0
    signature: bytes = b""


def routes(requesters: Requesters, namings: Namings, clock: Callable[[], float]) -> list[Route]:
    """The page, and where it sends the address."""
    page = partial(_page, requesters, namings, clock)
    named = partial(_named, requesters, namings, clock)
    return [
        Route("/claim/{token}", page, methods=["GET"]),
        Route("/claim/{token}", named, methods=["POST"]),
    ]


async def _page(
    requesters: Requesters, namings: Namings, clock: Callable[[], float], request: Request
) -> Response:
    code = _language(request)
    found = await run_in_threadpool(requesters.invited, _token(request), int(clock()))
    offer = await run_in_threadpool(_offered, namings, int(clock())) if found is True else None
    shown = {"code": code, "other": next(each for each in LANGUAGES if each != code), "words": words()[code]}
    address = found.address if isinstance(found, Requester) else ""
    held = found.held_by_desk if isinstance(found, Requester) else False
    content = _TEMPLATES.get_template("claim.html").render(
        **shown, known=bool(found), address=address, held=held, offer=offer
    )
    return Response(content, 200 if found else 404, media_type="text/html")


def _offered(namings: Namings, now: int) -> Offer | None:
    try:
        return namings.offer(now)
    except MakegoodError as error:
        # An address can be named all the same.
        log.warning("no keeper can be named", extra={"fields": {"why": error.message}})
        return None


async def _named(
    requesters: Requesters, namings: Namings, clock: Callable[[], float], request: Request
) -> Response:
    given = read(await _body(request))
    if given is None:
        return JSONResponse({"error": "This is no address."}, 400)
    return await run_in_threadpool(_taken, requesters, namings, _token(request), given, int(clock()))


def _taken(requesters: Requesters, namings: Namings, token: str, given: Named, now: int) -> Response:
    # First of all: nobody else has the chain asked, or a signature checked.
    if not requesters.invited(token, now):
        return _over()
    if given.signature:
        try:
            namings.check(given.address, given.deadline, given.signature, now)
        except SignatureRefused as error:
            return JSONResponse({"error": error.message}, 400)
    found = requesters.claim(token, given.address, now)
    if found is None:
        return _over()
    # What was named first stays: whoever reads the helpdesk's mail later cannot redirect what is owed.
    if found.address.lower() != given.address.lower():
        return JSONResponse({"address": found.address}, 409)
    if given.signature:
        namings.keep(found.address, 0, given.deadline, given.signature)
    return JSONResponse({"address": found.address})


def _over() -> Response:
    return JSONResponse({"error": "This invitation is over, or never was one."}, 404)


async def _body(request: Request) -> bytes:
    parts = b""
    async for part in request.stream():
        parts += part
        if len(parts) > MOST_OF_BODY:
            return b""
    return parts


def read(body: bytes) -> Named | None:
    """What a body names; None where it is anything else."""
    try:
        given = json.loads(body)
    except ValueError:
        return None
    if not isinstance(given, dict) or not _is_address(given.get("address")):
        return None
    if given.keys() == {"address"}:
        return Named(given["address"])
    deadline, signature = given.get("deadline"), given.get("signature")
    if given.keys() != {"address", "deadline", "signature"} or type(deadline) is not int:
        return None
    if not isinstance(signature, str) or not _SIGNATURE.fullmatch(signature):
        return None
    return Named(given["address"], deadline, bytes.fromhex(signature[2:]))


def _is_address(value: Any) -> bool:
    if not isinstance(value, str) or not value.startswith("0x") or not is_address(value):
        return False
    return bool(int(value, 16)) and (not is_checksum_formatted_address(value) or is_checksum_address(value))


def _token(request: Request) -> str:
    return str(request.path_params["token"])[:_TOKEN_MAX]


def _language(request: Request) -> str:
    wanted = request.query_params.get("lang", "")
    if wanted in LANGUAGES:
        return wanted
    accepted = request.headers.get("accept-language", "")[:200].lower()
    return "zh" if accepted.split(",")[0].strip().startswith("zh") else "en"
