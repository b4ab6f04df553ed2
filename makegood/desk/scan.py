# SPDX-License-Identifier: Apache-2.0
"""Logs over many blocks, as nodes that limit ranges and answers give them."""

from collections.abc import Iterator, Sequence

from requests.exceptions import HTTPError
from web3 import Web3
from web3.exceptions import MethodUnavailable, Web3RPCError
from web3.types import FilterParams, LogReceipt

from makegood.desk.refusal import chain_errors
from makegood.errors import MakegoodError

SPAN = 10_000
"""Blocks that are asked for at once: what most public nodes allow."""

# Some nodes say with an HTTP status, and not in an answer, that a range is too long.
_TOO_LONG = (400, 413)


def scan(
    w3: Web3,
    filters: Sequence[FilterParams],
    first: int,
    last: int,
    span: int = SPAN,
    *,
    newest_first: bool = False,
) -> Iterator[LogReceipt]:
    """What fits any of the filters in the blocks from `first` to `last`, in order.

    At most `span` blocks are asked for at once, and after each refusal of the node half as many. Raises
    MakegoodError where it refuses a single block too, NodeUnreachable where it does not answer.
    """
    while first <= last:
        size = min(span, last - first + 1)
        start = last - size + 1 if newest_first else first
        try:
            found = _logs(w3, filters, start, start + size - 1)
        except MakegoodError as error:
            if size == 1 or not _may_be_the_range(error.__cause__):
                raise
            span = size // 2
            continue
        if newest_first:
            yield from reversed(found)
            last = start - 1
        else:
            yield from found
            first = start + size


def _logs(w3: Web3, filters: Sequence[FilterParams], first: int, last: int) -> list[LogReceipt]:
    logs: list[LogReceipt] = []
    for each in filters:
        wanted: FilterParams = {**each, "fromBlock": first, "toBlock": last}
        with chain_errors("eth_getLogs"):
            logs += w3.eth.get_logs(wanted)
    # The in-process chain counts logs anew in each transaction, other nodes in each block.
    return sorted(logs, key=lambda log: (log["blockNumber"], log["transactionIndex"], log["logIndex"]))


def _may_be_the_range(cause: BaseException | None) -> bool:
    """Nodes name a range that is too long in words and codes of their own: any refusal may be it."""
    if isinstance(cause, HTTPError):
        return cause.response is not None and cause.response.status_code in _TOO_LONG
    return isinstance(cause, Web3RPCError) and not isinstance(cause, MethodUnavailable)
