# SPDX-License-Identifier: Apache-2.0
"""Warnings before a breach, to a real file and a real mail server, by the desk's open time and once each."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from pathlib import Path
from typing import Any

import keeper_house
import pytest
import queue_house
from aiosmtpd.controller import Controller
from keeper_house import KeeperHouse
from queue_house import QueueHouse

from benchmarks.node import anvil, ask
from makegood import clock
from makegood import policy as policies
from makegood.clock import Priority, Status
from makegood.errors import UsageError
from makegood.keeper.channels import channels_of
from makegood.keeper.settings import WarnSettings

# Apprise, of a module that it only looks for.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")

HOUR = 3_600
MINUTE = 60
OFFICE_HOURS = queue_house.POLICY.replace('"24/7"', '{mon-fri: "09:00-17:00"}')


@pytest.fixture(scope="module")
def built() -> Iterator[QueueHouse]:
    with anvil("--slots-in-an-epoch", "2") as w3:
        house = queue_house.build(w3)
        house.desk.publish_policy(policies.parse(OFFICE_HOURS).to_chain(), "Office").send(house.operator)
        yield house


@dataclass
class Post:
    """A mail server that takes all, or says that it is busy."""

    taken: list[tuple[list[str], str, str]] = field(default_factory=list)
    busy: bool = False

    async def handle_DATA(self, _: Any, __: Any, envelope: Any) -> str:  # noqa: N802
        if self.busy:
            return "451 busy"
        mail = message_from_bytes(envelope.content)
        plain = next(part for part in mail.walk() if part.get_content_type() == "text/plain")
        body = plain.get_payload(decode=True)
        assert isinstance(body, bytes)
        self.taken.append((envelope.rcpt_tos, str(mail["Subject"]), body.decode()))
        return "250 taken"


@contextmanager
def post_office() -> Iterator[tuple[Post, str]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    post = Post()
    controller = Controller(post, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        address = f"mailto://127.0.0.1:{port}?from=keeper@desk.example&to=agents@desk.example&mode=insecure"
        yield post, address
    finally:
        controller.stop()


def told(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []


def open_ticket(house: QueueHouse, name: str, policy: int = 1) -> bytes:
    commitment = bytes.fromhex(queue_house.digest(name)[2:])
    call = house.desk.open_ticket_for(house.requester.address, policy, Priority.URGENT, commitment)
    return bytes(call.send(house.agent).event("TicketOpened")["ticket_id"])


def until(place: KeeperHouse, at: int) -> None:
    """Let the chain's next blocks have at least this time."""
    ask(place.house.w3, "evm_setNextBlockTimestamp", at)
    ask(place.house.w3, "evm_mine")
    place.wall += 60


def warned(house: QueueHouse, folder: Path, *before: int, **more: Any) -> Any:
    settings = WarnSettings(before, file=folder / "warnings.jsonl", **more)
    return keeper_house.kept(house, folder, warn=settings, duties=("warn",))


def test_a_file_and_a_mail_server_are_told_before_a_promise_falls_due(
    house: QueueHouse, tmp_path: Path
) -> None:
    with post_office() as (post, address), warned(house, tmp_path, HOUR // 2, channels=(address,)) as place:
        ticket = open_ticket(house, "one")
        due = house.now + HOUR
        until(place, due - HOUR // 2 - 5)
        place.rounds(1)
        assert told(tmp_path / "warnings.jsonl") == []
        until(place, due - HOUR // 2)
        place.rounds(2)
        (line,) = told(tmp_path / "warnings.jsonl")
        assert (line["ticket"], line["promise"]) == ("0x" + ticket.hex(), "first reply")
        assert line["priority"] == "urgent"
        ((to, subject, body),) = post.taken
        assert to == ["agents@desk.example"]
        assert house.desk.address in subject
        assert "0x" + ticket.hex() in body
        assert "First reply" in body


def test_nobody_is_told_twice_also_after_a_restart(house: QueueHouse, tmp_path: Path) -> None:
    with warned(house, tmp_path, HOUR // 2) as place:
        open_ticket(house, "one")
        until(place, house.now + HOUR - 20 * MINUTE)
        place.rounds(2)
        place.keeper = place.started()
        place.rounds(2)
        assert len(told(tmp_path / "warnings.jsonl")) == 1


def test_each_of_several_times_is_told_and_those_reached_at_once_by_one(
    house: QueueHouse, tmp_path: Path
) -> None:
    with warned(house, tmp_path, 50 * MINUTE, 30 * MINUTE, 10 * MINUTE) as place:
        open_ticket(house, "one")
        due = house.now + HOUR
        until(place, due - 25 * MINUTE)
        place.rounds(2)
        until(place, due - 9 * MINUTE)
        place.rounds(2)
        assert [line["before"] for line in told(tmp_path / "warnings.jsonl")] == [30 * MINUTE, 10 * MINUTE]


def test_what_a_channel_refused_is_told_later_and_to_it_alone(house: QueueHouse, tmp_path: Path) -> None:
    with post_office() as (post, address), warned(house, tmp_path, HOUR, channels=(address,)) as place:
        post.busy = True
        open_ticket(house, "one")
        place.rounds(1)
        assert post.taken == []
        assert len(told(tmp_path / "warnings.jsonl")) == 1
        post.busy = False
        place.wall += 60
        place.rounds(2)
        assert len(post.taken) == 1
        assert len(told(tmp_path / "warnings.jsonl")) == 1


def test_an_answered_ticket_is_not_warned_of(house: QueueHouse, tmp_path: Path) -> None:
    with warned(house, tmp_path, HOUR // 2) as place:
        ticket = open_ticket(house, "one")
        due = house.now + HOUR
        house.desk.reply(ticket, Status.PENDING, b"\1" * 32).send(house.agent)
        until(place, due - 60)
        place.rounds(2)
        assert told(tmp_path / "warnings.jsonl") == []


def test_an_answer_that_waits_for_its_batch_is_an_answer(house: QueueHouse, tmp_path: Path) -> None:
    path = tmp_path / "warnings.jsonl"
    settings = WarnSettings((2 * HOUR,), file=path)
    with keeper_house.kept(house, tmp_path, duties=("anchor", "warn"), warn=settings) as place:
        for name in ("one", "other"):
            place.take(house.opened(name, "normal"))
        place.pass_time(300)
        place.rounds(3)
        place.pass_time(2 * HOUR)
        place.take(house.later("replied", "one"))
        place.rounds(1)
        assert [line["ticket"] for line in told(path)] == [house.ticket("other")]


def test_the_time_before_is_open_time(house: QueueHouse, tmp_path: Path) -> None:
    hours = policies.parse(OFFICE_HOURS).to_chain().hours
    friday = clock.due(hours, house.now + 4 * 86_400, 1) // 86_400 * 86_400
    while clock.left(hours, friday, friday + 3 * 86_400) != 8 * HOUR:
        friday += 86_400  # the day after which two closed ones come
    with warned(house, tmp_path, HOUR) as place:
        until(place, friday + 16 * HOUR + 30 * MINUTE)
        open_ticket(house, "late on Friday", policy=3)
        # An hour of open time: half of it on Friday until 17:00, the rest on Monday until 9:30.
        due = house.desk.due(3, house.now, HOUR)
        assert due > friday + 3 * 86_400
        place.rounds(1)
        assert len(told(tmp_path / "warnings.jsonl")) == 1  # on Friday, in the open hours
    with warned(house, tmp_path / "night", HOUR // 4) as place:
        until(place, friday + 2 * 86_400)
        place.rounds(1)
        assert told(tmp_path / "night" / "warnings.jsonl") == []
        until(place, due - HOUR // 4)
        place.rounds(1)
        assert len(told(tmp_path / "night" / "warnings.jsonl")) == 1


def test_an_address_that_is_none_is_refused_without_repeating_it() -> None:
    with pytest.raises(UsageError, match="Address 2") as refusal:
        channels_of(WarnSettings((60,), ("json://localhost", "what://secret-token")))
    assert "secret" not in str(refusal.value)
