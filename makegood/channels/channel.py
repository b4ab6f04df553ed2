# SPDX-License-Identifier: Apache-2.0
"""A channel in canonical form, its digest, and the way there from what people write."""

import hashlib
from dataclasses import dataclass

from makegood.channels import account, email, link, network
from makegood.channels.kind import DISCORD, Kind, kind_of, word_in_front
from makegood.channels.number import is_number, number
from makegood.channels.piece import Piece, refused

MAX_CHARACTERS = 2_048
"""Of a text that is taken as a channel, spaces included."""

_DISPLAYS = {
    Kind.WEB: "https://{}",
    Kind.EMAIL: "{}",
    Kind.TELEGRAM: "Telegram @{}",
    Kind.WECHAT: "WeChat ID {}",
    Kind.WECHAT_OFFICIAL: "WeChat official account {}",
    Kind.X: "X @{}",
    Kind.DISCORD_INVITE: "https://discord.gg/{}",
    Kind.PHONE: "{}",
    Kind.WHATSAPP: "WhatsApp {}",
}


@dataclass(frozen=True)
class Channel:
    """A channel as `parse` returns it; `name` is canonical for its kind."""

    kind: Kind
    name: str

    @property
    def canonical(self) -> str:
        """The one form that is hashed, such as `telegram:some_support`."""
        return f"{self.kind.value}:{self.name}"

    @property
    def digest(self) -> bytes:
        """SHA-256 of the canonical form's UTF-8 bytes, 32 bytes: what the directory stores."""
        return hashlib.sha256(self.canonical.encode("utf-8")).digest()

    @property
    def display(self) -> str:
        """As a person reads it, such as `Telegram @some_support`. `parse` takes it back to this channel."""
        return _DISPLAYS[self.kind].format(self.name)

    def __str__(self) -> str:
        return self.display


def parse(text: str, kind: Kind | str | None = None) -> Channel:
    """The channel that a text names, by the rules in the package's docstring.

    `kind`, or a word for one, says what a bare name is. Raises UsageError, and nothing else, for what is no
    channel, what could be several, and what looks like something that it is not.
    """
    if not isinstance(text, str):
        raise refused("A channel is written as text.", "Give it as a string.")
    if len(text) > MAX_CHARACTERS:
        raise refused(f"The text is longer than {MAX_CHARACTERS:,} characters.", "Give the channel alone.")
    expected = kind if isinstance(kind, Kind) else None if kind is None else kind_of(kind)
    word, rest = word_in_front(Piece(text).stripped(" \t\r\n"))
    if word:
        expected = _agreed(expected, kind_of(word))
    rest.require_printable_ascii(*_title_hint(expected))
    if not rest.text:
        raise refused(
            "There is no channel.",
            "Give a site, an address, a number, or a name and the network that it is on.",
        )
    if _is_link(rest, expected):
        return _of_link(link.split(rest), expected)
    if expected is None:
        expected = _guessed(rest)
    said = word if kind is None else kind
    if isinstance(said, str) and said.strip().lower() == DISCORD:
        raise refused(
            "A Discord name may be a user's or an invite's.", "Give the invite's link, discord.gg/code."
        )
    return Channel(expected, _named(expected, rest))


def _is_link(text: Piece, expected: Kind | None) -> bool:
    """Whether to read this as a link. A site is one; an address and a number never are."""
    if expected in (Kind.EMAIL, Kind.PHONE) or (expected is not Kind.WEB and is_number(text.text)):
        return False
    return expected is Kind.WEB or link.is_link(text.text) or link.names_another_first(text.text)


def _of_link(found: link.Link, expected: Kind | None) -> Channel:
    actual = network.kind_of_link(found)
    if actual is Kind.WECHAT and expected is Kind.WECHAT_OFFICIAL:
        actual = expected
    kind = _agreed(expected, actual or Kind.WEB)
    return Channel(kind, link.site(found) if actual is None else network.account_of_link(kind, found))


def _agreed(expected: Kind | None, actual: Kind) -> Kind:
    if expected not in (None, actual):
        raise refused(
            f"This is written as {actual.label}, not as {expected.label}.",
            "Leave the kind out, or give the one that it is.",
        )
    return actual


def _guessed(text: Piece) -> Kind:
    if is_number(text.text):
        return Kind.PHONE
    if "@" in text.text[1:]:
        return Kind.EMAIL
    raise refused(
        "This name does not say which network it is on, and anyone may have it on another.",
        "Write the network in front, such as telegram:name, x:name or wechat:id; a site with its ending.",
    )


def _named(kind: Kind, text: Piece) -> str:
    if kind is Kind.EMAIL:
        return email.address(text)
    if kind in (Kind.PHONE, Kind.WHATSAPP):
        return number(text, kind.label)
    return account.RULES[kind](text)


def _title_hint(kind: Kind | None) -> list[str]:
    # What people know of a WeChat account is its title, which is no name: many can have the same.
    if kind in (Kind.WECHAT, Kind.WECHAT_OFFICIAL):
        return ["Give the id, not the title: in WeChat it stands in the account's profile."]
    return []
