# SPDX-License-Identifier: Apache-2.0
"""Links to networks: rule 8 of the package's docstring. Their hosts are never sites of a desk."""

from collections.abc import Callable

from makegood.channels import account
from makegood.channels.kind import Kind
from makegood.channels.link import Link
from makegood.channels.number import number
from makegood.channels.piece import Piece, refused

_KIND_OF_HOST = {
    "t.me": Kind.TELEGRAM,
    "telegram.me": Kind.TELEGRAM,
    "telegram.dog": Kind.TELEGRAM,
    "telegram.org": Kind.TELEGRAM,
    "x.com": Kind.X,
    "twitter.com": Kind.X,
    "discord.gg": Kind.DISCORD_INVITE,
    "discord.com": Kind.DISCORD_INVITE,
    "discordapp.com": Kind.DISCORD_INVITE,
    "wa.me": Kind.WHATSAPP,
    "whatsapp.com": Kind.WHATSAPP,
    "weixin.qq.com": Kind.WECHAT,
    "wechat.com": Kind.WECHAT,
}
_KIND_OF_APP = {"tg": Kind.TELEGRAM, "whatsapp": Kind.WHATSAPP}

# What stands where a name could, in links that name nobody.
_TELEGRAM_PAGES = {
    *("addemoji", "addlist", "addstickers", "addtheme", "boost", "confirmphone", "contact", "giftcode"),
    *("invoice", "login", "proxy", "setlanguage", "share", "socks"),
}
_X_PAGES = {
    *("compose", "explore", "hashtag", "home", "i", "intent", "login", "messages", "notifications"),
    *("privacy", "search", "settings", "share", "signup", "tos"),
}


def kind_of_link(link: Link) -> Kind | None:
    """The network whose host, or app, the link is to; None for a site."""
    if link.scheme in _KIND_OF_APP:
        return _KIND_OF_APP[link.scheme]
    labels = link.host.split(".")
    suffixes = (".".join(labels[start:]) for start in range(len(labels)))
    return next((_KIND_OF_HOST[host] for host in suffixes if host in _KIND_OF_HOST), None)


def account_of_link(kind: Kind, link: Link) -> str:
    """The canonical name of the account that a link to this network names. Raises UsageError for none."""
    return _RULES[kind](link)


def _telegram(link: Link) -> str:
    if link.scheme == "tg" and link.host == "resolve":
        return account.telegram(link.parameter("domain"))
    parts = link.parts()
    name, _, rest = link.host.partition(".")
    if rest == "t.me" and not parts:
        return account.telegram(Piece(name, link.authority.at + link.authority.text.lower().index(name)))
    if link.host not in ("t.me", "telegram.me", "telegram.dog"):
        raise _nobody("Telegram", "t.me/name")
    if len(parts) == 2 and parts[0].text == "s":
        parts = parts[1:]
    if parts and (parts[0].text.startswith("+") or parts[0].text == "joinchat"):
        raise refused(
            "A Telegram invite names no account, and whoever made it can end it.",
            "Give the public name of the group or channel, t.me/name.",
        )
    if len(parts) != 1 or parts[0].text.lower() in _TELEGRAM_PAGES:
        raise _nobody("Telegram", "t.me/name")
    return account.telegram(parts[0])


def _x(link: Link) -> str:
    parts = link.parts()
    if len(parts) > 1 and parts[1].text == "status":
        raise refused(
            "A link to a post on X leads to it whatever name stands in it.", "Give the account, x.com/name."
        )
    own = ("x.com", "twitter.com", "mobile.x.com", "mobile.twitter.com", "m.twitter.com")
    if link.host not in own or len(parts) != 1 or parts[0].text.lower() in _X_PAGES:
        raise _nobody("X", "x.com/name")
    return account.x(parts[0])


def _discord(link: Link) -> str:
    parts = link.parts()
    if link.host == "discord.gg" and len(parts) == 1:
        return account.discord_invite(parts[0])
    if link.host in ("discord.com", "discordapp.com") and len(parts) == 2 and parts[0].text == "invite":
        return account.discord_invite(parts[1])
    raise _nobody("Discord", "discord.gg/code")


def _whatsapp(link: Link) -> str:
    parts = link.parts()
    sends = link.scheme == "whatsapp" and link.host == "send" and not parts
    sends = sends or (
        link.host in ("api.whatsapp.com", "whatsapp.com") and [p.text for p in parts] == ["send"]
    )
    if sends:
        return number(link.parameter("phone"), "a WhatsApp number", plus=False)
    if link.host == "wa.me" and len(parts) == 1 and parts[0].text.lstrip("+")[:1].isdigit():
        return number(parts[0], "a WhatsApp number", plus=False)
    raise _nobody("WhatsApp", "wa.me/number")


def _wechat(link: Link) -> str:
    raise refused(
        f'A link to "{link.host}" does not say whose account it is.',
        "Give the id in the account's profile, as wechat:id or wechat-official:id.",
    )


_RULES: dict[Kind, Callable[[Link], str]] = {
    Kind.TELEGRAM: _telegram,
    Kind.X: _x,
    Kind.DISCORD_INVITE: _discord,
    Kind.WHATSAPP: _whatsapp,
    Kind.WECHAT: _wechat,
    Kind.WECHAT_OFFICIAL: _wechat,
}


def _nobody(network: str, form: str) -> Exception:
    return refused(f"This is a link to {network}, but to no account there.", f"Give one like {form}.")
