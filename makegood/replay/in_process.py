# SPDX-License-Identifier: Apache-2.0
"""The in-process chain as a driver: eth-tester's, which Ape's `test` provider has too.

Blocks are made by py-evm itself: eth-tester's normalisation takes longer than the EVM.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from eth_account import Account
from eth_utils.address import to_canonical_address
from web3 import Web3

from makegood.desk import KeySigner
from makegood.desk.refusal import chain_errors
from makegood.errors import MakegoodError
from makegood.replay.driver import Block, Entry, Mined, Receipt


class InProcessDriver:
    """Mines with `backend.chain`, a py-evm MiningChain, whose state is also what `w3` shows."""

    def __init__(self, w3: Web3) -> None:
        self._w3 = w3
        # Untyped in web3: an EthereumTesterProvider, its EthereumTester's backend a PyEVMBackend.
        provider: Any = w3.provider
        self._backend: Any = provider.ethereum_tester.backend

    @property
    def w3(self) -> Web3:
        """As `Driver.w3`."""
        return self._w3

    def give(self, account: str, amount: int) -> None:
        """As `Driver.give`: out of the chain's own test accounts."""
        for key in self._backend.account_keys:
            missing = amount - self._w3.eth.get_balance(Web3.to_checksum_address(account))
            if missing <= 0:
                return
            self._move(KeySigner(Account.from_key(key.to_bytes())), account, missing)
        if self._w3.eth.get_balance(Web3.to_checksum_address(account)) < amount:
            raise MakegoodError(
                f"The in-process chain's accounts do not hold the {amount} wei that the replay needs.",
                hint="Give Ape's `test` accounts a higher balance, or use anvil.",
            )

    def _move(self, giver: KeySigner, account: str, amount: int) -> None:
        balance = self._w3.eth.get_balance(Web3.to_checksum_address(giver.address))
        kept = 10**18  # for gas
        if balance > kept:
            with chain_errors("a transfer"):
                giver.send(
                    self._w3,
                    {
                        "to": Web3.to_checksum_address(account),
                        "value": Web3.to_wei(min(amount, balance - kept), "wei"),
                        "gas": 21_000,
                        "chainId": self._w3.eth.chain_id,
                    },
                )

    def mine(self, blocks: Iterable[Block]) -> Mined:
        """As `Driver.mine`."""
        for block in blocks:
            # Not kept in an attribute: eth-tester replaces its chain where a snapshot is restored.
            chain = self._backend.chain
            decode = chain.get_vm().get_transaction_builder().decode
            chain.set_header_timestamp(block.at)
            imported, receipts, _ = chain.mine_all([decode(raw) for raw in block.transactions])
            yield tuple(self._receipts(imported.imported_block.number, receipts))

    def _receipts(self, block_number: int, receipts: Iterable[Any]) -> Iterator[Receipt]:
        before = 0
        for receipt in receipts:
            logs = tuple(
                Entry(log.address, tuple(topic.to_bytes(32, "big") for topic in log.topics), log.data)
                for log in receipt.logs
            )
            yield Receipt(block_number, receipt.state_root == b"\x01", receipt.gas_used - before, logs)
            before = receipt.gas_used

    def read_many(self, to: str, calls: Sequence[bytes]) -> list[bytes]:
        """As `Driver.read_many`."""
        sender = self._backend.get_accounts()[0]
        contract = to_canonical_address(to)
        with chain_errors("a view"):
            return [
                bytes(self._backend.call({"from": sender, "to": contract, "data": data, "gas": 1_000_000}))
                for data in calls
            ]
