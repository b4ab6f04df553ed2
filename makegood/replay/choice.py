# SPDX-License-Identifier: Apache-2.0
"""Which driver a chain takes."""

from web3 import Web3

from makegood.desk.refusal import chain_errors
from makegood.errors import UsageError
from makegood.replay.anvil import AnvilDriver
from makegood.replay.driver import Driver
from makegood.replay.in_process import InProcessDriver


def driver_for(w3: Web3) -> Driver:
    """The driver for the chain behind `w3`: anvil, or eth-tester's in-process chain (Ape's `test` provider).

    Raises UsageError for any other node: no replay can move its time.
    """
    if hasattr(w3.provider, "ethereum_tester"):
        return InProcessDriver(w3)
    with chain_errors("web3_clientVersion"):
        version = w3.client_version
    if not version.lower().startswith("anvil"):
        raise UsageError(
            f"A replay moves the chain's time, and {version} cannot do that.",
            hint="Use a local network: the in-process chain, or anvil (`make node`).",
        )
    return AnvilDriver(w3)
