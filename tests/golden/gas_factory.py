# SPDX-License-Identifier: Apache-2.0
"""DeskFactory and PolicyRules."""

from dataclasses import replace

import boa
from house import DAY, ETH, WEEKDAYS, Policy, deploy_factory, deployer, five_arbiters
from meter import Meter

NOTICE = 30 * DAY


def play(meter: Meter) -> None:
    factory = deploy_factory()
    rules = deployer("PolicyRules").at(factory.rules())
    meter.watch("DeskFactory", factory)
    meter.watch("PolicyRules", rules)
    operator, arbiters = boa.env.generate_address("operator"), [one.address for one in five_arbiters()]

    with meter.case("the first of a factory, five arbiters"):
        made = factory.deploy_desk(operator, ETH, NOTICE, "Test desk", arbiters, 3)
    with meter.case("five arbiters"):
        factory.deploy_desk(operator, ETH, NOTICE, "Test desk", arbiters, 3)
    with meter.case("no arbiters"):
        factory.deploy_desk(operator, ETH, NOTICE, "Test desk", [], 0)
    with meter.case("of a desk"):
        factory.deployment(0)
        factory.is_desk(made[0])
    with meter.case("beyond the last"):
        factory.deployment(3)
    with meter.case("of any address"):
        factory.is_desk(operator)
    with meter.case():
        factory.blueprints()
        factory.rules()
        factory.desk_count()

    for case, policy in (("calendar hours", Policy()), ("opening hours", replace(Policy(), hours=WEEKDAYS))):
        with meter.case(case):
            packed = rules.packed(policy.on_chain(), NOTICE)
            rules.unpacked(packed)
