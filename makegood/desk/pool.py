# SPDX-License-Identifier: Apache-2.0
"""Client of the CompensationPool: the money of one desk. Amounts are in the asset's smallest units."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError
from eth_typing import ChecksumAddress
from eth_utils.address import to_checksum_address
from web3 import Web3

from makegood.desk.abi import Abi
from makegood.desk.call import Call
from makegood.desk.contract import ETH, Contract
from makegood.desk.refusal import chain_errors
from makegood.errors import ChainRevert, NotFound, UsageError


def _function(name: str, inputs: tuple[tuple[str, str], ...], output: str) -> dict[str, Any]:
    return {
        "type": "function",
        "name": name,
        "inputs": [{"name": field, "type": kind} for field, kind in inputs],
        "outputs": [{"name": "", "type": output}],
    }


# ERC-20, as far as it is needed here. The pool's own ABI comes from the build.
_ERC20 = (
    _function("approve", (("spender", "address"), ("amount", "uint256")), "bool"),
    _function("allowance", (("owner", "address"), ("spender", "address")), "uint256"),
    _function("balanceOf", (("owner", "address"),), "uint256"),
    _function("decimals", (), "uint8"),
    _function("symbol", (), "string"),
)


@dataclass(frozen=True)
class Books:
    """What the pool holds and what for. free = max(0, funds - reserved - credited - bonded - debt)."""

    funds: int
    reserved: int
    credited: int
    bonded: int
    debt: int
    free: int


@dataclass(frozen=True)
class Withdrawal:
    """An announced withdrawal, usable from and until these seconds; all 0 where none is announced."""

    amount: int
    usable_from: int
    usable_until: int


@dataclass(frozen=True)
class Token:
    """What the asset calls itself, and how many decimals a whole unit has."""

    symbol: str
    decimals: int


class Pool(Contract):
    """The money, in ETH or one ERC-20."""

    ARTIFACT = "CompensationPool"

    @cached_property
    def asset(self) -> str:
        """The ERC-20, or `ETH`."""
        return str(self.read("asset"))

    @cached_property
    def notice(self) -> int:
        """Seconds between the announcement of a withdrawal and its first usable second."""
        return int(self.read("notice"))

    @cached_property
    def token(self) -> Token:
        """Symbol and decimals of the asset. Raises NotFound where an ERC-20 does not tell its decimals."""
        if self.asset == ETH:
            return Token("ETH", 18)
        try:
            decimals = decode(["uint8"], self._ask("decimals"))[0]
        except (ChainRevert, DecodingError) as error:
            raise NotFound(f"The asset {self.asset} does not tell its decimals.") from error
        return Token(self._symbol(), decimals)

    # ------------------------------------------------------------ anyone

    def fund(self, amount: int) -> Call[None]:
        """Adds to the funds. ETH goes with the call; an ERC-20 must be approved before (`approve`)."""
        return self.call("fund", amount, value=amount if self.asset == ETH else 0)

    def approve(self, amount: int) -> Call[None]:
        """Lets the pool take `amount` of the asset from the sender. Raises UsageError for ETH."""
        if self.asset == ETH:
            raise UsageError("ETH is not approved, it is sent along.")
        abi = Abi(_ERC20)
        return Call(
            w3=self.w3,
            to=self.asset,
            data=abi.encode("approve", (self.address, amount)),
            value=0,
            function="approve",
            arguments=abi.named("approve", (self.address, amount)),
            decode=lambda _: None,  # some tokens return nothing
            decode_logs=lambda _: (),
        )

    def sync(self) -> Call[None]:
        """Makes the books' funds equal to the real balance."""
        return self.call("sync")

    def collect(self, beneficiary: str) -> Call[int]:
        """Sends a beneficiary what it can have; returns how much."""
        return self.call("collect", beneficiary)

    # ------------------------------------------------------------ operator

    def announce_withdrawal(self, amount: int) -> Call[None]:
        """Announces that free funds will be taken out, usable for seven days after the notice."""
        return self.call("announce_withdrawal", amount)

    def cancel_withdrawal(self) -> Call[None]:
        """Takes the announcement back."""
        return self.call("cancel_withdrawal")

    def withdraw(self, amount: int, to: str) -> Call[None]:
        """Takes out free funds as announced."""
        return self.call("withdraw", amount, to)

    # ------------------------------------------------------------ views

    def desk(self) -> str:
        """The desk whose tickets this pool backs."""
        return str(self.read("desk"))

    def directory(self) -> str:
        """The directory whose owner is the operator."""
        return str(self.read("directory"))

    def books(self) -> Books:
        """Funds, reserved, credited, debt and free."""
        return Books(*self.read("books"))

    def free(self) -> int:
        """What could back new tickets, or be withdrawn after notice."""
        return int(self.read("free"))

    def collectable(self, beneficiary: str) -> int:
        """What `collect` would send now."""
        return int(self.read("collectable", beneficiary))

    def owed(self, beneficiary: str) -> int:
        """What a beneficiary is owed and funds do not cover yet."""
        return int(self.read("owed", beneficiary))

    def withdrawal(self) -> Withdrawal:
        """The announced withdrawal, also one that has lapsed."""
        return Withdrawal(*self.read("withdrawal"))

    def balance_of(self, holder: str) -> int:
        """How much of the asset anybody holds."""
        if self.asset == ETH:
            with chain_errors("eth_getBalance"):
                return int(self.w3.eth.get_balance(to_checksum_address(holder)))
        return int.from_bytes(self._ask("balanceOf", holder), "big")

    def approved(self, owner: str) -> int:
        """How much of an ERC-20 asset the pool may take from `owner`."""
        return int.from_bytes(self._ask("allowance", owner, self.address), "big")

    def _ask(self, function: str, *arguments: Any) -> bytes:
        data = Web3.to_hex(Abi(_ERC20).encode(function, arguments))
        with chain_errors(f"{function} of the asset"):
            return bytes(self.w3.eth.call({"to": cast(ChecksumAddress, self.asset), "data": cast(Any, data)}))

    def _symbol(self) -> str:
        # Optional in ERC-20, and bytes32 in the oldest tokens. It is others' text: printable, and not long.
        try:
            answer = self._ask("symbol")
        except ChainRevert:
            return "units"
        try:
            text = str(decode(["string"], answer)[0])
        except DecodingError:
            text = answer[:32].rstrip(b"\0").decode("utf-8", "replace")
        return text if text.isprintable() and 0 < len(text) <= 16 else "units"
