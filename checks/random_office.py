# SPDX-License-Identifier: Apache-2.0
"""What the operator does with policies, people and money, and what requesters do beside their tickets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checks.random_policy import FAR, HOUR, WEEKDAYS, policy
from checks.random_tickets import Actions
from makegood.desk import ETH, HUMAN
from makegood.policy import DAY

if TYPE_CHECKING:
    from checks.random_desk import RandomDesk

_NOBODY = "0x" + "00" * 20


class Office:
    """Everything that is not about one ticket."""

    def __init__(self, house: RandomDesk) -> None:
        self._house = house
        self._pick = house.random.choice
        self._channels: list[bytes] = []

    def actions(self) -> Actions:
        """By name."""
        house, send = self._house, self._house.send
        pool, directory = house.desk.pool, house.desk.directory
        return {
            "policy": (1, lambda: send(house.desk.publish_policy(policy(WEEKDAYS), "More"), house.owner())),
            "grant": (1, self._grant),
            "voucher": (1, self._voucher),
            "allow": (1, self._allow),
            "register": (1, self._register),
            "revoke": (1, self._revoke),
            "succeed": (1, self._succeed),
            "offer": (1, self._offer),
            "accept": (1, lambda: send(directory.accept_ownership(), house.people["heir"])),
            "channel": (1, self._channel),
            "keeper": (1, self._keeper),
            "keeper signed": (1, self._keeper_signed),
            "fund": (1, lambda: send(pool.fund(self._pick([1, 10**16])), house.operator)),
            "sync": (1, self._sync),
            "collect": (2, self._collect),
            "announce": (1, lambda: send(pool.announce_withdrawal(10**17), house.owner())),
            "withdraw": (1, self._withdraw),
            "stay": (1, lambda: send(pool.cancel_withdrawal(), house.owner())),
            "deploy": (1, self._deploy),
        }

    def _grant(self) -> None:
        house = self._house
        policy_id, priority = self._pick([1, 2]), self._pick([0, 3])
        call = house.desk.grant_coverage(house.other.address, policy_id, priority, 50, FAR)
        house.send(call, house.owner())

    def _voucher(self) -> None:
        house = self._house
        holder, places = self._pick([house.one, house.anyone]).address, self._pick([1, 120])
        call = house.desk.sign_coverage(house.owner(), holder, 1, 0, places, FAR, FAR)
        house.send(call, house.anyone)

    def _allow(self) -> None:
        house = self._house
        who = self._pick([house.agent, house.agent, house.one])
        house.send(house.desk.set_allowance(who.address, 10**21), house.owner())

    def _register(self) -> None:
        house = self._house
        until = self._pick([FAR, house.now() + HOUR])
        house.send(house.registration(house.successor, HUMAN, until), house.owner())

    def _revoke(self) -> None:
        # Late, and the one whom others do not need: revoked, an agent stays so.
        house = self._house
        if house.random.random() < 0.2:
            house.send(house.desk.directory.revoke_agent(house.bot.address), house.owner())

    def _succeed(self) -> None:
        house = self._house
        call = house.desk.directory.name_successor(house.agent.address, house.successor.address)
        house.send(call, house.owner())

    def _offer(self) -> None:
        house = self._house
        # Back again as well, so that everybody who was ever asked is the operator sometimes.
        heirs = [house.people["heir"].address, house.operator.address, _NOBODY]
        owner = house.owner()
        house.send(house.desk.directory.transfer_ownership(self._pick(heirs)), owner)
        if owner.address != house.operator.address:
            house.send(house.desk.directory.accept_ownership(), house.operator)

    def _channel(self) -> None:
        house = self._house
        if self._channels and house.random.random() < 0.4:
            house.send(house.desk.directory.revoke_channel(self._pick(self._channels)), house.owner())
            return
        self._channels.append(house.digest())
        house.send(house.desk.directory.publish_channel(self._channels[-1]), house.owner())

    def _keeper(self) -> None:
        house = self._house
        keeper = self._pick([house.anyone.address, house.anyone.address, _NOBODY])
        house.send(house.desk.directory.name_keeper(keeper), self._pick([house.one, house.other]))

    def _keeper_signed(self) -> None:
        house = self._house
        requester = self._pick([house.one, house.other])
        call = house.desk.directory.sign_keeper(requester, house.agent.address, FAR)
        house.send(call, house.anyone)

    def _sync(self) -> None:
        house = self._house
        # What came, or went, without the pool's being told.
        there = house.w3.eth.get_balance(house.desk.pool.address)
        house.ask("anvil_setBalance", house.desk.pool.address, hex(max(0, there + self._pick([-7, 10**12]))))
        house.send(house.desk.pool.sync(), house.anyone)

    def _collect(self) -> None:
        house = self._house
        who = self._pick([house.one, house.other, *house.arbiters])
        house.send(house.desk.pool.collect(who.address), house.anyone)

    def _withdraw(self) -> None:
        house = self._house
        house.later(2 * DAY, 0.15)
        house.send(house.desk.pool.withdraw(10**16, house.operator.address), house.owner())

    def _deploy(self) -> None:
        house = self._house
        call = house.factory.deploy_desk(house.other.address, ETH, 30 * DAY, "Another", [], 0)
        house.send(call, house.other)
