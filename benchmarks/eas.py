# SPDX-License-Identifier: Apache-2.0
"""The Ethereum Attestation Service, as npm has it: digests with a time, and attestations."""

from dataclasses import dataclass
from hashlib import sha256

from eth_utils.crypto import keccak
from web3 import Web3

from benchmarks.npm import Deployed, Somebody, folder

EAS = folder("@ethereum-attestation-service/eas-contracts")

_ARTIFACTS = "artifacts/contracts"
_FURTHER = 10
_SCHEMA = "bytes32 digest"
_NOBODY = f"0x{'00' * 20}"


@dataclass(frozen=True)
class EasGas:
    """Gas of 32 bytes: with a time, each further of such a call, and attested to a recipient."""

    name: str
    timestamp: int
    each_further: int
    attest: int


def measure(w3: Web3) -> EasGas:
    """EAS on a node. Raises NotFound where it is not installed."""
    somebody = Somebody(w3)
    registry = somebody.deploy(EAS, f"{_ARTIFACTS}/SchemaRegistry.sol/SchemaRegistry.json")
    eas = somebody.deploy(EAS, f"{_ARTIFACTS}/EAS.sol/EAS.json", registry.address)
    first = somebody.gas(eas, "timestamp", _digest(0))
    one = somebody.gas(eas, "multiTimestamp", [_digest(1)])
    more = somebody.gas(eas, "multiTimestamp", [_digest(number) for number in range(2, 3 + _FURTHER)])
    return EasGas(
        name=f"EAS {somebody.ask(eas, 'version')}",
        timestamp=first,
        each_further=-(-(more - one) // _FURTHER),
        attest=_attest(somebody, registry, eas),
    )


def _attest(somebody: Somebody, registry: Deployed, eas: Deployed) -> int:
    somebody.send(registry, "register", _SCHEMA, _NOBODY, True)
    schema = keccak(_SCHEMA.encode() + bytes(20) + b"\x01")
    data = (somebody.address, 0, True, bytes(32), _digest(0), 0)
    return somebody.gas(eas, "attest", (schema, data))


def _digest(number: int) -> bytes:
    return sha256(number.to_bytes(8, "big")).digest()
