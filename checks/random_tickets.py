# SPDX-License-Identifier: Apache-2.0
"""What happens to direct tickets: by those who may, and by those who may not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from checks.random_policy import FAR

if TYPE_CHECKING:
    from checks.random_desk import RandomDesk

Actions = Mapping[str, tuple[int, Callable[[], object]]]
"""How often each happens, beside the others, and what it is."""


class Tickets:
    """Openings, replies, follow-ups, claims and ends."""

    def __init__(self, house: RandomDesk) -> None:
        self._house = house
        self._pick = house.random.choice

    def actions(self) -> Actions:
        """By name."""
        return {
            "open": (5, self._open),
            "open signed": (1, self._open_signed),
            "open for": (5, self._open_for),
            "reply": (9, self._reply),
            "reply to many": (1, self._reply_to_many),
            "bot": (2, self._bot),
            "follow up": (5, self._follow_up),
            "follow up signed": (1, self._follow_up_signed),
            "claim": (4, self._claim),
            "close": (4, self._close),
            "close many": (1, self._close_many),
        }

    def _open(self) -> None:
        house = self._house
        requester, commitment = self._pick([house.one, house.other]), house.digest()
        house.send(house.desk.open_ticket(1, house.random.randrange(4), commitment), requester)
        house.know(house.desk.ticket_id(0, requester.address, commitment))

    def _open_signed(self) -> None:
        house = self._house
        requester, commitment = self._pick([house.one, house.other]), house.digest()
        call = house.desk.sign_open_ticket(requester, 1, house.random.randrange(4), commitment, FAR)
        house.send(call, house.anyone)
        house.know(house.desk.ticket_id(0, requester.address, commitment))

    def _open_for(self) -> None:
        house = self._house
        commitment = house.digest()
        policy_id, priority = self._pick([1, 2]), house.random.randrange(4)
        house.send(
            house.desk.open_ticket_for(house.one.address, policy_id, priority, commitment), house.agent
        )
        house.know(house.desk.ticket_id(1, house.one.address, commitment))

    def _reply(self) -> None:
        house = self._house
        call = house.desk.reply(house.ticket(), self._pick([2, 3, 4]), house.digest())
        house.send(call, self._pick([house.agent, house.successor]))

    def _reply_to_many(self) -> None:
        house = self._house
        some = house.random.sample(house.tickets, min(5, len(house.tickets)))
        replies = [(each, self._pick([2, 3, 4]), house.digest()) for each in some]
        house.send(house.desk.reply_many(replies), house.agent)

    def _bot(self) -> None:
        house = self._house
        house.send(house.desk.bot_reply(house.ticket(), house.digest()), house.bot)

    def _follow_up(self) -> None:
        house = self._house
        call = house.desk.follow_up(house.ticket(), house.digest())
        house.send(call, self._pick([house.one, house.other]))

    def _follow_up_signed(self) -> None:
        house = self._house
        requester = self._pick([house.one, house.other])
        call = house.desk.sign_follow_up(requester, house.ticket(), house.digest(), FAR)
        house.send(call, house.anyone)

    def _claim(self) -> None:
        house = self._house
        house.send(house.desk.claim(house.ticket(), self._pick([True, False])), house.anyone)

    def _close(self) -> None:
        house = self._house
        house.send(house.desk.close(house.ticket()), self._pick([house.one, house.other]))

    def _close_many(self) -> None:
        house = self._house
        some = house.random.sample(house.tickets, min(3, len(house.tickets)))
        house.send(house.desk.close_many(some), house.anyone)
