# SPDX-License-Identifier: Apache-2.0
"""Requests to the explorer's API, made by schemathesis from its OpenAPI document: fitting and unfitting ones.

1,000 a run. For more: make test ARGS='tests/unit/package/test_explorer_schema.py --api-cases 50000'
"""

from __future__ import annotations

import copy
from collections import Counter
from typing import Any

import pytest
import schemathesis
from explorer_house import House, build
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance
from small_index import AGENT, CHAIN, CHANNEL, DESK, LANE, PANEL, REQUESTER

from makegood.explorer.api.document import document

OPERATIONS = [path["get"]["operationId"] for path in document()["paths"].values()]
EITHER = [positive_data_acceptance, negative_data_rejection]
WAYS = {
    "known": GenerationMode.POSITIVE,
    "fitting": GenerationMode.POSITIVE,
    "unfitting": GenerationMode.NEGATIVE,
}
"""Asking for what the index has; for whatever has the right form, which is mostly unknown; for the rest."""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    return build(tmp_path_factory.mktemp("index"))


def lasting(app: Any) -> Any:
    """The application, which a client that goes does not end."""

    async def asked(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "lifespan":
            await app(scope, receive, send)
            return
        for event in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{event}.complete"})

    return asked


def pointed(house: House) -> dict[str, Any]:
    """The document, in which only what the index has is named."""
    addresses = {"batch": LANE, "dispute": PANEL, "agent": AGENT, "address": REQUESTER}
    known = {
        "chain": [str(CHAIN)],
        "number": ["1"],
        "ticket": [house.late, house.fresh],
        "q": [house.late, CHANNEL, REQUESTER, "did:key:z", "0x"],
    }
    told = copy.deepcopy(document())
    for path in told["paths"].values():
        known["address"] = [addresses.get(path["get"]["operationId"], DESK)]
        for parameter in path["get"]["parameters"]:
            if parameter["name"] in known:
                parameter["schema"] = {"type": "string", "enum": known[parameter["name"]]}
    return told


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", OPERATIONS)
def test_every_request_is_answered_as_the_document_says(
    house: House, name: str, way: str, request: pytest.FixtureRequest
) -> None:
    schema = schemathesis.openapi.from_dict(pointed(house) if way == "known" else copy.deepcopy(document()))
    schema.app = lasting(house.app)
    (operation,) = (
        each.ok() for each in schema.get_all_operations() if each.ok().definition.raw["operationId"] == name
    )
    cases = request.config.getoption("--api-cases") // (2 * len(OPERATIONS) - 2) + 1
    statuses: Counter[int] = Counter()

    @settings(
        max_examples=cases,
        database=None,
        deadline=None,
        derandomize=True,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=WAYS[way]))
    def ask(case: schemathesis.Case) -> None:
        answer = case.call()
        statuses[answer.status_code] += 1
        assert answer.status_code < 500
        # Whether an address is too long is told of its bytes, of which a schema knows nothing.
        case.validate_response(answer, excluded_checks=EITHER if answer.status_code == 414 else [])

    ask()
    if way == "known":
        assert set(statuses) == {200}
    else:
        # Of the first page nothing can be asked but its language.
        assert statuses.total() >= cases or name == "front"
