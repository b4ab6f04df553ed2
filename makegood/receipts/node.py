# SPDX-License-Identifier: Apache-2.0
"""The node that a receipt is verified against. Nothing that it answers may end in another error than ours."""

from collections.abc import Iterator
from contextlib import contextmanager

import requests
from web3 import Web3
from web3.exceptions import RequestTimedOut

from makegood.desk import chain_errors
from makegood.errors import MakegoodError, NodeSilent, NodeUnreachable

_REMEDY = "Try again, or ask another node."
_NO_ANSWER = (ConnectionError, TimeoutError, requests.ConnectionError, requests.Timeout, RequestTimedOut)


@contextmanager
def asking(doing: str) -> Iterator[None]:
    """As `chain_errors`, and also where an answer has no sense.

    Addresses of nodes hold secrets, and the texts of a library's errors hold addresses: none is repeated.
    """
    try:
        with chain_errors(doing):
            yield
    except NodeUnreachable as error:
        if isinstance(error.__cause__, _NO_ANSWER):
            raise NodeSilent("No node answers.", hint="Check its address and that it runs.") from None
        raise NodeUnreachable("The node gives no usable answer.", hint=_REMEDY) from None
    except MakegoodError:
        raise
    except Exception as error:  # web3 lets whatever a malformed answer causes through
        raise contradicts(doing) from error


def contradicts(about: str) -> NodeUnreachable:
    """The error for an answer that cannot be."""
    return NodeUnreachable(f"What the node answers about {about} cannot be.", hint=_REMEDY)


def latest(w3: Web3) -> tuple[int, int]:
    """Number and time of the newest block."""
    with asking("eth_getBlockByNumber"):
        block = w3.eth.get_block("latest")
        return int(block["number"]), int(block["timestamp"])


def last_final(w3: Web3) -> int | None:
    """The number of the last block that the node calls final; None where it has no such notion."""
    try:
        with asking("eth_getBlockByNumber"):
            return int(w3.eth.get_block("finalized")["number"])
    except MakegoodError:
        return None
