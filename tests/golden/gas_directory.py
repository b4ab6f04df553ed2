# SPDX-License-Identifier: Apache-2.0
"""AgentDirectory."""

import boa
import messages
from house import BOT, DAY, FAR, HUMAN, House, deploy_house, key_pair, now, register
from meter import Meter


def play(meter: Meter) -> None:
    house = deploy_house()
    meter.watch("AgentDirectory", house.directory)
    _agents(meter, house)
    _channels(meter, house)
    _keepers(meter, house)
    _owner(meter, house)


def _agents(meter: Meter, house: House) -> None:
    directory, operator, agent = house.directory, house.operator, key_pair("another agent")
    with meter.case("a new agent"):
        register(directory, agent, HUMAN, sender=operator)
    with meter.case("a longer standing"):
        register(directory, agent, HUMAN, until=FAR + DAY, sender=operator)
    for name, kind in (("the second", BOT), ("the third", HUMAN)):
        register(directory, key_pair(name), kind, sender=operator)
    with meter.case():
        directory.name_successor(agent.address, key_pair("the second").address, sender=operator)
    directory.name_successor(key_pair("the second").address, key_pair("the third").address, sender=operator)
    for case, who in (("an agent", agent.address), ("any address", house.stranger)):
        with meter.case(case):
            directory.standing(who)
            directory.standing_at(who, now())
            directory.agent(who)
            directory.predecessor(who)
    first, second, third = (key_pair(name).address for name in ("another agent", "the second", "the third"))
    for case, agents in (
        ("directly", (second, first)),
        ("by one between", (third, first)),
        ("no", (first, third)),
    ):
        with meter.case(case):
            directory.succeeds(*agents)
    with meter.case("a standing one"):
        directory.revoke_agent(agent.address, sender=operator)


def _channels(meter: Meter, house: House) -> None:
    directory, operator, channel = house.directory, house.operator, house.digest()
    with meter.case("a new one"):
        directory.publish_channel(channel, sender=operator)
    with meter.case("an official one"):
        directory.channel(channel)
        directory.is_official(channel)
        directory.revoke_channel(channel, sender=operator)
    with meter.case("a revoked one"):
        directory.channel(channel)
        directory.is_official(channel)
        directory.publish_channel(channel, sender=operator)


def _keepers(meter: Meter, house: House) -> None:
    directory, requester = house.directory, key_pair("requester")
    keepers = [str(boa.env.generate_address("keeper")) for _ in range(2)]
    for case, keeper in (("the first", keepers[0]), ("another", keepers[1])):
        with meter.case(case):
            directory.name_keeper(keeper, sender=house.requester)
            nonce = directory.keeper_nonce(requester.address)
            fields = {"requester": requester.address, "keeper": keeper}
            message = messages.name_keeper(house, **fields, nonce=nonce, deadline=FAR)
            signature = messages.sign(requester, message)
            directory.name_keeper_signed(*fields.values(), FAR, signature, sender=house.stranger)
            directory.keeper(requester.address)


def _owner(meter: Meter, house: House) -> None:
    directory = house.directory
    with meter.case():
        directory.owner()
        directory.eip712Domain()
        directory.transfer_ownership(house.stranger, sender=house.operator)
        directory.pending_owner()
        directory.accept_ownership(sender=house.stranger)
