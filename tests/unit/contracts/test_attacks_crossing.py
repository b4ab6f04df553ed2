# SPDX-License-Identifier: Apache-2.0
"""One ticket and every way to be paid for it, one after the other and each in the middle of another.

Pool, panel and lane have a lock each, and the desk has none: what holds is that books are written first.
"""

from dataclasses import dataclass
from typing import Any

import boa
import pytest
from batches import REPLIED, Batches, Entry, Ticket, tampered
from disputes import bond_of, contest, report, report_of, submit, upheld
from house import ETH, FIRST_REPLY, INCIDENT, NEXT_REPLY, RESOLUTION, House, deploy_house, deployer, travel

BOND = 20
WORST_CASE = 5_500
ASKED = 700


# ---------------------------------------------------------------- one after the other


def test_every_way_to_be_paid_pays_each_kind_once(house: House) -> None:
    """The clock, a verdict, a report, two stories told, an incident, and the closing, all of one ticket."""
    batches = Batches(house)
    ticket = batches.opened()
    travel(1_000)
    reply = batches.noted(ticket, REPLIED)
    lie = tampered(reply, digest=house.digest())
    batches.anchor(later=[lie])
    batches.prove(ticket)
    batches.show(ticket, [reply])
    batches.end(ticket)

    incident = contest(house, ticket.id, INCIDENT, ASKED)
    next_reply = contest(house, ticket.id, NEXT_REPLY)
    report(house, report_of(house, ticket.id, FIRST_REPLY))
    house.lane.prove_equivocation(ticket.id, 1, *batches.shown([reply, lie]), sender=house.stranger)
    assert house.desk.claim(ticket.id) == 500 + 4_000
    submit(house, upheld(next_reply))
    submit(house, upheld(incident))
    house.desk.close(ticket.id, sender=house.requester)

    bonds = bond_of(house, INCIDENT, ASKED) + bond_of(house, NEXT_REPLY, 500)
    assert house.pool.collectable(house.requester) == WORST_CASE + ASKED + bonds + BOND
    for again in (
        lambda: house.desk.claim(ticket.id),
        lambda: house.desk.close(ticket.id, sender=house.requester),
        lambda: contest(house, ticket.id, RESOLUTION),
        lambda: report(house, report_of(house, ticket.id, RESOLUTION)),
        lambda: house.lane.end_challenge(ticket.id, True, True),
        lambda: house.panel.rule_by_default(ticket.id, INCIDENT),
    ):
        with boa.reverts():
            again()
    assert house.pool.books().reserved == 0


# ---------------------------------------------------------------- one in the middle of the other


@dataclass
class Scene:
    """A requester that calls back: a ticket to claim, under dispute, and one with a challenge to end."""

    house: House
    actor: Any
    claimed: Ticket
    challenged: Ticket
    stories: tuple[Entry, Entry]
    batches: Batches

    def calls(self) -> dict[str, tuple[Any, str, tuple[Any, ...]]]:
        """All that moves money for the actor, or frees some, outside the pool."""
        lane, desk, panel = self.house.lane, self.house.desk, self.house.panel
        return {
            "claim": (desk, "claim", (self.claimed.id, True)),
            "default": (panel, "rule_by_default", (self.claimed.id, INCIDENT, True)),
            "end": (lane, "end_challenge", (self.challenged.id, True, True)),
            "release": (lane, "release_batch", (1,)),
            "stories": (lane, "prove_equivocation", (self.claimed.id, 1, *self.batches.shown(self.stories))),
            "close": (desk, "close", (self.challenged.id,)),
            "collect": (self.house.pool, "collect", (self.actor.address,)),
        }

    def plan(self, *names: str) -> None:
        self.actor.plan(
            [
                (contract.address, 0, getattr(contract, function).prepare_calldata(*arguments))
                for contract, function, arguments in (self.calls()[name] for name in names)
            ]
        )

    def run(self, name: str) -> None:
        contract, function, arguments = self.calls()[name]
        getattr(contract, function)(*arguments, sender=self.house.stranger)

    def run_all(self) -> None:
        """Whatever still goes through, to the end."""
        for name in ("claim", "default", "end", "release", "stories", "claim", "collect"):
            try:
                self.run(name)
            except boa.BoaError:
                continue


def as_actor(house: House, actor: Any, contract: Any, function: str, *arguments: Any, value: int = 0) -> None:
    boa.env.set_balance(house.stranger, value)
    data = getattr(contract, function).prepare_calldata(*arguments)
    actor.call(contract.address, data, value=value, sender=house.stranger)


@pytest.fixture
def scene() -> Scene:
    house = deploy_house(asset=ETH, funds=100_000)
    actor, batches = deployer("mocks/ReentersOnReceive").deploy(), Batches(house)
    claimed, challenged, unproven = (batches.ticket(requester=actor.address) for _ in range(3))
    batches.anchor([claimed, challenged, unproven])
    # Told too late to count; what it is there for is that it is told twice.
    travel(60_000)
    reply = batches.noted(claimed, REPLIED)
    lie = tampered(reply, digest=house.digest())
    batches.anchor(later=[lie])
    as_actor(house, actor, house.lane, "prove_ticket", *batches.proof_of(claimed), value=BOND)
    batches.end(claimed)
    bond = bond_of(house, INCIDENT, ASKED)
    evidence = house.digest()
    as_actor(house, actor, house.panel, "contest", claimed.id, INCIDENT, ASKED, evidence, value=bond)
    as_actor(house, actor, house.lane, "prove_ticket", *batches.proof_of(challenged), value=BOND)
    travel(house.lane.batch(1).expires_at - house.lane.batch(1).anchored_at + 1)
    boa.env.set_balance(actor.address, 0)
    return Scene(house, actor, claimed, challenged, (reply, lie), batches)


def paid_in_the_end(scene: Scene) -> int:
    """What the actor has, once the pool's books agree with its balance and nothing is left to pay."""
    house = scene.house
    scene.run_all()
    funds, reserved, credited, bonded, debt, free = house.pool.books()
    assert boa.env.get_balance(house.pool.address) == funds == reserved + free
    assert (credited, bonded, debt) == (0, 0, 0)
    return int(boa.env.get_balance(scene.actor.address))


# Three kinds of the one, told twice; two of the other; the incident; three bonds.
ALL_OF_IT = WORST_CASE + 5_000 + ASKED + 50 + ASKED // 20 + 2 * BOND


def test_calm_the_actor_gets_all_that_it_is_owed(scene: Scene) -> None:
    assert paid_in_the_end(scene) == ALL_OF_IT


@pytest.mark.parametrize("outer", ["claim", "default", "end", "collect"])
def test_no_contract_moves_money_while_another_does(scene: Scene, outer: str) -> None:
    scene.plan("claim", "default", "end", "release", "collect")
    scene.run(outer)
    assert (scene.actor.runs(), scene.actor.succeeded()) == (1, 0)
    assert paid_in_the_end(scene) == ALL_OF_IT


@pytest.mark.parametrize("outer", ["claim", "default", "end", "collect"])
def test_a_breach_recorded_in_the_middle_of_a_payment_is_paid_once(scene: Scene, outer: str) -> None:
    scene.plan("stories", "claim", "close", "stories")
    scene.run(outer)
    assert scene.actor.runs() == 1
    assert not scene.actor.succeeded() & 0b0010
    assert paid_in_the_end(scene) == ALL_OF_IT


@pytest.mark.parametrize("outer", ["claim", "default", "end", "collect"])
def test_everything_tried_in_the_middle_of_everything_pays_no_more(scene: Scene, outer: str) -> None:
    scene.plan("release", "end", "default", "stories", "claim", "close", "collect")
    scene.run(outer)
    assert scene.actor.runs() == 1
    assert paid_in_the_end(scene) == ALL_OF_IT
