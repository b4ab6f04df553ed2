# SPDX-License-Identifier: Apache-2.0
"""Names of accounts on networks: rule 9 of the package's docstring."""

from collections.abc import Callable

from makegood.channels.kind import Kind
from makegood.channels.piece import DIGITS, LOWER, PLAIN, Piece, refused


def telegram(text: Piece) -> str:
    """A Telegram name without its `@`. Raises UsageError."""
    name = _without_at(text).lower()
    name.require(LOWER | DIGITS | {"_"}, "a Telegram name")
    _check_length(name, 4, 32, "A Telegram name")
    if name.text[0] not in LOWER or name.text.endswith("_"):
        raise refused(
            "A Telegram name begins with a letter and does not end in _.", "Copy it from the account's page."
        )
    return name.text


def x(text: Piece) -> str:
    """An X name without its `@`. Raises UsageError."""
    name = _without_at(text).lower()
    name.require(LOWER | DIGITS | {"_"}, "an X name")
    _check_length(name, 1, 15, "An X name")
    return name.text


def wechat(text: Piece) -> str:
    """The WeChat id of a person or company. Raises UsageError."""
    name = _wechat_id(text, "a WeChat id")
    if name.startswith("gh_"):
        raise refused(
            "An id that begins with gh_ is an official account's.", f"Write wechat-official:{name} instead."
        )
    return name


def wechat_official(text: Piece) -> str:
    """The id of a WeChat official account. Raises UsageError."""
    return _wechat_id(text, "an official account's id")


def discord_invite(text: Piece) -> str:
    """The code of a Discord invite, whose case counts. Raises UsageError."""
    text.require(PLAIN | {"-"}, "a Discord invite's code")
    _check_length(text, 2, 32, "A Discord invite's code")
    if text.text.startswith("-") or text.text.endswith("-"):
        raise refused("A Discord invite's code has no hyphen at its end.", "Copy the invite's whole link.")
    return text.text


RULES: dict[Kind, Callable[[Piece], str]] = {
    Kind.TELEGRAM: telegram,
    Kind.X: x,
    Kind.WECHAT: wechat,
    Kind.WECHAT_OFFICIAL: wechat_official,
    Kind.DISCORD_INVITE: discord_invite,
}


def _without_at(text: Piece) -> Piece:
    return text.after(1) if text.text.startswith("@") else text


def _wechat_id(text: Piece, what: str) -> str:
    name = text.lower()
    name.require(LOWER | DIGITS | {"_", "-"}, what)
    _check_length(name, 6, 20, what[0].upper() + what[1:])
    if name.text[0] not in LOWER:
        raise refused(
            f"{what[0].upper() + what[1:]} begins with a letter.",
            "In WeChat it stands in the account's profile.",
        )
    return name.text


def _check_length(name: Piece, least: int, most: int, what: str) -> None:
    if not least <= len(name.text) <= most:
        raise refused(
            f"{what} has {least} to {most} characters; this has {len(name.text)}.",
            "Copy it whole, from the account's page.",
        )
