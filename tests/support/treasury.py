# SPDX-License-Identifier: Apache-2.0
"""One pool apart from its desk, panel and lane: the test is all three, so that it reaches every order
of what they do.

The directory is the real one, since the pool asks it who the operator is.
"""

from dataclasses import dataclass
from typing import Any

import boa
from house import DAY, ETH, MONDAY, deployer, now, travel_to

NOTICE = 30 * DAY
USABLE = 7 * DAY
MAX_MONEY = 2**128 - 1


@dataclass(frozen=True)
class Treasury:
    """A pool, and the people around it."""

    pool: Any
    directory: Any
    asset: Any  # ETH, or a token's contract
    desk: str
    panel: str
    lane: str
    operator: str
    funder: str
    requester: str
    victim: str
    stranger: str

    def give(self, account: str, amount: int) -> None:
        """Puts some of the asset into an account."""
        if self.asset == ETH:
            boa.env.set_balance(account, boa.env.get_balance(account) + amount)
        else:
            self.asset.mint(account, amount)

    def fund(self, amount: int) -> None:
        """Money from the funder."""
        self.give(self.funder, amount)
        if self.asset == ETH:
            self.pool.fund(amount, value=amount, sender=self.funder)
        else:
            self.asset.approve(self.pool.address, amount, sender=self.funder)
            self.pool.fund(amount, sender=self.funder)

    def reserve(self, amount: int) -> bool:
        """What the desk does when a ticket is opened."""
        return bool(self.pool.reserve(amount, sender=self.desk))

    def pay(self, beneficiary: Any, amount: int, *, collect: bool = False) -> None:
        """A backed ticket's compensation."""
        self.pool.pay(beneficiary, amount, True, collect, sender=self.desk)

    def owe(self, beneficiary: Any, amount: int, *, collect: bool = False) -> None:
        """An unbacked ticket's compensation."""
        self.pool.pay(beneficiary, amount, False, collect, sender=self.desk)

    def take_bond(self, payer: Any, amount: int, *, caller: str | None = None) -> int:
        """A bond that the panel carries, or where it is a token the payer has approved; what came in."""
        sender = caller or self.panel
        if self.asset == ETH:
            self.give(sender, amount)
            return int(self.pool.take_bond(payer, amount, value=amount, sender=sender))
        self.give(payer, amount)
        self.asset.approve(self.pool.address, amount, sender=payer)
        return int(self.pool.take_bond(payer, amount, sender=sender))

    def reserve_up_to(self, amount: int) -> int:
        """What the panel does when an incident is contested."""
        return int(self.pool.reserve_up_to(amount, sender=self.panel))

    def settle(
        self,
        beneficiary: Any,
        *,
        bond: int = 0,
        reserved: int = 0,
        credited: int = 0,
        due: int = 0,
        collect: bool = False,
        caller: str | None = None,
    ) -> None:
        """What the panel does when a dispute is ruled, or a fee collected."""
        sender = caller or self.panel
        self.pool.settle(beneficiary, bond, reserved, credited, due, collect, sender=sender)

    def announce(self, amount: int) -> None:
        """Announces a withdrawal and waits until it can be made."""
        self.pool.announce_withdrawal(amount, sender=self.operator)
        travel_to(now() + NOTICE)

    def balance(self, account: Any) -> int:
        """What an account holds of the asset."""
        if self.asset == ETH:
            return int(boa.env.get_balance(account))
        return int(self.asset.balanceOf(account))

    @property
    def held(self) -> int:
        """What the pool really holds."""
        return self.balance(self.pool.address)

    def books(self) -> tuple[int, int, int, int, int, int]:
        """Funds, reserved, credited, bonded, debt, free."""
        return tuple(self.pool.books())


def deploy_treasury(asset: Any = ETH, funds: int = 0, notice: int = NOTICE) -> Treasury:
    """A pool whose desk, panel and lane are accounts of the test."""
    travel_to(max(now(), MONDAY))
    roles = ("desk", "panel", "lane", "operator", "funder", "requester", "victim", "stranger")
    people = {role: boa.env.generate_address(role) for role in roles}
    directory = deployer("AgentDirectory").deploy(people["operator"])
    token = ETH if asset == ETH else asset.address
    pool = deployer("CompensationPool").deploy(
        people["desk"], people["panel"], people["lane"], directory.address, token, notice
    )
    treasury = Treasury(pool=pool, directory=directory, asset=asset, **people)
    if funds:
        treasury.fund(funds)
    return treasury


def events(contract: Any) -> list[tuple[str, dict[str, Any]]]:
    """Name and fields of what the contract's last call logged, in order, of this contract only."""
    logged = []
    for entry in contract.get_logs():
        fields = {name: value for name, value in entry._asdict().items() if name != "address"}
        if entry.address == contract.address:
            logged.append((type(entry).__name__, fields))
    return logged
