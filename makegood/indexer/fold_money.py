# SPDX-License-Identifier: Apache-2.0
"""The pool's books, accounts and debts from its events."""

from __future__ import annotations

from makegood.indexer import schema
from makegood.indexer.logs import MOST, Arguments, Handlers, Log
from makegood.indexer.rows import Row, Rows

_IN_BOOKS = (
    "funds",
    "reserved",
    "credited",
    "bonded",
    "debt_incurred",
    "debt_paid",
    "compensated",
    "collected",
)


class MoneyFold:
    """Where the money of a desk is."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def handlers(self) -> Handlers:
        """What an event does, by its name."""
        return {
            "Funded": self._funded,
            "Synced": self._synced,
            "Withdrawn": self._withdrawn,
            "WithdrawalAnnounced": self._withdrawal_announced,
            "WithdrawalCancelled": self._withdrawal_cancelled,
            "Reserved": self._reserved,
            "Released": self._released,
            "Bonded": self._bonded,
            "BondReserved": self._bond_reserved,
            "Unbonded": self._unbonded,
            "Credited": self._credited,
            "Owed": self._owed,
            "DebtPaid": self._debt_paid,
            "DebtCredited": self._debt_credited,
            "Collected": self._collected,
        }

    def _move(self, log: Log, **changes: int) -> Row:
        desk = self._rows.edit(schema.desks, self._rows.chain, log.desk)
        for name, change in changes.items():
            desk[name] += change
        desk["changed_block"] = log.block_number
        self._note(log, desk)
        return desk

    def _note(self, log: Log, desk: Row) -> None:
        # One row a block, whatever moved in it.
        book = {name: desk[name] for name in _IN_BOOKS}
        key = {"chain": self._rows.chain, "desk": log.desk, "block_number": log.block_number}
        self._rows.put(schema.books, {**key, "time": log.time, **book})

    # ------------------------------------------------------------ funds

    def _funded(self, log: Log, given: Arguments) -> None:
        self._move(log, funds=given["amount"])

    def _synced(self, log: Log, given: Arguments) -> None:
        desk = self._rows.edit(schema.desks, self._rows.chain, log.desk)
        self._move(log, funds=given["funds"] - desk["funds"])

    def _withdrawn(self, log: Log, given: Arguments) -> None:
        desk = self._move(log, funds=-given["amount"], withdrawn=given["amount"])
        desk.update(withdrawal_amount=0, withdrawal_from=0, withdrawal_until=0)

    def _withdrawal_announced(self, log: Log, given: Arguments) -> None:
        self._move(log).update(
            withdrawal_amount=given["amount"],
            withdrawal_from=min(given["usable_from"], MOST),
            withdrawal_until=min(given["usable_until"], MOST),
        )

    def _withdrawal_cancelled(self, log: Log, given: Arguments) -> None:  # noqa: ARG002
        self._move(log).update(withdrawal_amount=0, withdrawal_from=0, withdrawal_until=0)

    # ------------------------------------------------------------ reserves and bonds

    def _reserved(self, log: Log, given: Arguments) -> None:
        self._move(log, reserved=given["amount"])

    def _released(self, log: Log, given: Arguments) -> None:
        self._move(log, reserved=-given["amount"])

    def _bonded(self, log: Log, given: Arguments) -> None:
        self._move(log, funds=given["amount"], bonded=given["amount"])

    def _bond_reserved(self, log: Log, given: Arguments) -> None:
        self._move(log, funds=given["amount"], reserved=given["amount"])

    def _unbonded(self, log: Log, given: Arguments) -> None:
        self._move(log, bonded=-given["amount"], reserved=given["amount"])

    # ------------------------------------------------------------ accounts

    def _credited(self, log: Log, given: Arguments) -> None:
        self._move(log, reserved=-given["amount"], credited=given["amount"])
        self._account(log, given)["credited"] += given["amount"]

    def _owed(self, log: Log, given: Arguments) -> None:
        self._move(log, debt_incurred=given["amount"])
        self._account(log, given)["debts"] += 1
        self._rows.put(
            schema.debts,
            {
                "chain": self._rows.chain,
                "desk": log.desk,
                "beneficiary": given["beneficiary"],
                "place": given["index"],
                "position": given["position"],
                "amount": given["amount"],
                "owed_at": log.time,
                "changed_block": log.block_number,
            },
        )

    def _debt_paid(self, log: Log, given: Arguments) -> None:
        self._move(log, debt_paid=given["amount"], credited=given["amount"])

    def _debt_credited(self, log: Log, given: Arguments) -> None:
        account = self._account(log, given)
        account["credited"] += given["amount"]
        account["debts_credited"] += given["amount"]

    def _collected(self, log: Log, given: Arguments) -> None:
        amount = given["amount"]
        self._move(log, funds=-amount, credited=-amount, collected=amount)
        account = self._account(log, given)
        account["credited"] -= amount
        account["collected"] += amount

    def _account(self, log: Log, given: Arguments) -> Row:
        key = (self._rows.chain, log.desk, given["beneficiary"])
        if self._rows.get(schema.accounts, *key) is None:
            names = ("chain", "desk", "beneficiary")
            zeros = {"credited": 0, "collected": 0, "debts": 0, "debts_credited": 0}
            row = self._rows.put(schema.accounts, {**dict(zip(names, key, strict=True)), **zeros})
        else:
            row = self._rows.edit(schema.accounts, *key)
        row["changed_block"] = log.block_number
        return row
