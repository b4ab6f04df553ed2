# SPDX-License-Identifier: Apache-2.0
"""Links, split as a browser splits them: rules 4 and 5 of the package's docstring."""

import re
from dataclasses import dataclass

from makegood.channels.host import host, without_www
from makegood.channels.piece import PLAIN, PRINTABLE, Piece, refused

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_AUTHORITY = re.compile(r"[^/?#]*")
_IN_LINK = PRINTABLE - {" ", "\\"}
_PATH = PLAIN | frozenset("-._~@+")


@dataclass(frozen=True)
class Link:
    """A link. `host` is canonical, or what stands there in a link to an app, such as `resolve`."""

    scheme: str
    host: str
    authority: Piece
    path: Piece
    query: Piece

    def parts(self) -> list[Piece]:
        """The path's parts, without the slash in front and those at its end."""
        path = self.path.after(1)
        path = path.before(len(path.text.rstrip("/")))
        return path.split("/") if path.text else []

    def parameter(self, name: str) -> Piece:
        """The one value of this name in the query. Raises UsageError for none or several."""
        pairs = [pair.cut("=") for pair in self.query.split("&")]
        values = [value for key, value in pairs if key.text == name]
        if len(values) != 1:
            raise refused(f'The link has no or several values for "{name}".', "Write the name itself.")
        return values[0]


def is_link(text: str) -> bool:
    """Whether this is a link rather than a name: it has a scheme, or a host or a path in front."""
    authority = _authority(text)
    return bool(_SCHEME.match(text)) or (
        "@" not in authority and ("." in authority or len(authority) < len(text))
    )


def names_another_first(text: str) -> bool:
    """Whether a name and an `@` stand before the host of a link without a scheme."""
    authority = _authority(text)
    return "@" in authority[1:] and text[len(authority) : len(authority) + 1] in ("/", "#")


def split(text: Piece) -> Link:
    """The parts of a link. Raises UsageError, also for a port and for a name before the host."""
    # Browsers take a backslash for a slash, other programs do not: they differ on what the host is.
    text.require(_IN_LINK, "a link")
    scheme, rest = "", text
    match = _SCHEME.match(text.text)
    if match:
        scheme, rest = match[1].lower(), text.after(match.end())
    if scheme not in ("", "https", "http", "tg", "whatsapp"):
        raise refused(
            f'A link with "{scheme}://" names no channel.', "Give the site's https:// address, or the name."
        )
    authority = rest.before(len(_authority(rest.text)))
    tail, _ = rest.after(len(authority.text)).cut("#")
    path, query = tail.cut("?")
    if scheme in ("tg", "whatsapp"):
        return Link(scheme, authority.text.lower(), authority, path, query)
    return Link(scheme, without_www(host(_without_port(authority))), authority, path, query)


def site(link: Link) -> str:
    """Host and path of a site, rule 7. Raises UsageError."""
    if link.scheme == "http":
        raise refused(
            "An http:// address can be changed on its way to you.", "Use and publish its https:// address."
        )
    for part in link.parts():
        _check_path_part(part)
    return "/".join([link.host, *(part.text for part in link.parts())])


def _check_path_part(part: Piece) -> None:
    if "%" in part.text:
        raise refused(
            f'Character {part.at + part.text.index("%") + 1} is "%", which hides another character.',
            "Give a page whose address is in plain letters.",
        )
    part.require(_PATH, "a site's path")
    if part.text in ("", ".", ".."):
        raise refused(
            f'The path has an empty, "." or ".." part at character {part.at + 1}.',
            "Give the page's address as the site itself shows it.",
        )


def _without_port(authority: Piece) -> Piece:
    if "@" in authority.text:
        raise refused(
            f'What stands before "@" at character {authority.at + authority.text.rindex("@") + 1} is not the '
            "site; the link leads to what stands after it.",
            "Such links are made to mislead. Give the site's own address.",
        )
    if authority.text.startswith("["):
        return authority
    name, port = authority.cut(":")
    if len(name.text) < len(authority.text) and port.text not in ("", "443"):
        raise refused("The address has a port of its own, which is another site.", "Leave the port out.")
    return name


def _authority(text: str) -> str:
    match = _SCHEME.match(text)
    found = _AUTHORITY.match(text, match.end() if match else 0)
    return found[0] if found else ""
