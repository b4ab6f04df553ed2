# SPDX-License-Identifier: Apache-2.0
"""A ticket's receipt made into a file, from the chain and from what our commands kept. Needs no Ape."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from makegood import documents
from makegood.batches import proofs_of
from makegood.console import kept, words
from makegood.console.deployments import data_folder
from makegood.console.files import read_text, write_anew, write_new
from makegood.console.output import Output
from makegood.console.receipt_options import ANOTHER, Wanted
from makegood.desk import Desk
from makegood.errors import DocumentError, NotFound, SignatureRefused, UsageError
from makegood.receipts import Receipt, build, read
from makegood.receipts.batch_building import find
from makegood.receipts.batch_standing import ANSWERS, replies_of
from makegood.receipts.building import completed
from makegood.receipts.node import asking
from makegood.receipts.signing import Signed, signed
from makegood.receipts.standing import REPLIES


def make(
    desk: Desk,
    ticket_id: bytes | None,
    wanted: Wanted,
    output: Output,
    *,
    first_block: int = 0,
    dry_run: bool = False,
) -> None:
    """Make the receipt, write its file unless it is a `dry_run`, and say what it holds.

    Raises UsageError where the file is there already, unless it is where receipts are kept and holds this
    ticket's. That one is made anew, with all that it held.
    """
    document = None if wanted.document is None else documents.read_salted(wanted.document)
    given = [(str(path), read_text(path).strip()) for path in wanted.statements]
    from_block = first_block if wanted.from_block is None else wanted.from_block
    bare, entries = _bare(desk, ticket_id, wanted, from_block)
    path = wanted.out or default_path(bare, without_document=wanted.without_document)
    earlier = _earlier(path, bare) if wanted.out is None else None
    # What the whole receipt holds, another one of the ticket does not lose.
    whole_path = default_path(bare, without_document=False)
    whole = _held(whole_path, bare)
    replies = list(dict.fromkeys([*entries, *_replies(desk, bare)]))
    before = [(str(path), text) for text in (earlier.statements if earlier else ())]
    before += [(str(whole_path), text) for text in (whole.statements if whole else ())]
    statements = _checked(bare, [*before, *given, *_kept_statements(replies)], replies)
    if document is None and not wanted.without_document:
        document = _kept_document(bare.commitment) or _document_of(whole)
    receipt = completed(bare, document, list(statements))
    if not dry_run:
        write = write_new if earlier is None else write_anew
        write(path, receipt.text(), public=receipt.document is None)
    answered = len(set(statements.values()) & set(replies))
    lines = _lines(path, receipt, len(replies), answered)
    if dry_run:
        lines.insert(0, "Nothing was written. The command would write:")
    lines += _advice(receipt, wanted, missing=answered < len(replies))
    data = {
        "path": str(path),
        "replies": len(replies),
        "replies_signed": answered,
        "receipt": receipt.fields(),
    }
    output.result({"dry_run": True, **data} if dry_run else data, lines)


def default_path(receipt: Receipt, *, without_document: bool) -> Path:
    """Where a ticket's receipt is kept unless another place is named.

    The one without its document is apart: it is for others, and does not take the whole one's place.
    """
    name = f"0x{receipt.ticket_id.hex()}{'-without-document' if without_document else ''}.json"
    return data_folder() / "receipts" / name


def _earlier(path: Path, bare: Receipt) -> Receipt | None:
    """The receipt of the same ticket that is there; None where nothing is."""
    found = _held(path, bare)
    if found is None and path.exists():
        raise UsageError(
            f"{path} is there already, is not this ticket's receipt, and is not overwritten.", hint=ANOTHER
        )
    return found


def _bare(
    desk: Desk, ticket_id: bytes | None, wanted: Wanted, from_block: int
) -> tuple[Receipt, list[bytes]]:
    """The receipt without document and statements, and the digests of the replies that its batch has."""
    if wanted.leaves is None or ticket_id is None:
        receipt = build(desk, transaction=wanted.transaction, ticket_id=ticket_id, from_block=from_block)
        return receipt, []
    found = find(
        desk,
        ticket_id,
        wanted.leaves,
        batch=wanted.batch,
        transaction=wanted.transaction,
        from_block=from_block,
    )
    entries = [proof.entry for proof in proofs_of(ticket_id, {0: found.leaves})]
    return found.receipt, [entry.digest for entry in entries if entry.act in ANSWERS]


def _held(path: Path, bare: Receipt) -> Receipt | None:
    """The receipt of the same ticket in a file; None where it holds none."""
    try:
        found = read(path)
    except (NotFound, DocumentError):
        return None
    return found if found.ticket_id == bare.ticket_id else None


def _replies(desk: Desk, receipt: Receipt) -> list[bytes]:
    """The digests of a ticket's recorded replies, bots' too, each once, in order."""
    if receipt.inclusion is not None:
        return list(dict.fromkeys(bytes(event["digest"]) for event in replies_of(desk, receipt)))
    with asking("eth_getLogs"):
        history = desk.timeline(receipt.ticket_id, receipt.block_number)
    return list(dict.fromkeys(bytes(event["digest"]) for event in history if event.name in REPLIES))


def _document_of(whole: Receipt | None) -> dict[str, Any] | None:
    if whole is None or whole.document is None:
        return None
    return dict(whole.document) if documents.digest(whole.document) == whole.commitment else None


def _kept_document(commitment: bytes) -> dict[str, Any] | None:
    path = kept.document_path(commitment)
    if not path.exists():
        return None
    document = documents.read_salted(path)
    if documents.digest(document) != commitment:
        raise UsageError(
            f"{path} is no longer the document that opened the ticket: its digest is another.",
            hint="Give the document with --document FILE, or leave it out with --without-document.",
        )
    return document


def _kept_statements(replies: Sequence[bytes]) -> list[tuple[str, str]]:
    paths = [path for path in map(kept.statement_path, replies) if path.exists()]
    return [(str(path), read_text(path).strip()) for path in paths]


def _checked(
    bare: Receipt, found: Sequence[tuple[str, str]], replies: Sequence[bytes]
) -> dict[str, bytes | None]:
    """Each statement once, in the order of the replies, with its reply's digest.

    That is None where the signer's key would have to be fetched from a web server. Raises SignatureRefused,
    with the file, for what is no statement on this ticket, and UsageError for one on no reply of it.
    """
    sources = {text: source for source, text in reversed(found)}
    texts = list(dict.fromkeys(text for _, text in found))
    digests: dict[str, bytes | None] = {}
    for text, one in zip(texts, signed(replace(bare, statements=tuple(texts)), None), strict=True):
        if isinstance(one, SignatureRefused):
            raise SignatureRefused(
                f"The statement in {sources[text]} is refused: {one.message}",
                hint="Give a statement on this ticket.",
            )
        digests[text] = one.statement.digest if isinstance(one, Signed) else None
        # Of a batch's ticket not every reply is known here.
        unknown = isinstance(one, Signed) and one.statement.digest not in replies
        if unknown and bare.inclusion is None:
            raise UsageError(
                f"The statement in {sources[text]} is about a reply that is not recorded on this ticket.",
                hint="It was never given on the chain, or is too new for this node.",
            )
    order = {digest: place for place, digest in enumerate(replies)}
    return dict(sorted(digests.items(), key=lambda each: order.get(each[1] or b"", len(replies))))


def _lines(path: Path, receipt: Receipt, replies: int, answered: int) -> list[str]:
    held = "the document" if receipt.document is not None else "no document"
    given = "its one reply" if replies == 1 else f"its {replies} replies"
    if not replies and receipt.inclusion is None:
        on = "there is no reply yet"
    elif not replies:
        # Of a batch's ticket the chain knows only what a proof has shown.
        signed_here = words.count(len(receipt.statements), "signed statement")
        on = f"{signed_here + ', and ' if receipt.statements else ''}no reply is known here"
    elif not receipt.statements:
        on = f"no signed statement is at hand for {given}"
    else:
        some = given if answered == replies == 1 else f"{answered} of {given}"
        on = f"{words.count(len(receipt.statements), 'signed statement')}, on {some}"
    ticket = words.shortened("0x" + receipt.ticket_id.hex())
    return [
        f"{path}: the receipt of ticket {ticket}, recorded in block {receipt.block_number}.",
        f"It holds {held}; {on}.",
    ]


def _advice(receipt: Receipt, wanted: Wanted, *, missing: bool) -> list[str]:
    """What to give, where what was saved elsewhere is not in the receipt."""
    options = []
    if receipt.document is None and not wanted.without_document:
        options.append("--document FILE")
    if missing:
        options.append("--statement FILE")
    return [f"What was saved elsewhere goes in with {' and '.join(options)}."] if options else []
