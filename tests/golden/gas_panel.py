# SPDX-License-Identifier: Apache-2.0
"""ArbiterPanel."""

from typing import Any

import boa
from addresses import proxy_code
from disputes import Dispute, contest, fifteen_arbiters, replied, report_of, signed, upheld, wait_for_default
from house import DAY, FIRST_REPLY, INCIDENT, RESOLUTION, House, deploy_house, deployer, five_arbiters, travel
from meter import Meter

NAMES = {FIRST_REPLY: "a reply", RESOLUTION: "a solution", INCIDENT: "an incident"}


def play(meter: Meter) -> None:
    _beginning(meter)
    house = deploy_house()
    meter.watch("ArbiterPanel", house.panel)
    _verdicts(meter, house)
    _silence(meter, house)
    _reports(meter, house)
    _operator(meter, house)
    _views(meter, house)


def _beginning(meter: Meter) -> None:
    implementation = deployer("ArbiterPanel").deploy().address
    for case, arbiters, threshold in (
        ("no arbiters", [], 0),
        ("five arbiters", five_arbiters(), 3),
        ("fifteen arbiters", fifteen_arbiters(), 8),
    ):
        proxy = boa.env.generate_address("panel")
        boa.env.set_code(proxy, proxy_code(implementation))
        panel = deployer("ArbiterPanel").at(proxy)
        meter.watch("ArbiterPanel", panel)
        people = [boa.env.generate_address(role) for role in ("desk", "pool", "directory")]
        with meter.case(case):
            panel.initialize(*people, [one.address for one in arbiters], threshold)


def _verdicts(meter: Meter, house: House) -> None:
    panel = house.panel
    with meter.case("the first of a desk, a reply", "contest"):
        _contested(house, FIRST_REPLY)
    ruled = []
    for kind, name in NAMES.items():
        with meter.case(name, "contest"):
            dispute = _contested(house, kind)
        ruled.append(dispute)
        verdict = upheld(dispute)
        signatures = signed(house, verdict)
        with meter.case(f"{name}, three signatures"):
            panel.submit_verdict(verdict.on_chain(), signatures, sender=house.stranger)
        verdict = upheld(_contested(house, kind))
        signatures = signed(house, verdict)
        with meter.case(f"{name}, three signatures, paid out"):
            panel.submit_verdict(verdict.on_chain(), signatures, True, sender=house.stranger)
    verdict = upheld(_contested(house, FIRST_REPLY))
    signatures = signed(house, verdict, 5)
    with meter.case("a reply, five signatures"):
        panel.submit_verdict(verdict.on_chain(), signatures, sender=house.stranger)
    first, *others = [dispute.name for dispute in ruled]
    for arbiter, case, names in zip(
        house.arbiters, ("one dispute", "two disputes"), ([first], others), strict=False
    ):
        with meter.case(case):
            panel.collect_fees(arbiter.address, names, sender=house.stranger)


def _silence(meter: Meter, house: House) -> None:
    disputes = {kind: [_contested(house, kind) for _ in range(2)] for kind in NAMES}
    wait_for_default(house)
    for kind, (credited, paid) in disputes.items():
        with meter.case(NAMES[kind]):
            house.panel.rule_by_default(*credited.name, sender=house.stranger)
        with meter.case(f"{NAMES[kind]}, paid out"):
            house.panel.rule_by_default(*paid.name, True, sender=house.stranger)


def _reports(meter: Meter, house: House) -> None:
    for kind in (FIRST_REPLY, RESOLUTION):
        verdict = report_of(house, replied(house), kind)
        signatures = signed(house, verdict)
        with meter.case(f"{NAMES[kind]}, three signatures"):
            house.panel.report_breach(verdict.on_chain(), signatures, sender=house.stranger)


def _operator(meter: Meter, house: House) -> None:
    panel, operator = house.panel, house.operator
    for case, arbiters, threshold in (
        ("five arbiters", five_arbiters(), 3),
        ("fifteen arbiters", fifteen_arbiters(), 8),
    ):
        seats = [one.address for one in arbiters]
        with meter.case(case):
            panel.propose_panel(seats, threshold, sender=operator)
            panel.cancel_panel(sender=operator)
        panel.propose_panel(seats, threshold, sender=operator)
        travel(30 * DAY)
        with meter.case(case):
            panel.adopt_panel(sender=operator)


def _views(meter: Meter, house: House) -> None:
    panel, dispute = house.panel, _contested(house, INCIDENT)
    verdict = upheld(dispute).on_chain()
    with meter.case():
        for view in (
            panel.desk,
            panel.pool,
            panel.directory,
            panel.dispute_count,
            panel.epoch,
            panel.proposal,
        ):
            view()
        panel.eip712Domain()
        panel.verdict_digest(verdict)
    with meter.case("an open one"):
        panel.dispute(*dispute.name)
        panel.has_open_dispute(dispute.ticket_id)
    with meter.case("none"):
        panel.dispute(dispute.ticket_id, FIRST_REPLY)
        panel.has_open_dispute(replied(house))
        panel.panel(99)
    for case, epoch in (("five arbiters", 1), ("fifteen arbiters", panel.epoch())):
        with meter.case(case):
            panel.panel(epoch)


def _contested(house: House, kind: int) -> Dispute:
    # Of a requester who has nothing in the pool.
    requester: Any = boa.env.generate_address("somebody")
    return contest(
        house, replied(house, requester=requester), kind, 500 if kind == INCIDENT else None, requester
    )
