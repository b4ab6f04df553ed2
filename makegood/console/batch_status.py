# SPDX-License-Identifier: Apache-2.0
"""A ticket by its receipt: of a batch ticket that nobody proved, only the receipt and its batch can tell."""

from pathlib import Path

from makegood.batches.watching import watch
from makegood.clock import Kind
from makegood.console import ticket_status, words
from makegood.console.proving import refuse_false
from makegood.console.run import Run
from makegood.console.table import facts
from makegood.errors import NotFound, VerificationFailed
from makegood.receipts import read


def show_receipt(run: Run, path: Path) -> None:
    """Print what holds for a receipt's ticket; of a proven or direct one as `show_ticket` does."""
    receipt = read(path)
    if run.desk_address is None:
        run.desk_address = receipt.desk
    if (receipt.chain_id, receipt.desk) != (run.desk.chain_id, run.desk.address):
        raise NotFound(
            f"The receipt is of the desk {receipt.desk} on chain {receipt.chain_id}, not {run.desk.address}.",
            hint="Give its --desk and --network.",
        )
    ticket = "0x" + receipt.ticket_id.hex()
    if receipt.inclusion is None or run.desk.lane.proof(receipt.ticket_id) is not None:
        ticket_status.show_ticket(run, ticket)
        return
    refuse_false(receipt)
    batch = run.desk.lane.batch(receipt.inclusion.batch)
    if batch.root != receipt.inclusion.root:
        raise VerificationFailed(
            f"Batch {receipt.inclusion.batch} has another root on chain than the receipt says.",
            hint="Ask the desk for the receipt anew.",
        )
    policy, now = run.desk.policy(receipt.policy_id), run.chain.now()
    findings = watch(run.desk, receipt, None, now, str(path))
    first = findings[-1]
    advice = ""
    if first.remedy:
        until = "" if first.until is None else f" by {words.moment(first.until, now)}"
        advice = f" Do this{until}: `{first.remedy}`."
    amounts = dict(zip(Kind(7).labels, policy.compensation[receipt.priority], strict=True))
    run.output.result(
        {
            "ticket_id": ticket,
            "status": "not proven",
            "requester": receipt.requester,
            "policy_id": receipt.policy_id,
            "priority": receipt.priority.label,
            "batch": receipt.inclusion.batch,
            "backed": batch.backed,
            "opened_at": words.iso(receipt.opened_at),
            "reply_due": words.iso(receipt.reply_due),
            "resolution_due": words.iso(receipt.resolution_due),
            "provable_until": words.iso(batch.expires_at),
            "bond": str(policy.prove_bond),
            "compensation": {label: str(amount) for label, amount in amounts.items()},
            "finding": first.name,
        },
        [
            f"{first.what}{advice}",
            "",
            *facts(
                [
                    ("ticket", f"{ticket}, in batch {receipt.inclusion.batch}, not proven"),
                    ("priority", f"{receipt.priority.label}, under policy {receipt.policy_id}"),
                    ("first reply due", words.moment(receipt.reply_due, now)),
                    ("resolution due", words.moment(receipt.resolution_due, now)),
                    *(
                        (label.replace("_", " "), f"{run.money(n)} if it is missed")
                        for label, n in amounts.items()
                    ),
                    ("backing", _backing(batch.backed, expired=now > batch.expires_at)),
                    ("can be proven until", words.moment(batch.expires_at, now)),
                    ("bond", f"{run.money(policy.prove_bond)} to put down for the proof"),
                    ("replies", "known only from the published leaves: `makegood watch` looks at them"),
                ]
            ),
        ],
    )


def _backing(backed: bool, *, expired: bool) -> str:
    if expired:
        return "nothing any more: its batch has expired"
    return "its whole worst case is reserved" if backed else "not backed: what it comes to cost is debt"
