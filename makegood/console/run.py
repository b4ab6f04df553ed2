# SPDX-License-Identifier: Apache-2.0
"""One run of a command: its chain, its desk, who acts, and how it sends: plan, confirm, send, tell."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NoReturn, cast

from web3 import Web3

from makegood.console import words
from makegood.console.accounts import ApeSigner, address_of, signer_of
from makegood.console.deployments import Deployments
from makegood.console.network import Chain
from makegood.console.output import Output
from makegood.console.stopping import stopped
from makegood.console.table import facts
from makegood.desk import Call, Desk, Outcome, Pool, Token, chain_errors
from makegood.errors import ChainRevert, MakegoodError, NotFound, Stopped


@dataclass(frozen=True)
class Step:
    """One transaction to come.

    `call` is None, and `gas` a rough figure, where the call is known only once the steps before it are done.
    """

    what: str
    call: Call[Any] | None = None
    gas: int | None = None


@dataclass
class Run:
    """What every command has to hand. `role` is who acts locally where no --account is given."""

    chain: Chain
    output: Output
    role: str
    account_name: str | None = None
    desk_address: str | None = None
    yes: bool = False
    dry_run: bool = False
    sent: list[tuple[str, Outcome]] = field(default_factory=list)
    after_stop: str | None = None
    """What to do next where it is stopped, in a sentence; None where the chain alone shows it."""
    in_part: str | None = None
    """What accounts of the command's own have under way, as what follows `Stopped: `."""

    @cached_property
    def signer(self) -> ApeSigner:
        """Who acts."""
        return signer_of(self.chain, self.account_name, self.role)

    @cached_property
    def deployments(self) -> Deployments:
        """What is remembered of the chain."""
        return Deployments(self.chain)

    @cached_property
    def desk(self) -> Desk:
        """The desk of --desk, or the remembered one. Raises NotFound where there is neither."""
        if self.desk_address is not None:
            return Desk(self.chain.w3, address_of(self.chain, self.desk_address))
        remembered = self.deployments.record().desks
        if remembered:
            return Desk(self.chain.w3, remembered[-1].desk)
        hint = "Deploy one with `ape run deploy`, or give --desk ADDRESS."
        if not self.chain.lasting:
            hint = "For a chain that lasts, run `make node` in another shell, then `ape run deploy`."
        raise NotFound(f"No desk is remembered on {self.chain.title}.", hint=hint)

    @property
    def pool(self) -> Pool:
        """The desk's pool."""
        return self.desk.pool

    @property
    def token(self) -> Token:
        """The pool's asset: symbol and decimals."""
        return self.pool.token

    @cached_property
    def first_block(self) -> int:
        """The block from which on the desk has events; 0 where that is not remembered."""
        remembered = self.deployments.record().desk(self.desk.address)
        return remembered.block if remembered else 0

    def address(self, text: str) -> str:
        """The address that an argument means."""
        return address_of(self.chain, text)

    def money(self, units: int) -> str:
        """An amount of the desk's asset with its symbol."""
        return words.money(units, self.token)

    # ------------------------------------------------------------ sending

    def goes_ahead(self, steps: Sequence[Step]) -> bool:
        """Price the steps, and say whether to take them.

        With --dry-run it prints them as the command's result and returns False. On a public network it asks,
        unless --yes was given. A step that the chain would refuse raises ChainRevert here, before anything is
        sent; MakegoodError where the user says no.
        """
        priced = [(step, self._priced(step, alone=len(steps) == 1)) for step in steps]
        price = _gas_price(self.chain.w3)
        if self.dry_run:
            self.output.result(self._plan(priced, price), self._plan_lines(priced, price))
            return False
        if not self.chain.local and not self.yes:
            for line in self._plan_lines(priced, price):
                self.output.say(line)
            if not self.output.confirms("Go ahead?"):
                raise MakegoodError("Not confirmed, so nothing was sent.")
        return True

    def send(self, what: str, call: Call[Any]) -> Outcome:
        """Send one step and say so."""
        outcome = call.send(self.signer)
        self.sent.append((call.function, outcome))
        fee = f"{words.coin(outcome.fee)} {self._coin}"
        self.output.say(f"{what}: done in block {outcome.block_number}, {outcome.gas_used:,} gas, {fee}")
        return outcome

    def act(self, what: str, call: Call[Any], before: Callable[[], None] | None = None) -> Outcome | None:
        """A command of one transaction: None where it was a dry run.

        `before` is done once it is clear that the chain takes it, and before anything is sent.
        """
        if not self.goes_ahead([Step(what, call)]):
            return None
        if before is not None:
            before()
        return self.send(what, call)

    def done(self, data: Mapping[str, Any], rows: Iterable[tuple[str, str]]) -> None:
        """The command's result, with the transactions that brought it."""
        self.output.result(self._with_transactions(data), facts(list(rows)))

    def _with_transactions(self, data: Mapping[str, Any]) -> dict[str, Any]:
        transactions = [
            {
                "function": function,
                "hash": Web3.to_hex(outcome.transaction),
                "block": outcome.block_number,
                "at": words.iso(outcome.at),
                "gas_used": outcome.gas_used,
                "fee": str(outcome.fee),
            }
            for function, outcome in self.sent
        ]
        return {**data, "transactions": transactions}

    def partly_done(
        self, data: Mapping[str, Any], rows: Iterable[tuple[str, str]], error: MakegoodError
    ) -> NoReturn:
        """As `done`, where a part was refused; ends the command with the error's exit code."""
        self.output.refuted(self._with_transactions(data), facts(list(rows)), error)

    def stopped(self, error: BaseException) -> Stopped:
        """What to tell where somebody stops the command."""
        if self.in_part is not None:
            return Stopped(f"Stopped: {self.in_part}.", hint=self.after_stop)
        # Asked for only where there is one already: nothing is loaded to tell that nothing was done.
        signer: ApeSigner | None = self.__dict__.get("signer")
        if signer is None:
            return stopped(error, then=self.after_stop)
        return stopped(error, sent=signer.sent, sending=signer.sending, then=self.after_stop)

    def _priced(self, step: Step, *, alone: bool) -> int | None:
        if step.call is None:
            return step.gas
        try:
            return step.call.gas(self.signer.address)
        except ChainRevert as error:
            if not alone:
                error.step = step.what
            raise

    @property
    def _coin(self) -> str:
        return str(self.chain.provider.network.ecosystem.fee_token_symbol)

    def _plan(self, priced: Sequence[tuple[Step, int | None]], price: int) -> dict[str, Any]:
        total = sum(gas or 0 for _, gas in priced)
        return {
            "dry_run": True,
            "network": self.chain.title,
            "account": self.signer.address,
            "steps": [
                {
                    "what": step.what,
                    "function": step.call.function if step.call else None,
                    "arguments": machine_readable(step.call.arguments) if step.call else None,
                    "to": step.call.to if step.call else None,
                    "value": str(step.call.value) if step.call else "0",
                    "gas": gas,
                }
                for step, gas in priced
            ],
            "gas": total,
            "fee": str(total * price),
            "value": str(sum(step.call.value for step, _ in priced if step.call)),
        }

    def _plan_lines(self, priced: Sequence[tuple[Step, int | None]], price: int) -> list[str]:
        total = sum(gas or 0 for _, gas in priced)
        value = sum(step.call.value for step, _ in priced if step.call)
        rows = [("as", self.signer.address), ("on", self.chain.title)]
        for number, (step, gas) in enumerate(priced, 1):
            about = "about " if step.call is None else ""
            cost = f"{about}{gas:,} gas" if gas is not None else "gas not known before"
            rows.append((f"{number}.", f"{step.what}: {cost}"))
        cost = f"about {words.coin(total * price)} {self._coin} for {total:,} gas"
        rows.append(("costs", cost + (f", and {words.coin(value)} {self._coin} sent along" if value else "")))
        heading = "Nothing was sent. The command would:" if self.dry_run else "The command will:"
        return [heading, *facts(rows, indent=2)]


def machine_readable(value: Any) -> Any:
    """Arguments of a call for JSON: bytes as 0x hex, whole numbers beyond 2**53 as decimal strings."""
    if isinstance(value, bytes):
        return Web3.to_hex(value)
    if isinstance(value, Mapping):
        return {key: machine_readable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [machine_readable(item) for item in value]
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 2**53:
        return str(value)
    return value


def _gas_price(w3: Web3) -> int:
    """What a unit of gas is likely to cost now, in wei: the base fee and the node's tip."""
    with chain_errors("eth_gasPrice"):
        base = w3.eth.get_block("latest").get("baseFeePerGas")
        return int(w3.eth.gas_price) if base is None else cast(int, base) + int(w3.eth.max_priority_fee)
