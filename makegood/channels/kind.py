# SPDX-License-Identifier: Apache-2.0
"""Kinds of channels, and the words that people put in front of a name."""

import re
from enum import Enum

from makegood.channels.piece import Piece, refused


class Kind(Enum):
    """What a channel is on. The value stands in front of the canonical form."""

    WEB = "web"
    EMAIL = "email"
    TELEGRAM = "telegram"
    WECHAT = "wechat"
    WECHAT_OFFICIAL = "wechat-official"
    X = "x"
    DISCORD_INVITE = "discord-invite"
    PHONE = "phone"
    WHATSAPP = "whatsapp"

    @property
    def label(self) -> str:
        """As a sentence names it."""
        return _LABELS[self]


_LABELS = {
    Kind.WEB: "a site",
    Kind.EMAIL: "an e-mail address",
    Kind.TELEGRAM: "a Telegram name",
    Kind.WECHAT: "a WeChat id",
    Kind.WECHAT_OFFICIAL: "a WeChat official account",
    Kind.X: "an X name",
    Kind.DISCORD_INVITE: "a Discord invite",
    Kind.PHONE: "a telephone number",
    Kind.WHATSAPP: "a WhatsApp number",
}

DISCORD = "discord"
"""The word that does not say whether an invite or a user follows."""

_WORDS = {
    Kind.WEB: "web|site|website|url|网站|官网|网址",
    Kind.EMAIL: "email|e-mail|mail|mailto|邮箱|电子邮箱|邮件",
    Kind.TELEGRAM: "telegram|tg|电报",
    Kind.WECHAT: "wechat|wechat id|weixin|wx|vx|微信|微信号",
    Kind.WECHAT_OFFICIAL: "wechat-official|wechat official|wechat official account|公众号|微信公众号",
    Kind.X: "x|twitter|推特",
    Kind.DISCORD_INVITE: f"discord-invite|discord invite|{DISCORD}",
    Kind.PHONE: "phone|tel|telephone|mobile|电话|手机|手机号",
    Kind.WHATSAPP: "whatsapp",
}
_KIND_OF = {word: kind for kind, words in _WORDS.items() for word in words.split("|")}
_LONGEST_FIRST = sorted(_KIND_OF, key=len, reverse=True)
_PLAIN_WORDS = "|".join(re.escape(word) for word in _LONGEST_FIRST if word.isascii())
_CHINESE_WORDS = "|".join(word for word in _LONGEST_FIRST if not word.isascii())
# `tg://` is a link, not a word. The full-width colon is what a Chinese keyboard types.
_SEPARATOR = "[ \\t]*[:\N{FULLWIDTH COLON}](?!//)[ \\t]*"
# Letters only in ASCII: Python's own rule takes U+212A, the Kelvin sign, for a k.
_IN_FRONT = re.compile(
    rf"(?P<plain>(?ai:{_PLAIN_WORDS}))(?:{_SEPARATOR}|[ \t]+)"
    rf"|(?P<chinese>{_CHINESE_WORDS})(?:{_SEPARATOR}|[ \t]*)"
)


def word_in_front(text: Piece) -> tuple[str, Piece]:
    """The word for a kind in front of a text, lower-case or empty, and the rest."""
    match = _IN_FRONT.match(text.text)
    if match is None:
        return "", text
    return (match["plain"] or match["chinese"]).lower(), text.after(match.end())


def kind_of(word: str) -> Kind:
    """The kind that a word stands for. Raises UsageError for any other word."""
    found = _KIND_OF.get(word.strip().lower()) if isinstance(word, str) else None
    if found is None:
        names = ", ".join(kind.value for kind in Kind)
        raise refused("This is no kind of channel.", f"The kinds are {names}.")
    return found
