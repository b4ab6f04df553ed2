# SPDX-License-Identifier: Apache-2.0
"""An arbiter's key for sealed evidence, and the card in which it signs that the key is its own."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from makegood import sealing, typed_data
from makegood.console.dispute_words import hash_rows
from makegood.console.files import write_new
from makegood.console.run import Run, machine_readable
from makegood.console.table import facts
from makegood.disputes import KeyCard
from makegood.errors import NotFound, SignatureRefused, UsageError


def evidence_key(run: Run, file: Path, card: Path | None, arbiter: str | None) -> None:
    """Make an identity in `file`, unless it is there, and the card for it; nothing is sent.

    Where `arbiter` names one that signs elsewhere, its message is printed, and no card is made. Raises
    SignatureRefused for nobody of today's panel. Where something fails, no new file is left.
    """
    address = run.signer.address if arbiter is None else run.address(arbiter)
    _check_arbiter(run, address)
    path = card or file.with_name(f"{file.name}.card.json")
    if arbiter is None and path.exists():
        raise UsageError(f"{path} is there already and is not overwritten.", hint="Give another --card.")
    known = _recipient_in(file) if file.exists() else None
    if run.dry_run:
        _show_only(run, address, file, path, known)
        return
    with _identity(file, known) as recipient:
        unsigned = KeyCard(run.desk.chain_id, run.desk.panel.address, address, recipient)
        if arbiter is None:
            signed = replace(unsigned, signature=_signed(run, unsigned))
            write_new(path, signed.text(), public=True)
    if arbiter is None:
        _tell(run, file, path, signed)
    else:
        _tell_to_sign(run, file, unsigned)


def _check_arbiter(run: Run, address: str) -> None:
    epoch = run.desk.panel.epoch()
    if not epoch:
        raise NotFound("The desk has no arbiters.", hint="`ape run status` shows its panel.")
    seats = run.desk.panel.seats(epoch)
    if address not in seats.arbiters:
        who = ", ".join(seats.arbiters)
        raise SignatureRefused(
            f"{address} is no arbiter of epoch {epoch}, whose panel decides now: {who}.",
            hint="Sign with an arbiter's account.",
        )


def _recipient_in(file: Path) -> str:
    recipients = {each.recipient for each in sealing.read_identities(file)}
    if len(recipients) > 1:
        raise UsageError(
            f"{file} has {len(recipients)} identities, and a card is for one.",
            hint="Put the one that you want into a file of its own.",
        )
    return recipients.pop()


@contextmanager
def _identity(file: Path, known: str | None) -> Iterator[str]:
    # A new identity without its card would only stand in the way of the next try.
    if known is not None:
        yield known
        return
    recipient = sealing.new_identity(file)
    try:
        yield recipient
    except BaseException:
        file.unlink(missing_ok=True)
        raise


def _signed(run: Run, card: KeyCard) -> bytes:
    signature = run.signer.sign_typed(card.message())
    if typed_data.recover(card.message(), signature) != card.arbiter:
        raise SignatureRefused("The account signed something else.", hint="Nothing was written; try again.")
    return signature


def _show_only(run: Run, arbiter: str, file: Path, path: Path, known: str | None) -> None:
    identity = f"take the identity in {file}" if known else f"write a new identity to {file}"
    run.output.result(
        {"dry_run": True, "arbiter": arbiter, "identity": str(file), "card": str(path), "recipient": known},
        [f"{arbiter} would {identity} and sign its card into {path}, for no cost."],
    )


def _tell(run: Run, file: Path, path: Path, card: KeyCard) -> None:
    run.output.result(
        {**card.fields(), "identity": str(file), "card": str(path)},
        facts(
            [
                ("arbiter", card.arbiter),
                ("panel", f"{card.panel}, chain {card.chain_id}"),
                ("recipient", card.recipient),
                ("identity", f"{file}; secret: keep it, and show it to nobody"),
                ("card", f"{path}; give it to requesters"),
            ]
        ),
    )


def _tell_to_sign(run: Run, file: Path, card: KeyCard) -> None:
    # Wallets that read JSON keep whole numbers exact to 2**53 only.
    message = machine_readable(card.message())
    hashes = {label.replace(" ", "_"): value for label, value in hash_rows(message)}
    run.output.result(
        {**card.fields(), "identity": str(file), "card": None, "to_sign": message, **hashes},
        [
            *facts(
                [
                    ("arbiter", card.arbiter),
                    ("recipient", card.recipient),
                    ("identity", f"{file}; secret: keep it, and show it to nobody"),
                    *hash_rows(message),
                ]
            ),
            "The whole message, for eth_signTypedData_v4:",
            *json.dumps(message, indent=2).splitlines(),
            "The card, once its signature is filled in:",
            *card.text().splitlines(),
        ],
    )
