# SPDX-License-Identifier: Apache-2.0
"""CompensationPool, in ETH and in an ERC-20, apart from its desk: desk, panel and lane are accounts."""

from typing import Any

import boa
from house import ETH, deployer
from meter import Meter
from treasury import Treasury, deploy_treasury

DEBTS = 5


def play(meter: Meter) -> None:
    for name, asset in (("ETH", ETH), ("ERC-20", deployer("mocks/PlainToken").deploy(18))):
        treasury = deploy_treasury(asset)
        meter.watch("CompensationPool", treasury.pool)
        _money(meter, name, treasury)
        _desk(meter, name, treasury)
        _panel_and_lane(meter, name, treasury)
        _operator(meter, name, treasury)
        _debts(meter, name, treasury)
    _views(meter, treasury)


def _money(meter: Meter, name: str, treasury: Treasury) -> None:
    with meter.case(f"{name}, the first"):
        treasury.fund(10**6)
    with meter.case(f"{name}, more"):
        treasury.fund(10**6)
    treasury.give(treasury.pool.address, 5)
    with meter.case(f"{name}, more than the books say"):
        treasury.pool.sync()


def _desk(meter: Meter, name: str, treasury: Treasury) -> None:
    with meter.case(f"{name}, the first"):
        treasury.reserve(100)
    with meter.case(f"{name}, more"):
        treasury.reserve(50_000)
    with meter.case(f"{name}, free funds too low"):
        treasury.reserve(10**9)
    with meter.case(name):
        treasury.pool.release(100, sender=treasury.desk)
    with meter.case(f"{name}, the first"):
        treasury.pay(_somebody(), 100)
    who = _somebody()
    with meter.case(f"{name}, credited"):
        treasury.pay(who, 100)
    with meter.case(f"{name}, credited before"):
        treasury.pay(who, 100)
    with meter.case(f"{name}, paid out"):
        treasury.pay(_somebody(), 100, collect=True)
    with meter.case(f"{name}, what was credited"):
        treasury.pool.collect(who)


def _panel_and_lane(meter: Meter, name: str, treasury: Treasury) -> None:
    with meter.case(f"{name}, the panel's first"):
        treasury.take_bond(_somebody(), 50)
    with meter.case(f"{name}, the panel's"):
        treasury.take_bond(_somebody(), 50)
    with meter.case(f"{name}, the lane's"):
        treasury.take_bond(_somebody(), 50, caller=treasury.lane)
    with meter.case(f"{name}, all of it"):
        treasury.reserve_up_to(500)
    with meter.case(f"{name}, a bond returns"):
        treasury.settle(_somebody(), bond=50, credited=50)
    with meter.case(f"{name}, a bond returns and more, paid out"):
        treasury.settle(_somebody(), bond=50, reserved=500, credited=550, due=10, collect=True)
    with meter.case(f"{name}, the lane's bond to free funds"):
        treasury.settle(_somebody(), reserved=50, caller=treasury.lane)


def _operator(meter: Meter, name: str, treasury: Treasury) -> None:
    with meter.case(name):
        treasury.pool.announce_withdrawal(100, sender=treasury.operator)
        treasury.pool.cancel_withdrawal(sender=treasury.operator)
    treasury.announce(100)
    with meter.case(name):
        treasury.pool.withdraw(100, _somebody(), sender=treasury.operator)


def _debts(meter: Meter, name: str, treasury: Treasury) -> None:
    who = _somebody()
    with meter.case(f"{name}, the first owed"):
        treasury.owe(who, 1_000)
    with meter.case(f"{name}, owed"):
        treasury.owe(_somebody(), 1_000)
    for _ in range(DEBTS - 1):
        treasury.owe(who, 1_000)
    with meter.case(f"{name}, {DEBTS} debts"):
        treasury.pool.collect(who)


def _views(meter: Meter, treasury: Treasury) -> None:
    pool, who = treasury.pool, _somebody()
    views = (pool.asset, pool.notice, pool.desk, pool.lane, pool.panel, pool.directory, pool.books, pool.free)
    with meter.case():
        for view in (*views, pool.withdrawal):
            view()
    with meter.case("nothing"):
        pool.collectable(who)
        pool.owed(who)
    treasury.owe(who, 10**9)
    with meter.case("a debt"):
        pool.collectable(who)
        pool.owed(who)


def _somebody() -> Any:
    return boa.env.generate_address("somebody")
