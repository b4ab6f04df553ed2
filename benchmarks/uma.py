# SPDX-License-Identifier: Apache-2.0
"""UMA's OptimisticOracleV3, as npm has it: somebody asserts a claim with a bond, and it is disputed or not.

Around it stand UMA's own Finder, Store, whitelists and test currency, and UMA's own mock of its voting: what
the votes of a dispute cost, and the call that writes their result down, are not in the figures. It is
measured where it is cheapest: all that it needs of UMA's other contracts is cached, and no word that it
writes for a balance or a queue was zero, or is zero afterwards.
"""

from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from web3 import Web3

from benchmarks.node import ask
from benchmarks.npm import Deployed, Somebody, folder, version

UMA = folder("@uma/contracts-node")

_ARTIFACTS = "dist/packages/core/artifacts/contracts"
_DVM = "data-verification-mechanism"
_FINAL_FEE = 10**18
_PLENTY = 10**24
_LIVENESS = 7_200  # seconds in which an assertion can be disputed
_TRUE = 10**18
_IDENTIFIER = b"ASSERT_TRUTH".ljust(32, b"\0")
_NOBODY = f"0x{'00' * 20}"


@dataclass(frozen=True)
class UmaGas:
    """Gas of an assertion of 32 bytes until the bonds are paid. The name has the package's version."""

    name: str
    undisputed: int
    disputed: int


def measure(w3: Web3) -> UmaGas:
    """The oracle on a node. Raises NotFound where it is not installed."""
    oracle = _Oracle(w3)
    oracle.dispute()
    # One that stays open: UMA's queue and the oracle's balance are not empty.
    oracle.dispute(settled=False)
    return UmaGas(f"UMA OOv3 (npm {version(UMA)})", oracle.leave(), oracle.dispute())


class _Oracle:
    def __init__(self, w3: Web3) -> None:
        self._w3 = w3
        self._asserter, self._disputer = Somebody(w3), Somebody(w3)
        self._claims = 0
        self._finder = self._deploy(f"{_DVM}/implementation/Finder")
        self._voting = self._deploy(f"{_DVM}/test/MockOracleAncillary", self._finder.address, _NOBODY)
        self._currency = self._deploy("common/implementation/ExpandedERC20", "Currency", "CUR", 18)
        self._register()
        self._oracle = self._deploy(
            "optimistic-oracle-v3/implementation/OptimisticOracleV3",
            self._finder.address,
            self._currency.address,
            _LIVENESS,
        )
        self._fund()

    def leave(self) -> int:
        """Assert, and settle when nobody disputed it."""
        made, gas = self._assert()
        ask(self._w3, "evm_increaseTime", _LIVENESS + 1)
        return gas + self._asserter.gas(self._oracle, "settleAssertion", made)

    def dispute(self, *, settled: bool = True) -> int:
        """Assert, dispute, and settle once UMA has voted, for the asserter."""
        made, gas = self._assert()
        asserted_at = int(self._w3.eth.get_block("latest")["timestamp"])
        gas += self._disputer.gas(self._oracle, "disputeAssertion", made, self._disputer.address)
        if not settled:
            return gas
        stamped = self._asserter.ask(self._oracle, "stampAssertion", made)
        self._asserter.send(self._voting, "pushPrice", _IDENTIFIER, asserted_at, stamped, _TRUE)
        return gas + self._asserter.gas(self._oracle, "settleAssertion", made)

    def _assert(self) -> tuple[bytes, int]:
        self._claims += 1
        claim = sha256(self._claims.to_bytes(8, "big")).digest()
        arguments = (
            claim,
            self._asserter.address,
            _NOBODY,
            _NOBODY,
            _LIVENESS,
            self._currency.address,
            2 * _FINAL_FEE,
            _IDENTIFIER,
            bytes(32),
        )
        receipt = self._asserter.send(self._oracle, "assertTruth", *arguments)
        # The oracle's own event is the last, and names the assertion first.
        return bytes(receipt["logs"][-1]["topics"][1]), int(receipt["gasUsed"])

    def _register(self) -> None:
        """What the oracle looks up through the Finder."""
        currency = self._currency.address
        store = self._deploy(f"{_DVM}/implementation/Store", (0,), (0,), _NOBODY)
        self._asserter.send(store, "setFinalFee", currency, (_FINAL_FEE,))
        currencies = self._deploy("common/implementation/AddressWhitelist")
        self._asserter.send(currencies, "addToWhitelist", currency)
        identifiers = self._deploy(f"{_DVM}/implementation/IdentifierWhitelist")
        self._asserter.send(identifiers, "addSupportedIdentifier", _IDENTIFIER)
        for name, contract in (
            ("Store", store),
            ("CollateralWhitelist", currencies),
            ("IdentifierWhitelist", identifiers),
            ("Oracle", self._voting),
        ):
            interface = name.encode().ljust(32, b"\0")
            self._asserter.send(self._finder, "changeImplementationAddress", interface, contract.address)

    def _fund(self) -> None:
        self._asserter.send(self._currency, "addMinter", self._asserter.address)
        for who in (self._asserter, self._disputer):
            self._asserter.send(self._currency, "mint", who.address, _PLENTY)
            who.send(self._currency, "approve", self._oracle.address, _PLENTY)

    def _deploy(self, path: str, *arguments: Any) -> Deployed:
        name = path.rsplit("/", 1)[-1]
        return self._asserter.deploy(UMA, f"{_ARTIFACTS}/{path}.sol/{name}.json", *arguments)
