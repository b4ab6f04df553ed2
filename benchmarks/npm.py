# SPDX-License-Identifier: Apache-2.0
"""Others' contracts as their authors compiled them: packages from npm, deployed on a node."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eth_account import Account
from web3 import Web3

from benchmarks.node import PROJECT, ask
from makegood.desk import KeySigner
from makegood.desk.abi import Abi
from makegood.errors import MakegoodError, NotFound

_MODULES = PROJECT / "node_modules"
_GAS_LIMIT = 10_000_000
_HINT = "Run `make bench`, which installs it."


@dataclass(frozen=True)
class Deployed:
    """A contract on chain."""

    address: str
    abi: Abi


class Somebody:
    """An account with ETH on a node, who deploys and calls others' contracts."""

    def __init__(self, w3: Web3) -> None:
        self.w3 = w3
        self._key = KeySigner(Account.create())
        self.address = self._key.address
        ask(w3, "anvil_setBalance", self.address, hex(10**20))

    def deploy(self, package: Path, artifact: str, *arguments: Any) -> Deployed:
        """Deploy an artifact of Hardhat's. Raises NotFound where it is not installed."""
        fields = _read(package, artifact)
        abi = Abi(fields["abi"])
        constructed = abi.encode_constructor(arguments) if arguments else b""
        receipt = self._send(None, Web3.to_bytes(hexstr=fields["bytecode"]) + constructed, artifact)
        return Deployed(receipt["contractAddress"], abi)

    def send(self, contract: Deployed, function: str, *arguments: Any) -> Any:
        """Send, and give the receipt. Raises MakegoodError where it is refused."""
        return self._send(contract.address, contract.abi.encode(function, arguments), function)

    def gas(self, contract: Deployed, function: str, *arguments: Any) -> int:
        """Send, and say what gas it took."""
        return int(self.send(contract, function, *arguments)["gasUsed"])

    def ask(self, contract: Deployed, function: str, *arguments: Any) -> Any:
        """What a call would return."""
        data = Web3.to_hex(contract.abi.encode(function, arguments))
        answer = self.w3.eth.call({"from": self.address, "to": contract.address, "data": data})
        return contract.abi.decode(function, len(arguments), bytes(answer))

    def _send(self, to: str | None, data: bytes, what: str) -> Any:
        fields: Any = {"data": Web3.to_hex(data), "value": 0, "gas": _GAS_LIMIT}
        fields["chainId"] = self.w3.eth.chain_id
        if to is not None:
            fields["to"] = to
        receipt = self._key.send(self.w3, fields)
        if receipt["status"] != 1:
            raise MakegoodError(f"A peer refuses what it takes elsewhere: {what}.")
        return receipt


def folder(package: str) -> Path:
    """Where npm puts a package."""
    return _MODULES.joinpath(*package.split("/"))


def version(package: Path) -> str:
    """Of an installed package. Raises NotFound where it is not installed."""
    return str(_read(package, "package.json")["version"])


def _read(package: Path, path: str) -> Any:
    try:
        return json.loads((package / path).read_bytes())
    except OSError:
        name = f"{package.parent.name}/{package.name}"
        raise NotFound(f"The npm package {name} is missing.", hint=_HINT) from None
