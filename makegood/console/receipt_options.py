# SPDX-License-Identifier: Apache-2.0
"""What both commands that make a receipt are told. Needs no Ape."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any

import click

from makegood.console.ids import bytes32
from makegood.errors import UsageError

AS_PUBLISHED = "published"
ANOTHER = "Give another path with --out."


@dataclass(frozen=True)
class Wanted:
    """What a receipt is made of, and where it goes, as far as the options say."""

    transaction: bytes | None = None
    document: Path | None = None
    statements: tuple[Path, ...] = ()
    without_document: bool = False
    out: Path | None = None
    from_block: int | None = None
    leaves: Path | str | None = None
    batch: int | None = None


def receipt_options(function: Callable[..., None]) -> Callable[..., None]:
    """The options of both commands, as the argument `wanted`; and the argument `ticket`."""

    @wraps(function)
    def gathered(
        *arguments: Any,
        transaction: str | None,
        document: Path | None,
        statements: tuple[Path, ...],
        without_document: bool,
        out: Path | None,
        from_block: int | None,
        leaves: str | None,
        batch: int | None,
        **others: Any,
    ) -> None:
        hash_ = None if transaction is None else bytes32(transaction)
        if hash_ is None and others["ticket"] is None:
            raise UsageError(
                "It is not clear which ticket is meant.", hint="Give TICKET or --transaction HASH."
            )
        if batch is not None and leaves is None:
            raise UsageError(
                "--batch names a batch, but not where its leaves are.",
                hint="Give --leaves FILE_OR_URL, or --leaves published for where the batch says.",
            )
        if leaves is not None and others["ticket"] is None:
            raise UsageError("--leaves does not say which ticket is meant.", hint="Give its whole id.")
        if document is not None and without_document:
            raise UsageError("--document and --without-document exclude each other.", hint="Leave one out.")
        if out is not None and out.exists():
            raise UsageError(f"{out} is there already and is not overwritten.", hint=ANOTHER)
        source = None if leaves is None else _source(leaves)
        wanted = Wanted(hash_, document, statements, without_document, out, from_block, source, batch)
        function(*arguments, wanted=wanted, **others)

    file = click.Path(path_type=Path)
    decorated: Any = gathered
    for option in (
        click.option(
            "--from-block",
            type=click.IntRange(min=0),
            metavar="N",
            help="The block from which on the ticket is looked for, without --transaction.",
        ),
        click.option(
            "--batch",
            type=click.IntRange(min=1, max=2**32 - 1),
            metavar="N",
            help="The batch that opened the ticket; else it is looked for.",
        ),
        click.option(
            "--leaves",
            metavar="FILE_OR_URL",
            help="Of a ticket that a batch opened: its leaves, or a folder of them; `published` for the "
            "address that the batch gives.",
        ),
        click.option("--out", type=file, metavar="FILE", help="Where it is written; a new file."),
        click.option(
            "--without-document", is_flag=True, help="Leave the document out, for passing the receipt on."
        ),
        click.option(
            "--statement",
            "statements",
            multiple=True,
            type=file,
            metavar="FILE",
            help="A signed statement on a reply, besides those kept here. May be repeated.",
        ),
        click.option(
            "--document", type=file, metavar="FILE", help="The opening's document; else the one kept here."
        ),
        click.option("--transaction", metavar="HASH", help="The transaction that opened the ticket."),
        click.argument("ticket", required=False),
    ):
        decorated = option(decorated)
    return decorated  # type: ignore[no-any-return]


def _source(leaves: str) -> Path | str:
    """Addresses, and the word for the batch's own, as they are; all else as a path."""
    if leaves == AS_PUBLISHED or leaves.startswith(("http://", "https://")):
        return leaves
    return Path(leaves)
