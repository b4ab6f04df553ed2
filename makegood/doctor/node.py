# SPDX-License-Identifier: Apache-2.0
"""Checks of the node, of this machine's clock against its newest block, and of the account's money."""

from __future__ import annotations

from collections.abc import Iterator

from makegood.desk import chain_errors
from makegood.doctor.finding import Finding, Known, ok, warn, wrong
from makegood.errors import MakegoodError, NodeUnreachable
from makegood.rpc import connected

CLOCKS_DIFFER = 15
"""Seconds by which a block's time may be ahead of this machine's."""
GAS = 300_000
"""Of a transaction, to tell how many the account can pay for."""

_STALE = 180  # seconds
_STANDS = 3_600
_FEW = 100  # transactions
_LOCAL = ("anvil", "hardhat")
_WEI = 10**18


def node(known: Known) -> Iterator[Finding]:
    """Whether it answers, is of the chain, and has what is new."""
    w3 = connected(known.given.chain.rpc)
    try:
        with chain_errors("eth_chainId"):
            chain = int(w3.eth.chain_id)
        with chain_errors("eth_getBlockByNumber"):
            block = w3.eth.get_block("latest")
    except NodeUnreachable as error:
        do = "see whether it runs, and whether [chain] rpc and the key in it are right"
        yield wrong("node", error.message, do)
        return
    try:
        with chain_errors("web3_clientVersion"):
            version = str(w3.client_version)
    except MakegoodError:
        version = "one that does not say what it is"
    if chain != known.given.chain.chain_id:
        known.other_chain, wanted = True, known.given.chain.chain_id
        yield wrong("node", f"it is on chain {chain}, [chain] chain_id is {wanted}", "correct one of the two")
        return
    known.w3, known.head = w3, int(block["number"])
    known.local = any(each in version.lower() for each in _LOCAL)
    yield ok("node", f"{version.partition('/')[0]}, chain {chain}, block {known.head:,}")
    with chain_errors("eth_syncing"):
        if w3.eth.syncing:
            yield wrong("node", "it is still syncing", "wait until it has done, or name another one")
    yield _clock(known, round(known.now) - int(block["timestamp"]))


def _clock(known: Known, age: int) -> Finding:
    stale = known.explorer.serving.stale_after if known.explorer else _STALE
    if age < -CLOCKS_DIFFER:
        says = f"the newest block is {_span(-age)} ahead of this machine's clock"
        if known.local:
            return warn("clock", says, "nothing, if you moved the local chain's clock")
        return wrong("clock", says, "set the clock: `timedatectl set-ntp true`")
    if known.local or age <= (stale or _STALE):
        return ok("clock", f"the newest block is {_span(max(0, age))} old")
    says = f"the newest block is {_span(age)} old: the node or the chain stands, or this clock is ahead"
    do = "see the node's peers, the chain's status page and `timedatectl`"
    return (wrong if age > _STANDS else warn)("clock", says, do)


def _span(seconds: int) -> str:
    """By its two largest units; what is short in seconds."""
    if seconds < 120:
        return f"{seconds} seconds"
    parts: list[str] = []
    for size, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count:,} {unit}{'s' if count > 1 else ''}")
    return " ".join(parts[:2])


def money(known: Known) -> Iterator[Finding]:
    """Whether the keeper's account can pay for gas, at a price that it may pay."""
    from makegood.sending.fees import GWEI, market, within

    if known.w3 is None or known.keeper is None or not known.account:
        return
    with chain_errors("eth_getBalance"):
        has = int(known.w3.eth.get_balance(known.account))  # type: ignore[arg-type]
    offer = market(known.w3)
    price = (offer.base or 0) + offer.tip if offer.base is not None else offer.most
    count = has // (GAS * max(1, price))
    enough = f"enough for {count:,} transactions" if count else "too little for a transaction"
    says = f"{known.account} has {_coins(has)} of the chain's coin, {enough} now"
    if count >= _FEW:
        yield ok("money", says)
    else:
        yield (warn if count else wrong)("money", says, "send it some")
    if within(offer, known.keeper.fees) is None:
        most = known.keeper.fees.most / GWEI
        says = f"gas costs {price / GWEI:g} gwei, more than [keeper] most_gwei, {most:g}: nothing is sent"
        yield warn("money", says, "wait, or raise it")


def _coins(wei: int) -> str:
    if 0 < wei < _WEI // 10_000:
        return "less than 0.0001"
    return f"{wei / _WEI:,.4f}" if wei else "0"
