# SPDX-License-Identifier: Apache-2.0
"""All views of a desk at the end of a walk, of whatever its events named, written down as further calls."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from fuzz.build import built
from fuzz.cast import cast
from fuzz.chain import Chain
from fuzz.encode import call, number, selector
from fuzz.trace import Episode, Notes

_DEPLOY = selector("deploy_desk(address,address,uint256,string,address[],uint256)")
_PLAIN = {  # by what the factory returns
    0: ("pool()", "panel()", "lane()", "directory()", "policy_count()", "eip712Domain()"),
    1: (
        "books()",
        "free()",
        "withdrawal()",
        "asset()",
        "notice()",
        "desk()",
        "panel()",
        "lane()",
        "directory()",
    ),
    2: ("dispute_count()", "epoch()", "proposal()", "desk()", "pool()", "directory()", "eip712Domain()"),
    3: ("batch_count()", "desk()", "pool()", "directory()"),
    4: ("owner()", "pending_owner()", "eip712Domain()"),
}
_OF_A_TICKET = (
    (0, "ticket(bytes32)"),
    (0, "ticket_word(bytes32)"),
    (0, "claimable(bytes32)"),
    (0, "follow_up_nonce(bytes32)"),
    (2, "has_open_dispute(bytes32)"),
    (3, "proof(bytes32)"),
)
_OF_AN_ACCOUNT = (
    (0, "allowance(address)"),
    (1, "collectable(address)"),
    (1, "owed(address)"),
    (4, "standing(address)"),
    (4, "agent(address)"),
    (4, "predecessor(address)"),
    (4, "keeper(address)"),
    (4, "keeper_nonce(address)"),
)
_NUMBERED = ((0, "policy(uint256)"), (0, "lane_terms(uint256)"), (2, "panel(uint256)"), (3, "batch(uint256)"))
_KINDS = (1, 2, 4, 8)
_MOST = 12  # policies, epochs and batches; a number beyond the last is answered or refused, alike


@dataclass
class _Named:
    """What a walk's events named."""

    desk: tuple[int, ...] = ()
    tickets: dict[int, None] = field(default_factory=dict)
    accounts: dict[int, None] = field(default_factory=dict)

    def note(self, logs: list[Any]) -> None:
        for log in logs:
            topics, _ = log.data
            for topic in topics[1:]:
                value = number(topic)
                # Numbers of policies and the like are asked for as accounts, which harms nothing.
                (self.accounts if value < 2**160 else self.tickets)[value] = None


def with_views(episode: Episode) -> Episode:
    """An episode, and all views after it as the project's build answers them."""
    chain, named, now = Chain(built()), _Named(), 0
    for kind, *rest in episode:
        if kind == "call":
            now, sender, to, value, data, *_ = rest
            chain.at(now)
            outcome = chain.call(sender, to, data, value)
            named.note(outcome.logs)
            if data.startswith(_DEPLOY) and outcome.ok:
                named.desk = tuple(number(outcome.output[at : at + 32]) for at in range(0, 160, 32))
        elif kind == "deploy":
            now, name, arguments, blueprint = rest
            chain.at(now)
            chain.deploy(name, arguments, blueprint=blueprint)
        elif kind == "code":
            chain.put_code(*rest)
        else:
            chain.set_balance(*rest)
    notes, asker = Notes(), cast()["carrier"]
    for to, data in _views(named):
        notes.note_call(now, asker, to, 0, data, chain.call(asker, to, data))
    return [*episode, *notes.episode]


def _views(named: _Named) -> Iterator[tuple[int, bytes]]:
    return ((named.desk[place], data) for place, data in _calls(named))


def _calls(named: _Named) -> Iterator[tuple[int, bytes]]:
    for place, signatures in _PLAIN.items():
        yield from ((place, call(signature)) for signature in signatures)
    for ticket in named.tickets:
        yield from ((place, call(signature, ticket)) for place, signature in _OF_A_TICKET)
        yield from ((2, call("dispute(bytes32,uint256)", ticket, kind)) for kind in _KINDS)
    for account in {**dict.fromkeys(cast().names), **named.accounts}:
        yield from ((place, call(signature, account)) for place, signature in _OF_AN_ACCOUNT)
        yield from ((0, call("coverage(address,uint256)", account, each)) for each in range(_MOST))
    for place, signature in _NUMBERED:
        yield from ((place, call(signature, each)) for each in range(_MOST))
