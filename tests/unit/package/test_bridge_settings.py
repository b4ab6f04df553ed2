# SPDX-License-Identifier: Apache-2.0
"""The section [bridge] and the operator's table: what is taken, and what is refused in one sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from bridge_house import AGENT, CUSTOMER, OTHER_AGENT, REQUESTER, SECRET, section

from makegood.bridge import mapping
from makegood.bridge.helpdesks import KINDS
from makegood.bridge.settings import from_table
from makegood.clock import Priority, Status
from makegood.errors import NotFound, UsageError

SOURCE = {"kind": "zammad", "secret": SECRET}


def table(folder: Path, text: str, kind: str = "zammad") -> mapping.Table:
    path = folder / "mapping.yaml"
    path.write_text(text, "utf-8")
    return mapping.load(path, {"desk": kind})["desk"]


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_defaults_of_every_kind_are_known_words(kind: str) -> None:
    found = mapping.load(None, {"desk": kind})["desk"]
    assert set(found.priorities.values()) <= set(Priority)
    assert set(found.statuses.values()) == {Status.HOLD, Status.PENDING, Status.SOLVED} - (
        {Status.PENDING} if kind == "django-helpdesk" else set()
    )
    assert found.priority("unheard of") is None


def test_table_adds_to_the_defaults_and_takes_ids_as_numbers(tmp_path: Path) -> None:
    found = table(
        tmp_path,
        f"""
desk:
  priorities: {{"4 VIP": urgent, default: low}}
  statuses: {{Waiting for bank: pending}}
  agents: {{5: "{AGENT.lower()}", "six": "{OTHER_AGENT}"}}
  bots: [12, "thirteen"]
  requesters: {{Lena@Customers.example: "{REQUESTER}"}}
""",
    )
    assert found.priority("4 vip") is Priority.URGENT
    assert found.priority("3 high") is Priority.HIGH
    assert found.priority("9") is Priority.LOW
    assert found.answered("waiting for bank") is Status.PENDING
    assert found.agents == {"5": AGENT, "six": OTHER_AGENT}
    assert found.bots == {"12", "thirteen"}
    assert found.requesters == {CUSTOMER: REQUESTER}
    assert CUSTOMER not in repr(found)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("- a", "The file is no list of keys and values."),
        ("a: [", "mapping.yaml, line 1: The file is not YAML: expected the node content"),
        ("desk: {}\ndesk: {}", "mapping.yaml, line 1: The file is not YAML: a key stands there twice."),
        ("other: {}", '"other" is no helpdesk of the settings. They have desk.'),
        ("desk: 5", "desk is no list of keys and values."),
        ("desk: {agent: {}}", 'desk has no "agent". It has priorities, statuses, agents, bots, requesters.'),
        ("desk: {priorities: {a: fast}}", 'desk.priorities: "fast" is no priority.'),
        ("desk: {priorities: {a: 1}}", 'desk.priorities: "1" is no priority.'),
        ("desk: {statuses: {a: closed}}", 'desk.statuses: "closed" is not what an answer leaves behind.'),
        ("desk: {statuses: {a: [x]}}", "is not what an answer leaves behind."),
        ("desk: {agents: {5: emma}}", 'desk.agents: what stands for "5" is no address.'),
        (f"desk: {{agents: {{5: {AGENT}}}}}", 'desk.agents: what stands for "5" is no address.'),
        (f'desk: {{agents: {{5: "0x{"0" * 40}"}}}}', "is no address."),
        (f'desk: {{agents: {{5: "{AGENT[:-1]}9"}}}}', 'the address of "5" fails its checksum.'),
        ("desk: {requesters: {lena@customers.example: x}}", 'what stands for "…" is no address.'),
        ("desk: {agents: {1.5: x}}", "desk.agents has a key that is neither text nor a whole number."),
        ("desk: {bots: 12}", "desk.bots is no list of accounts."),
        (f'desk: {{bots: [5], agents: {{5: "{AGENT}"}}}}', 'desk: "5" is an agent and a bot.'),
    ],
)
def test_table_is_refused_with_its_place(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(UsageError) as refused:
        table(tmp_path, text)
    assert says in str(refused.value)
    assert "lena" not in str(refused.value)


def test_table_that_is_not_there_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no table"):
        mapping.load(tmp_path / "none.yaml", {"desk": "zammad"})


def section_of(**source: Any) -> dict[str, Any]:
    return section(mapping="", helpdesks={"desk": {**SOURCE, **source}}) | {"mapping": "m.yaml"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "m.yaml").write_text(f'desk: {{agents: {{5: "{AGENT}"}}}}', "utf-8")
    return tmp_path


def test_section_is_read_with_its_defaults(folder: Path) -> None:
    (folder / "old").write_text("a secret that is going\n", "utf-8")
    found = from_table(section_of(old_secret_file="old"), folder)  # noqa: S106
    (source,) = found.sources
    assert (source.kind, source.signed, source.window) == ("zammad", True, 300)
    assert source.secrets == (SECRET.encode(), b"a secret that is going")
    assert (found.policy, found.claim_wait, found.compare_every) == (1, 0, 600)
    assert SECRET not in repr(found)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"policy": 0}, "[bridge] policy is no whole number from 1."),
        ({"helpdesks": {}}, "[bridge] helpdesks has no helpdesk."),
        ({"helpdesks": {"A B": SOURCE}}, '[bridge.helpdesks] "A B" is no name.'),
        ({"helpdesks": {"desk": {**SOURCE, "kind": "otrs"}}}, "[bridge.helpdesks.desk] kind is none of"),
        ({"helpdesks": {"desk": {"kind": "zammad"}}}, "[bridge.helpdesks.desk] secret is missing."),
        ({"helpdesks": {"desk": {**SOURCE, "secret": "short"}}}, "secret has fewer than 16 characters."),
        ({"helpdesks": {"desk": {**SOURCE, "old_secret": "short"}}}, "secret has fewer than 16 characters."),
        (
            {"helpdesks": {"desk": {**SOURCE, "colour": "red"}}},
            "[bridge.helpdesks.desk] colour is not known.",
        ),
        (
            {"helpdesks": {"desk": {**SOURCE, "kind": "django-helpdesk", "signed": True}}},
            "signed is true, and django-helpdesk signs nothing.",
        ),
        ({"helpdesks": {"desk": {**SOURCE, "api_url": "ftp://x"}}}, "api_url is no http or https address."),
        (
            {"helpdesks": {"desk": {**SOURCE, "api_url": "https://x", "api_account": "9"}}},
            "api_credential is missing.",
        ),
        (
            {
                "helpdesks": {
                    "desk": {**SOURCE, "api_url": "https://x", "api_account": "5", "api_credential": "token"}
                }
            },
            "[bridge.helpdesks.desk] api_account is an agent in the table.",
        ),
        ({"requester_secret": "short"}, "[bridge] requester_secret has fewer than 16 characters."),
        ({"claim_wait": "5m"}, "[bridge] claim_wait needs public_url."),
        ({"namings": "namings"}, "[bridge] keeper is missing."),
        ({"namings": "namings", "keeper": AGENT}, "[bridge] namings needs [chain] rpc."),
        ({"keeper": AGENT}, "[bridge] keeper is not known."),
        ({"public_url": "https://x/?a=b"}, "[bridge] public_url is no http or https address."),
        ({"most_of_body": 10}, "[bridge] most_of_body is no whole number"),
        ({"speed": 1}, "[bridge] speed is not known."),
    ],
)
def test_section_is_refused_with_its_key(folder: Path, change: dict[str, Any], says: str) -> None:
    with pytest.raises(UsageError) as refused:
        from_table({**section_of(), **change}, folder)
    assert says in str(refused.value)
    assert SECRET not in str(refused.value)
