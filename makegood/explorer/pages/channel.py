# SPDX-License-Identifier: Apache-2.0
"""Is this really support? A site, a handle or an address, looked up among what desks published."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from makegood import channels
from makegood.errors import UsageError
from makegood.explorer.languages import clean
from makegood.explorer.phrases import Hex, Link, Moment, Part, Sentence, sentence
from makegood.explorer.reading import Reader, person, shown_address
from makegood.explorer.words.channel import refusal
from makegood.indexer import queries, schema

SHOWN = 20
MOST = 2_048


@dataclass(frozen=True, slots=True)
class Published:
    """A desk that published the channel."""

    desk: Link
    directory: str
    operator: Hex | None
    since: Moment
    revoked: Moment | None


@dataclass(frozen=True, slots=True)
class ChannelView:
    """The page of a channel. `tone`: `paid` for yes, `late` for no, `calm` where nothing was asked."""

    asked: str
    canonical: str
    display: str
    digest: str
    tone: str
    answer: Sentence
    advice: Sentence
    refused: Part
    hint: Part
    published: list[Published]


def build(reader: Reader, text: str) -> ChannelView:
    """Any text; what is no channel is told why."""
    asked = clean(text, MOST)
    if not asked:
        return ChannelView("", "", "", "", "calm", sentence("Who writes to you?"), _ASK, "", "", [])
    digest, canonical, display = asked.lower(), "", ""
    if not (len(digest) == 66 and digest.startswith("0x")):
        try:
            found = channels.parse(text)
        except UsageError as error:
            return ChannelView(
                asked,
                "",
                "",
                "",
                "late",
                sentence("This cannot be looked up, so it cannot be confirmed."),
                _STRANGER,
                refusal(error.message),
                refusal(error.hint or ""),
                [],
            )
        digest, canonical, display = "0x" + found.digest.hex(), found.canonical, found.display
    published = _published(reader, digest)
    stands = any(each.revoked is None for each in published)
    if stands:
        answer, advice, tone = sentence("Yes: a desk published this as its own."), _CHECK_DESK, "paid"
    elif published:
        answer, advice, tone = sentence("Not any more: the desk revoked it."), _STRANGER, "late"
    else:
        answer, advice, tone = sentence("No desk in this index published this."), _STRANGER, "late"
    return ChannelView(asked, canonical, display, digest, tone, answer, advice, "", "", published)


_ASK = sentence(
    "Type the site, e-mail address, telephone number or handle, as it is shown to you: for example "
    "t.me/name, help@example.com, 微信号 some_name."
)
_STRANGER = sentence(
    "Treat whoever writes from it as a stranger. Nobody of a real desk asks for a seed phrase, a password or "
    "a "
    "payment in advance."
)
_CHECK_DESK = sentence(
    "Then check that the desk itself is the one you mean: anyone can deploy a desk under any name. Its true "
    "address stands on the company's own site. And nobody of a real desk asks for a seed phrase."
)


def _published(reader: Reader, digest: str) -> list[Published]:
    table = schema.channels
    query = select(table).where(table.c.channel == digest).order_by(table.c.since).limit(SHOWN)
    found = []
    for row in queries.rows(reader.connection, query):
        desk = reader.desk(row["chain"], row["desk"])
        operator = desk.row["operator"]
        found.append(
            Published(
                desk.link,
                shown_address(desk.row["directory"]),
                person(operator, desk.chain) if operator else None,
                reader.moment(desk.chain, row["since"]),
                reader.moment(desk.chain, row["revoked_at"]) if row["revoked_at"] else None,
            )
        )
    return found
