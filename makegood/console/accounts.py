# SPDX-License-Identifier: Apache-2.0
"""Who acts: Ape's accounts as signers of the package, and the roles that test accounts play locally."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from typing import Any

import click
from ape.api.accounts import AccountAPI, TestAccountAPI
from ape.exceptions import AccountsError, ApeException, ContractLogicError, SignatureError, TransactionError
from ape.utils.basemodel import ManagerAccessMixin
from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_utils.address import (
    is_checksum_address,
    is_checksum_formatted_address,
    is_hex_address,
    to_checksum_address,
)
from web3 import Web3
from web3.exceptions import TimeExhausted
from web3.types import TxParams, TxReceipt

from makegood import typed_data
from makegood.console.network import Place
from makegood.desk import chain_errors
from makegood.desk.refusal import reverted
from makegood.errors import MakegoodError, NotFound, SignatureRefused, UsageError

ROLES = {
    "operator": 0,
    "agent": 1,
    "requester": 2,
    "bot": 3,
    "anyone": 4,
    "arbiter-1": 7,
    "arbiter-2": 8,
    "arbiter-3": 9,
}
"""Which of Ape's test accounts plays a role on a local chain: `agent` is TEST::1."""

_TEST_PREFIX = "TEST::"
_MINED_WITHIN = 120.0  # seconds


class ApeSigner:
    """A signer over an Ape account: a key file, a hardware wallet, a test account.

    What Ape and its plugins print or ask goes to stderr, so that stdout has data only.
    """

    def __init__(self, account: AccountAPI) -> None:
        self._account = account
        self.sent = 0
        """How many transactions it sent that are mined."""
        self.sending = False
        """Whether one of them may be on its way."""

    def __repr__(self) -> str:
        return f"ApeSigner({self.address})"

    @property
    def address(self) -> str:
        """Checksummed."""
        return str(self._account.address)

    @property
    def test_account(self) -> LocalAccount | None:
        """Its key, where everybody knows it: one of Ape's test accounts."""
        if not isinstance(self._account, TestAccountAPI):
            return None
        account: LocalAccount = Account.from_key(self._account.private_key)  # type: ignore[attr-defined]
        return account

    def send(self, w3: Web3, transaction: TxParams) -> TxReceipt:
        """Sign and send through Ape, wait, and return the receipt.

        Raises SignatureRefused where the account does not sign, ChainRevert where the chain refuses, and
        MakegoodError for the rest, such as too little money.
        """
        self.sending = True
        try:
            with _ape_errors(), redirect_stdout(sys.stderr):
                ecosystem = ManagerAccessMixin.network_manager.network.ecosystem
                sent = self._account.call(ecosystem.create_transaction(**_as_ape_wants(transaction)))
        except (MakegoodError, click.Abort):
            # Refused, or stopped at the question whether to sign.
            self.sending = False
            raise
        receipt = _mined(w3, str(sent.txn_hash))
        self.sent, self.sending = self.sent + 1, False
        return receipt

    def sign_typed(self, message: Mapping[str, Any]) -> bytes:
        """The 65 bytes r, s, v. Shows the message first, since key files show only its hash."""
        click.echo(_shown(message), err=True)
        with _ape_errors(), redirect_stdout(sys.stderr):
            signature = self._account.sign_message(typed_data.signable(message))
        if signature is None:
            raise SignatureRefused(
                "The account did not sign the message.", hint="Nothing was written or sent."
            )
        return bytes(signature.encode_rsv())


def _mined(w3: Web3, transaction: str) -> TxReceipt:
    # On a local chain Ape does not wait, and not every local chain mines at once.
    try:
        with chain_errors("the transaction"):
            return w3.eth.wait_for_transaction_receipt(
                Web3.to_bytes(hexstr=transaction),  # type: ignore[arg-type]
                timeout=_MINED_WITHIN,
                poll_latency=0.1,
            )
    except TimeExhausted as error:
        raise MakegoodError(
            f"The transaction {transaction} is sent but not mined after {_MINED_WITHIN:.0f} seconds.",
            hint="Look it up before you send it again: it may still be mined.",
        ) from error


def signer_of(chain: Place, name: str | None, role: str) -> ApeSigner:
    """The account of this name, or on a local chain without one the test account that plays `role`.

    Raises UsageError where a public network's account is not named, NotFound for a name that nobody has.
    """
    if name is None:
        if not chain.local:
            raise UsageError(
                f"On {chain.title} the account that acts must be named.",
                hint="Give --account ALIAS; `ape accounts list` shows yours.",
            )
        name = role
    return ApeSigner(_account(chain, name))


def address_of(chain: Place, text: str) -> str:
    """The checksummed address that an argument means: an address, an Ape alias, or locally a role.

    Raises UsageError for an address with a typing error, NotFound for a name that nobody has.
    """
    if not text.startswith(("0x", "0X")):
        return str(_account(chain, text).address)
    if not is_hex_address(text):
        raise UsageError(f'"{text}" is not an address.', hint="Give 0x and 40 hexadecimal digits.")
    if is_checksum_formatted_address(text) and not is_checksum_address(text):
        raise UsageError(
            f'The address "{text}" fails its checksum, so it has a typing error.', hint="Copy it again."
        )
    return to_checksum_address(text)


def _account(chain: Place, name: str) -> AccountAPI:
    account = _found(chain, name)
    if not isinstance(account, AccountAPI):
        roles = f" or one of {', '.join(ROLES)}" if chain.local else ""
        raise NotFound(f'There is no account "{name}".', hint=f"Give an alias of `ape accounts list`{roles}.")
    return account


def _found(chain: Place, name: str) -> object:
    manager = ManagerAccessMixin.account_manager
    if chain.local and name in ROLES:
        return manager.test_accounts[ROLES[name]]
    if name.upper().startswith(_TEST_PREFIX):
        return _test_account(chain, name)
    if name in manager.aliases:
        return manager.load(name)
    if is_checksum_address(name) and name in manager:
        account = manager[name]
        if isinstance(account, TestAccountAPI):
            _refuse_known_keys(chain, name)
        return account
    return None


def _refuse_known_keys(chain: Place, name: str) -> None:
    if not chain.local:
        raise UsageError(
            f"{name} has a key that everybody knows.", hint="On a public network use an account of your own."
        )


def _test_account(chain: Place, name: str) -> object:
    _refuse_known_keys(chain, name)
    accounts = ManagerAccessMixin.account_manager.test_accounts
    number = name[len(_TEST_PREFIX) :]
    if not number.isdecimal() or int(number) >= len(accounts):
        raise NotFound(f'There is no account "{name}".', hint=f"Give TEST::0 to TEST::{len(accounts) - 1}.")
    return accounts[int(number)]


def _as_ape_wants(transaction: TxParams) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "sender": transaction["from"],
        "data": Web3.to_bytes(hexstr=transaction["data"]),  # type: ignore[arg-type]
        "value": transaction.get("value", 0),
        "chain_id": transaction["chainId"],
        "gas_limit": transaction["gas"],
    }
    if "nonce" in transaction:
        fields["nonce"] = transaction["nonce"]
    if "to" in transaction:
        fields["receiver"] = transaction["to"]
    return fields


def _shown(message: Mapping[str, Any]) -> str:
    domain = message["domain"]
    lines = [
        f"To sign: {message['primaryType']} for {domain['verifyingContract']}, chain {domain['chainId']}"
    ]
    lines += [f"  {name}: {value}" for name, value in message["message"].items()]
    return "\n".join(lines)


@contextmanager
def _ape_errors() -> Iterator[None]:
    try:
        yield
    except SignatureError as error:
        raise SignatureRefused("The account did not sign, so nothing was sent.") from error
    except ContractLogicError as error:
        raise reverted("the transaction", str(error.revert_message or "")) from error
    except (AccountsError, TransactionError) as error:
        text = str(error).strip().splitlines()[0].rstrip(".")
        if "balance" in text.lower() or "insufficient funds" in text.lower():
            raise MakegoodError(
                "The account has too little of the network's own coin for the transaction and its gas.",
                hint="Send it some, or use another account.",
            ) from error
        raise MakegoodError(f"The transaction was not sent: {text}.") from error
    except ApeException as error:
        raise MakegoodError(f"Ape cannot use the account: {str(error).strip().splitlines()[0]}") from error
