# SPDX-License-Identifier: Apache-2.0
"""One EVM in process, and what is done to it: deployments, balances, calls. It can be noted and played."""

from dataclasses import dataclass
from typing import Any, Protocol

import pyrevm

from fuzz.build import Build
from fuzz.encode import number

CHAIN_ID = 1
GAS = 30_000_000
DEPLOYER = 0xD0
# Builds without optimisation pass the limit of EIP-170; that is for others to test.
CODE_LIMIT = 10 * 24_576


@dataclass(frozen=True)
class Log:
    """An event as the chain has it."""

    address: str
    topics: list[bytes]
    data: bytes


@dataclass(frozen=True)
class Outcome:
    """What came of a call. `output` is what it returned, or what it reverted with; a halt names itself."""

    ok: bool
    output: bytes
    logs: list[Any]
    halt: str = ""

    def reason(self) -> str:
        """Why it reverted: the text of Error(string), or nothing."""
        if self.halt or self.output[:4] != b"\x08\xc3\x79\xa0":
            return self.halt
        size = number(self.output[36:68])
        return self.output[68 : 68 + size].decode()


class Recorder(Protocol):
    """Takes down what is done."""

    def note(self, *operation: Any) -> None:
        """An operation that has no outcome."""

    def note_call(self, at: int, sender: int, to: int, value: int, data: bytes, outcome: Outcome) -> None:
        """A call and what came of it."""


_hex: dict[int, str] = {}


def address(account: int) -> str:
    """As pyrevm wants it."""
    if account not in _hex:
        _hex[account] = f"0x{account:040x}"
    return _hex[account]


class Chain:
    """An EVM with one clock. Addresses follow from the deployer's nonce, whatever the bytecode."""

    def __init__(self, build: Build, recorder: Recorder | None = None, spec: str = "CANCUN") -> None:
        config = pyrevm.CfgEnv(chain_id=CHAIN_ID, limit_contract_code_size=CODE_LIMIT)
        self.evm = pyrevm.EVM(pyrevm.Env(cfg=config), gas_limit=GAS, spec_id=spec)
        self._build, self._recorder = build, recorder
        self.now = 0
        self.evm.set_balance(address(DEPLOYER), 10**30)

    def at(self, now: int) -> None:
        """Set the clock."""
        if now != self.now:
            self.now = now
            self.evm.set_block_env(pyrevm.BlockEnv(number=1, timestamp=now, gas_limit=2 * GAS))

    def deploy(self, name: str, arguments: bytes = b"", *, blueprint: bool = False) -> int:
        """A contract of the build, or its blueprint; returns its address."""
        if self._recorder:
            self._recorder.note("deploy", self.now, name, arguments, blueprint)
        code = self._build[name]
        data = code.blueprint if blueprint else code.initcode + arguments
        return int(self.evm.deploy(address(DEPLOYER), data), 16)

    def put_code(self, account: int, code: bytes) -> None:
        """Code at an address of our choice."""
        if self._recorder:
            self._recorder.note("code", account, code)
        self.evm.insert_account_info(address(account), pyrevm.AccountInfo(nonce=1, code=code))

    def set_balance(self, account: int, amount: int) -> None:
        """ETH from nowhere."""
        if self._recorder:
            self._recorder.note("balance", account, amount)
        self.evm.set_balance(address(account), amount)

    def balance(self, account: int) -> int:
        """ETH of an account."""
        return self.evm.get_balance(address(account))

    def storage(self, account: int, slot: int) -> int:
        """A word of a contract."""
        return self.evm.storage(address(account), slot)

    def call(self, sender: int, to: int, data: bytes, value: int = 0) -> Outcome:
        """A transaction."""
        try:
            output = self.evm.message_call(address(sender), address(to), data, value=value)
        except RuntimeError as error:
            outcome = failed(str(error))
        else:
            outcome = Outcome(True, output, self.evm.result.logs)
        self.evm.reset_transient_storage()
        if self._recorder:
            self._recorder.note_call(self.now, sender, to, value, data, outcome)
        return outcome


def failed(message: str) -> Outcome:
    """What pyrevm says of a call that failed."""
    if message.startswith("Revert"):
        at = message.index("output: 0x") + 10
        return Outcome(False, bytes.fromhex(message[at : message.index(" ", at)]), [])
    return Outcome(False, b"", [], message.split(",", 1)[0])
