# SPDX-License-Identifier: Apache-2.0
"""Options that several commands have: what is said, and signing apart from sending."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

from makegood.clock import Kind
from makegood.console.message import Message

Decorated = Callable[..., None]


def message_options(function: Decorated) -> Decorated:
    """--text, --document, --digest and --save, as the argument `message`."""

    @wraps(function)
    def gathered(
        *arguments: Any,
        text: str | None,
        document: Path | None,
        digest: str | None,
        save: Path | None,
        **others: Any,
    ) -> None:
        function(*arguments, message=Message(text, document, digest, save), **others)

    decorated: Any = gathered
    for option in (
        click.option(
            "--save", type=click.Path(path_type=Path), metavar="FILE", help="Where --text keeps its document."
        ),
        click.option("--digest", metavar="HEX", help="The digest of a document that is kept elsewhere."),
        click.option(
            "--document",
            type=click.Path(path_type=Path),
            metavar="FILE",
            help="A salted document that is there already.",
        ),
        click.option("--text", help="What is said; a salted document of it is kept. - reads stdin."),
    ):
        decorated = option(decorated)
    return decorated  # type: ignore[no-any-return]


def signing_options(function: Decorated) -> Decorated:
    """--sign, --relay and --valid, for requests that one signs and another sends."""
    decorated: Any = function
    for option in (
        click.option(
            "--valid", default="7d", show_default=True, help="Until when what is signed can be relayed."
        ),
        click.option(
            "--relay",
            type=click.Path(path_type=Path),
            metavar="FILE",
            help="Send what FILE's signer asks for; anyone may.",
        ),
        click.option(
            "--sign", type=click.Path(path_type=Path), metavar="FILE", help="Sign into FILE; send nothing."
        ),
    ):
        decorated = option(decorated)
    return decorated  # type: ignore[no-any-return]


def kind_option(*, required: bool = False) -> Callable[[Any], Any]:
    """--kind, as the argument `kind`; where it may be left out, the ticket's only dispute is meant."""
    return click.option(
        "--kind",
        type=click.Choice(Kind(15).labels),
        required=required,
        help="What is contested." if required else "What is contested; else the ticket's only dispute.",
    )
