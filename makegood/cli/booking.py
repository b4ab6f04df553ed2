# SPDX-License-Identifier: Apache-2.0
"""`makegood books`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from makegood.cli.command import Command, json_option, rpc_option
from makegood.cli.indexing import database_option
from makegood.console.output import Output
from makegood.errors import MakegoodError, NotFound, UsageError, VerificationFailed
from makegood.rpc import connected, kept_secret

if TYPE_CHECKING:
    from makegood.books.ledger import Line
    from makegood.books.report import Books
    from makegood.explorer.phrases import Token
    from makegood.indexer.store import Cursor


@dataclass(frozen=True)
class _Place:
    """Which desk, in which index, and the node to compare with, if any."""

    database: str = field(repr=False)
    chain: int | None
    desk: str
    rpc: str | None = field(repr=False)


@click.command(cls=Command)
@click.option(
    "--settings",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="The services' settings file: it names index, chain, desk and node, where no option does.",
)
@database_option
@click.option(
    "--chain", type=click.IntRange(min=0), metavar="ID", help="Of which chain, where there are several."
)
@click.option("--desk", metavar="ADDRESS", help="Whose books; needed without --settings.")
@click.option(
    "--from", "first", metavar="DATE", help="The first day, in UTC, such as 2026-11-01; else the desk's."
)
@click.option("--until", "last", metavar="DATE", help="The last day, in UTC; else the index's.")
@click.option(
    "--csv", "csv_file", type=click.Path(path_type=Path), metavar="FILE", help="Write every movement."
)
@click.option(
    "--page", type=click.Path(path_type=Path), metavar="FILE", help="Write a page to read and print."
)
@click.option("--lang", type=click.Choice(["en", "zh"]), default="en", show_default=True, help="Of the page.")
@rpc_option("the desk's")
@json_option
def books(
    settings: Path | None,
    database: str | None,
    chain: int | None,
    desk: str | None,
    first: str | None,
    last: str | None,
    csv_file: Path | None,
    page: Path | None,
    lang: str,
    rpc: str | None,
    as_json: bool,
) -> None:
    """Account for every ticket and every coin of a desk, from its index, for a span of days.

    With a node (--rpc, or --settings) the closing balance is compared with the pool on chain. Files are
    written only where all of it holds.

    \b
    Exit codes: 0 all is explained; 6 an event is missing in the index, or the chain says otherwise;
    2 an option is wrong; 3 there is no such desk or index; 1 the node or the database gave no usable answer.

    \b
    Examples:
      makegood books --settings makegood.toml --from 2026-11-01 --until 2026-11-30 --csv november.csv
      makegood books --database sqlite:///index.sqlite --desk 0x… --page books.html --lang zh
    """
    from makegood.books.page import page_of
    from makegood.books.span import span_of

    output, span = Output(as_json), span_of(first, last)
    _check_files(csv_file, page)
    place = _place(settings, database, chain, desk, rpc)
    with kept_secret(place.rpc), _written(csv_file) as write:
        found = _read(place, span, write)
        beyond = None
        if place.rpc:
            try:
                beyond = _compare(found, place.rpc)
            except VerificationFailed as error:
                output.refuted(_data(found, None), _lines(found), error)
        if page is not None:
            _put(page, page_of(found, lang, beyond))
    output.result(_data(found, beyond), [*_lines(found), *_checked(found, beyond)])


def _place(
    settings: Path | None, database: str | None, chain: int | None, desk: str | None, rpc: str | None
) -> _Place:
    from eth_utils.address import is_address

    from makegood.console.deployments import data_folder
    from makegood.indexer.store import default_url
    from makegood.settings import load

    if desk is not None and not is_address(desk):
        raise UsageError("--desk is no address.", hint="Give 0x and 40 hexadecimal digits.")
    if settings is not None:
        given = load(settings)
        return _Place(
            (_typed("database") and database) or given.index,
            given.chain.chain_id if chain is None else chain,
            (desk or given.chain.desk).lower(),
            (_typed("rpc") and rpc) or given.chain.rpc,
        )
    if desk is None:
        raise UsageError("No desk is named.", hint="Give --settings FILE, or --desk ADDRESS.")
    return _Place(database or default_url(data_folder()), chain, desk.lower(), rpc)


def _typed(name: str) -> bool:
    """Whether an option was given, not an environment variable: the file that was named goes before those."""
    source = click.get_current_context().get_parameter_source(name)
    return source is click.core.ParameterSource.COMMANDLINE


def _read(place: _Place, span: Any, write: Callable[[Token], Callable[[int, Line], None]]) -> Books:
    from makegood.books.report import books_of
    from makegood.indexer.store import Store

    store = Store(place.database, read_only=True)
    try:
        with store.reading() as connection:
            cursor = _cursor(connection, place.chain)
            return books_of(connection, cursor, place.desk, span, write)
    finally:
        store.close()


def _cursor(connection: Any, chain: int | None) -> Cursor:
    from makegood.indexer.queries import cursors

    known = cursors(connection)
    if chain is None and len(known) > 1:
        raise UsageError(
            "The database holds several chains.",
            hint=f"Give --chain, one of {', '.join(str(each.chain) for each in known)}.",
        )
    for each in known:
        if chain in (None, each.chain):
            return each
    raise NotFound("The database holds no index of such a chain.", hint="Run `makegood index run` first.")


def _compare(found: Books, rpc: str) -> int:
    from makegood.books.comparing import compare

    return compare(found, connected(rpc), found.desk["chain"])


# ---------------------------------------------------------------- files


def _check_files(csv_file: Path | None, page: Path | None) -> None:
    """Before anything is read: neither a folder nor a device, and two files."""
    for option, path in (("--csv", csv_file), ("--page", page)):
        if path is not None and path.exists() and not path.is_file():
            raise UsageError(f"{option} names {path}, which is no file.", hint="Name a file to write.")
    if csv_file is not None and page is not None and csv_file.resolve() == page.resolve():
        raise UsageError("--csv and --page name the same file.", hint="Name two.")


@contextmanager
def _written(path: Path | None) -> Iterator[Callable[[Token], Callable[[int, Line], None]]]:
    """What takes the lines; the file is there only if nothing failed."""
    from makegood.books.csv_file import CsvFile
    from makegood.books.report import nothing

    if path is None:
        yield lambda _: nothing
        return
    part = path.with_name(f".{path.name}.part")
    with _writing(path):
        file = part.open("w", encoding="utf-8", newline="")

    def taking(token: Token) -> Callable[[int, Line], None]:
        with _writing(path):
            out = CsvFile(file, token)

        def take(number: int, line: Line) -> None:
            with _writing(path):
                out.write(number, line)

        return take

    try:
        yield taking
        with _writing(path):
            file.close()
            part.replace(path)
    finally:
        with suppress(OSError):
            file.close()
        part.unlink(missing_ok=True)


def _put(path: Path, text: str) -> None:
    part = path.with_name(f".{path.name}.part")
    with _writing(path):
        try:
            part.write_text(text, "utf-8")
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    """What the disk refuses, in one sentence."""
    try:
        yield
    except OSError as error:
        raise MakegoodError(f"{path} cannot be written: {error.strerror}.") from None


# ---------------------------------------------------------------- telling


def _lines(found: Books) -> Iterator[str]:
    from makegood.books.sections import facts_of, sections_of
    from makegood.books.words import words
    from makegood.console.table import facts, table

    w = words()["en"]
    yield from facts(facts_of(found, w))
    for section in sections_of(found, w):
        yield ""
        yield section.title
        for each in section.tables:
            yield ""
            if each.caption:
                yield f"{each.caption}:"
            yield from table(each.heads, each.rows, right=each.right, wrap=0)


def _checked(found: Books, beyond: int | None) -> Iterator[str]:
    from makegood.books.sections import compared_of
    from makegood.books.words import words

    w = words()["en"]
    yield from ("", compared_of(found, w, beyond))
    yield w["checked"]


def _data(found: Books, beyond: int | None) -> dict[str, Any]:
    from dataclasses import asdict

    from makegood.books.movements import Held
    from makegood.clock import Kind, Priority
    from makegood.explorer.languages import iso

    def position(given: Any) -> dict[str, Any]:
        fields = asdict(given)
        held = dict(zip((each.value for each in Held), map(str, fields.pop("held")), strict=True))
        return {**{name: str(value) for name, value in fields.items()}, "reserved_for": held}

    tickets = found.tickets
    return {
        "chain": found.desk["chain"],
        "desk": found.desk["desk"],
        "pool": found.desk["pool"],
        "asset": found.desk["asset"],
        "symbol": found.token.symbol,
        "decimals": found.token.decimals,
        "from": str(found.span.first) if found.span.first else None,
        "until": str(found.span.last) if found.span.last else None,
        "block": found.closing.block,
        "at": iso(found.closing.moment),
        "compared_with_chain": beyond is not None,
        "beyond_books": None if beyond is None else str(beyond),
        "opening": position(found.before),
        "closing": position(found.after),
        "moved": {each.value: str(units) for each, units in sorted(found.flows.moved.items())},
        "collected": {each.value: str(units) for each, units in sorted(found.flows.collected.items())},
        "movements": found.flows.lines,
        "payments": len(found.flows.payments),
        "breaches": {
            Kind(each.kind).labels[0]: {
                "recorded": each.recorded,
                "paid": each.paid,
                "credited": str(each.credited),
                "owed": str(each.owed),
            }
            for each in found.breaches
        },
        "tickets": [
            {"lane": row.lane, "priority": Priority(row.priority).label, **row.counts} for row in tickets.rows
        ],
        "unpublished_openings": tickets.unpublished,
        "repeated_openings": tickets.repeated,
        "late_unproven": tickets.late,
        "late_unproven_amount": None if tickets.late_amount is None else str(tickets.late_amount),
    }
