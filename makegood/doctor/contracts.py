# SPDX-License-Identifier: Apache-2.0
"""Checks of the desk on the chain: its contracts' code, the keeper's rights, the bridge's policy."""

from __future__ import annotations

from collections.abc import Iterator

from web3 import Web3

from makegood import artifacts
from makegood.desk import Desk, Factory, chain_errors
from makegood.doctor.finding import Finding, Known, ok, warn, wrong
from makegood.errors import NotFound

_PROXY = (bytes.fromhex("363d3d373d3d3d363d73"), bytes.fromhex("5af43d82803e903d91602b57fd5bf3"))
_BEGINS = 64  # bytes of a contract's code by which it is found in what creates it


def contracts(known: Known) -> Iterator[Finding]:
    """Whether the desk and its parts have the code of this version."""
    if known.w3 is None:
        return
    desk = Desk(known.w3, known.given.chain.desk)
    if not is_ours(known.w3, desk.address, "SupportDesk"):
        do = (
            "compare [chain] desk with what the operator publishes; another version's desk needs that version"
        )
        yield wrong("contracts", f"{desk.address} is no desk of this version of makegood", do)
        return
    known.desk = desk
    parts = {
        "CompensationPool": desk.pool,
        "BatchLane": desk.lane,
        "AgentDirectory": desk.directory,
        "ArbiterPanel": desk.panel,
    }
    for name, part in parts.items():
        if not is_ours(known.w3, part.address, name):
            says = f"the desk's {name} {part.address} has other code than this version's"
            yield warn("contracts", says, "ask the operator which version it is of")
    yield ok("contracts", f"{desk.address} is a desk of this version")
    yield from _factories(known, desk)


def _factories(known: Known, desk: Desk) -> Iterator[Finding]:
    for address in known.index.factories if known.index else ():
        try:
            if not Factory(desk.w3, address).is_desk(desk.address):
                yield warn(
                    "contracts", f"the factory {address} did not make the desk", "nothing, if you mean it"
                )
        except NotFound as error:
            yield wrong("contracts", error.message, "correct [index] factories")


def is_ours(w3: Web3, address: str, name: str) -> bool:
    """Whether the code at an address is that of the artifact, or of a proxy of it."""
    code = _code(w3, address)
    begin, end = _PROXY
    if code.startswith(begin) and code.endswith(end):
        code = _code(w3, Web3.to_checksum_address(code[len(begin) : -len(end)]))
    artifact = artifacts.load(name)
    # What creates a contract ends with its code, and a description whose length is in the last two bytes.
    creates = artifact.bytecode[: -int.from_bytes(artifact.bytecode[-2:], "big")]
    place = creates.find(code[:_BEGINS])
    # The values of immutables stand behind it.
    return place >= 0 and len(code) == artifact.runtime_size and code.startswith(creates[place:])


def _code(w3: Web3, address: str) -> bytes:
    with chain_errors("eth_getCode"):
        return bytes(w3.eth.get_code(Web3.to_checksum_address(address)))


def rights(known: Known) -> Iterator[Finding]:
    """Whether the keeper's account can do its duties."""
    from makegood.keeper.rights import lacking

    if known.desk is None or known.keeper is None or not known.account:
        return
    found = list(lacking(known.desk, known.account, known.keeper, int(known.now)))
    for each in found:
        yield (wrong if each.for_good else warn)("rights", f"{each.duty}: {each.why}", each.do)
    able = [duty for duty in known.keeper.duties if duty not in {each.duty for each in found}]
    yield ok("rights", f"{known.account} can {', '.join(able) or 'do nothing'}")


def policy(known: Known) -> Iterator[Finding]:
    """Whether the bridge's policy is there, and leaves time to name an address."""
    from makegood.bridge.terms import check

    if known.desk is None or known.bridge is None:
        return
    lag = check(known.desk, known.bridge).anchor_lag
    wait = known.bridge.claim_wait
    says = f"policy {known.bridge.policy} is there; anchor_lag is {lag:,} seconds, claim_wait {wait:,}"
    if 2 * wait > lag:
        yield warn("policy", says, "make [bridge] claim_wait at most half of it: answers wait as long")
    else:
        yield ok("policy", says)
