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
        **others: Any,
    ) -> None:
        hash_ = None if transaction is None else bytes32(transaction)
        if hash_ is None and others["ticket"] is None:
            raise UsageError(
                "It is not clear which ticket is meant.", hint="Give TICKET or --transaction HASH."
            )
        if document is not None and without_document:
            raise UsageError("--document and --without-document exclude each other.", hint="Leave one out.")
        if out is not None and out.exists():
            raise UsageError(f"{out} is there already and is not overwritten.", hint=ANOTHER)
        wanted = Wanted(hash_, document, statements, without_document, out, from_block)
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
