# SPDX-License-Identifier: Apache-2.0
"""Why something cannot be looked up as a channel: what `makegood.channels` says, in the reader's language.

It says it in English, as a command's error. Here each of its sentences stands again, with its places, so that
the catalogs have it; a test compares the two.
"""

from __future__ import annotations

import re
from functools import cache

from makegood.explorer.phrases import Part, Sentence, sentence

_REFUSALS: tuple[Sentence, ...] = (
    sentence("The number does not say which country it is in."),
    sentence("A number with (0) is dialled in two ways."),
    sentence("After the + stand 7 to 15 digits, and a country's code does not begin with 0."),
    sentence('The link has no or several values for "%(name)s".'),
    sentence('A link with "%(scheme)s://" names no channel.'),
    sentence("An http:// address can be changed on its way to you."),
    sentence('Character %(place)s is "%%", which hides another character.'),
    sentence('The path has an empty, "." or ".." part at character %(place)s.'),
    sentence(
        'What stands before "@" at character %(place)s is not the site; the link leads to what stands after '
        "it."
    ),
    sentence("The address has a port of its own, which is another site."),
    sentence("A Telegram name begins with a letter and does not end in _."),
    sentence("An id that begins with gh_ is an official account's."),
    sentence("A Discord invite's code has no hyphen at its end."),
    sentence("%(what)s begins with a letter."),
    sentence("%(what)s has %(least)s to %(most)s characters; this has %(length)s."),
    sentence("Character %(place)s is %(character)s, which %(what)s cannot have."),
    sentence("Character %(place)s is %(character)s, which is not for writing."),
    sentence("Character %(place)s is %(character)s, which is invisible or turns the writing around."),
    sentence("Character %(place)s is %(character)s, a mark that joins the character before it."),
    sentence("Character %(place)s is %(character)s, which is not the plain space."),
    sentence("Character %(place)s is %(character)s, which is no plain letter, digit or sign."),
    sentence("A channel is written as text."),
    sentence("The text is longer than %(most)s characters."),
    sentence("There is no channel."),
    sentence("A Discord name may be a user's or an invite's."),
    sentence("This is written as %(actual)s, not as %(expected)s."),
    sentence("This name does not say which network it is on, and anyone may have it on another."),
    sentence("This is an IP address, which anyone may hold tomorrow."),
    sentence('"%(name)s" is no whole host name.'),
    sentence('No site ends in ".%(ending)s".'),
    sentence("The host name is longer than 253 characters."),
    sentence("A part of the host name is empty at character %(place)s."),
    sentence('"%(label)s" is punycode: it stands for letters that can be taken for others.'),
    sentence(
        "The part of the host name at character %(place)s is longer than 63 characters or has a "
        "hyphen at its end."
    ),
    sentence("This is no kind of channel."),
    sentence("This is no e-mail address."),
    sentence("The name before the @ is longer than 64 characters or has a dot at an end or two together."),
    sentence("The address is longer than 254 characters."),
    sentence("A Telegram invite names no account, and whoever made it can end it."),
    sentence("A link to a post on X leads to it whatever name stands in it."),
    sentence('A link to "%(host)s" does not say whose account it is.'),
    sentence("This is a link to %(network)s, but to no account there."),
)
_HINTS: tuple[Sentence, ...] = (
    sentence("Write it with + and the country's code, such as +44 20 7946 0018."),
    sentence("Leave the (0) out."),
    sentence("Write the whole number with its country's code."),
    sentence("Write the name itself."),
    sentence("Give the site's https:// address, or the name."),
    sentence("Use and publish its https:// address."),
    sentence("Give a page whose address is in plain letters."),
    sentence("Give the page's address as the site itself shows it."),
    sentence("Such links are made to mislead. Give the site's own address."),
    sentence("Leave the port out."),
    sentence("Copy it from the account's page."),
    sentence("Write wechat-official:%(name)s instead."),
    sentence("Copy the invite's whole link."),
    sentence("In WeChat it stands in the account's profile."),
    sentence("Copy it whole, from the account's page."),
    sentence("Check how %(what)s is written."),
    sentence("It can pass for another one. To check a channel, type it yourself in plain letters."),
    sentence("Give the id, not the title: in WeChat it stands in the account's profile."),
    sentence("Give it as a string."),
    sentence("Give the channel alone."),
    sentence("Give a site, an address, a number, or a name and the network that it is on."),
    sentence("Give the invite's link, discord.gg/code."),
    sentence("Leave the kind out, or give the one that it is."),
    sentence(
        "Write the network in front, such as telegram:name, x:name or wechat:id; a site with its ending."
    ),
    sentence("Give the site's name."),
    sentence("Give it with its ending, such as example.com."),
    sentence("Give the site's whole name."),
    sentence("Give the site's own name."),
    sentence("Check its dots and slashes."),
    sentence("Give a site whose name is in plain letters."),
    sentence("Check how the site is written."),
    sentence("The kinds are %(kinds)s."),
    sentence("Write it as name@example.com."),
    sentence("Check how the address is written."),
    sentence("Give the public name of the group or channel, t.me/name."),
    sentence("Give the account, x.com/name."),
    sentence("Give the id in the account's profile, as wechat:id or wechat-official:id."),
    sentence("Give one like %(form)s."),
)
_THINGS = {
    each.text: each
    for each in (
        sentence("a space"),
        sentence("a character without a name"),
        sentence("a link"),
        sentence("a site"),
        sentence("a site's path"),
        sentence("a host name"),
        sentence("an e-mail address"),
        sentence("the name in an e-mail address"),
        sentence("a telephone number"),
        sentence("a WhatsApp number"),
        sentence("a Telegram name"),
        sentence("A Telegram name"),
        sentence("an X name"),
        sentence("An X name"),
        sentence("a WeChat id"),
        sentence("A WeChat id"),
        sentence("a WeChat official account"),
        sentence("an official account's id"),
        sentence("An official account's id"),
        sentence("a Discord invite"),
        sentence("a Discord invite's code"),
        sentence("A Discord invite's code"),
    )
}
_PLACE = re.compile(r"%\((\w+)\)s")


def refusal(message: str) -> Part:
    """A refusal, or the hint that comes with it; as it is where it is none of those known."""
    for pattern, told in _patterns():
        match = pattern.fullmatch(message)
        if match:
            places: dict[str, Part] = {
                name: _THINGS.get(said, said) for name, said in match.groupdict().items()
            }
            return Sentence(told.text, places)
    return message


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], Sentence], ...]:
    return tuple((_pattern(each.text), each) for each in (*_REFUSALS, *_HINTS))


def _pattern(text: str) -> re.Pattern[str]:
    cut = [*_PLACE.split(text), ""]
    pieces = zip(cut[::2], cut[1::2], strict=True)
    return re.compile(
        "".join(
            re.escape(words.replace("%%", "%")) + (f"(?P<{place}>.+?)" if place else "")
            for words, place in pieces
        ),
        re.DOTALL,
    )
