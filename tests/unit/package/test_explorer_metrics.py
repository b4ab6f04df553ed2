# SPDX-License-Identifier: Apache-2.0
"""What the explorer tells Prometheus, and what is made of it in docs/operations."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from asking import ask
from explorer_house import SETTINGS, House, build
from hostile import PAYLOADS
from prometheus import samples
from small_index import CHAIN, DESK
from sqlalchemy import update

from makegood.explorer import create_app
from makegood.explorer.metrics import CONTENT_TYPE, Measures, kind_of, metric
from makegood.explorer.reading import shown_address
from makegood.indexer import schema
from makegood.indexer.store import Store, default_url

OPERATIONS = Path(__file__).parents[3] / "docs" / "operations"


@pytest.fixture
def house(tmp_path: Path) -> House:
    return build(tmp_path)


def test_desks_and_the_index_are_told_of(house: House) -> None:
    answer = house.ask("/metrics")
    assert (answer.status, answer.headers["content-type"]) == (200, CONTENT_TYPE)
    found = samples(answer.text)
    chain, desk = f'chain="{CHAIN}"', f'chain="{CHAIN}",desk="{shown_address(DESK)}"'
    head = house.index.number
    assert found["makegood_index_head_block"] == {chain: head}
    assert found["makegood_index_safe_block"] == {chain: head - 2}
    assert found["makegood_index_final_block"] == {chain: head - 4}
    assert found["makegood_index_lag_blocks"] == {chain: 0}
    assert found["makegood_index_head_age_seconds"] == {chain: 60}
    assert found["makegood_index_readable"] == {None: 1}
    # 5 ETH, of which 0.14 are set aside for tickets and 0.02 were granted.
    assert found["makegood_desk_free"] == {desk: 4.84}
    assert found["makegood_desk_debt"] == {desk: 0}
    assert found["makegood_desk_due_in_an_hour"] == {desk: 1}
    assert found["makegood_desk_late"] == {desk: 0}
    assert found["makegood_desk_oldest_wait_seconds"] == {desk: 60}
    house.now += 3_600
    found = samples(house.ask("/metrics").text)
    assert found["makegood_desk_due_in_an_hour"] == {desk: 0}
    assert found["makegood_desk_late"] == {desk: 1}
    assert found["makegood_desk_oldest_wait_seconds"] == {desk: 3_660}


def test_an_index_behind_its_node_lags(house: House) -> None:
    with house.index.store.writing() as connection:
        connection.execute(update(schema.chains).values(node_number=house.index.number + 7))
    assert samples(house.ask("/metrics").text)["makegood_index_lag_blocks"] == {f'chain="{CHAIN}"': 7}


def test_requests_are_counted_by_kind_and_status(house: House) -> None:
    for path in (house.paths["ticket"], house.paths["ticket"], "/ticket/1/0x0"):
        house.ask(f"/en{path}")
    house.ask("/api/v1/front")
    house.ask(f"/zh/search?q={'x' * 5_000}")
    found = samples(house.ask("/metrics").text)
    counted = found["makegood_requests_total"]
    assert counted['kind="page",name="ticket",status="200"'] == 2
    assert counted['kind="page",name="ticket",status="404"'] == 1
    assert counted['kind="api",name="front",status="200"'] == 1
    assert counted['kind="page",name="search",status="414"'] == 1
    classes = [
        value
        for labels, value in found["makegood_request_seconds_bucket"].items()
        if labels.startswith('kind="page",name="ticket"')
    ]
    assert classes == sorted(classes)
    assert classes[-1] == found["makegood_request_seconds_count"]['kind="page",name="ticket"'] == 3


def test_a_request_is_in_the_class_of_its_time() -> None:
    measures = Measures()
    for seconds in (0.001, 0.0025, 0.003, 20.0):
        measures.took(("page", "desk"), 200, seconds)
    measures.took(("own", "live"), 200, 900.0)
    found = samples("\n".join(measures.lines()))
    classes = list(found["makegood_request_seconds_bucket"].values())
    assert classes == [2, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 4]
    assert found["makegood_request_seconds_sum"] == {'kind="page",name="desk"': 20.0065}
    assert found["makegood_requests_total"]['kind="own",name="live",status="200"'] == 1


def test_clients_cannot_make_more_kinds() -> None:
    places = ("/", "/en/", "/api/v1/", "/api/", "", "/x/y/")
    kinds = {kind_of(f"{before}{text}") for text in PAYLOADS for before in places}
    assert kinds == {("page", "front"), ("page", "other"), ("api", "other"), ("own", "other")}
    assert kind_of("/en") == kind_of("/zh/") == ("page", "front")
    assert kind_of("/api/v1/openapi.json") == ("api", "document")


def test_what_a_desk_calls_itself_stays_a_label(house: House) -> None:
    for text in PAYLOADS:
        with house.index.store.writing() as connection:
            connection.execute(update(schema.desks).values(name=f'a\\"{text}\n', asset_symbol=text))
        answer = house.ask("/metrics")
        assert answer.headers["content-type"] == CONTENT_TYPE
        assert len(samples(answer.text)["makegood_desk_info"]) == 1
    assert "\n" not in "".join(metric("a", "gauge", "b", [({"c": "\n"}, 1.0)]))


def test_without_an_index_the_rest_is_told(tmp_path: Path) -> None:
    app = create_app(Store(default_url(tmp_path / "none"), read_only=True), SETTINGS)
    found = samples(ask(app, "/metrics").text)
    assert found["makegood_index_readable"] == {None: 0}
    assert found["makegood_streams"] == {None: 0}
    assert "makegood_desks" not in found


# ---------------------------------------------------------------- docs/operations


def told(house: House) -> set[str]:
    """The names of all metrics."""
    house.ask("/en/")
    return set(samples(house.ask("/metrics").text))


def named(expression: str) -> set[str]:
    return set(re.findall(r"makegood_[a-z_]+", expression))


def test_the_dashboard_shows_what_is_told(house: House) -> None:
    have = told(house)
    dashboard = json.loads((OPERATIONS / "grafana.json").read_text())
    panels = [panel for panel in dashboard["panels"] if panel["type"] != "row"]
    shown = {name for panel in panels for target in panel["targets"] for name in named(target["expr"])}
    assert shown <= have
    left = {"makegood_request_seconds_sum", "makegood_request_seconds_count", "makegood_index_readable"}
    assert have - shown - left == set()
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])


def test_every_metric_is_in_the_guide(house: House) -> None:
    guide = (OPERATIONS / "README.md").read_text()
    for name in told(house):
        base = re.sub("_(bucket|sum|count)$", "", name)
        assert f"`{base}`" in guide, base
