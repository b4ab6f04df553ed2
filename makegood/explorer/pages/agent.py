# SPDX-License-Identifier: Apache-2.0
"""An agent: for which desks it answers, since when, and what it did last."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from makegood.errors import NotIndexed
from makegood.explorer.pages.timeline import Entry, entries
from makegood.explorer.phrases import Hex, Link, Moment, Money, Sentence, sentence
from makegood.explorer.reading import Reader, shown_address
from makegood.explorer.words import names
from makegood.indexer import queries, schema
from makegood.indexer.queries import Row

SHOWN = 20


@dataclass(frozen=True, slots=True)
class Post:
    """An agent at one desk."""

    desk: Link
    kind: Sentence
    stands: bool
    standing: Sentence
    since: Moment | None
    until: Moment | None
    did_digest: Hex | None
    credential_digest: Hex | None
    replies: int
    opened: int
    allowance: Money
    successor: Hex | None
    recent: list[Entry]


@dataclass(frozen=True, slots=True)
class AgentView:
    """The page of an agent."""

    chain: int
    address: str
    is_support: bool
    answer: Sentence
    posts: list[Post]


def build(reader: Reader, chain: int, address: str) -> AgentView:
    """Raises NotIndexed."""
    table = schema.agents
    query = select(table).where(table.c.agent == address, table.c.chain == chain).limit(SHOWN)
    rows = queries.rows(reader.connection, query)
    if not rows:
        raise NotIndexed(
            sentence("No desk in this index has an agent with this address."),
            sentence(
                "Whoever writes to you from it in the name of a desk is a stranger. Do not tell them "
                "anything, "
                "and never a seed phrase."
            ),
        )
    posts = [_post(reader, row) for row in rows]
    stands = any(post.stands for post in posts)
    answer = (
        sentence("Yes: this address is an agent now.")
        if stands
        else sentence("No: this address is no agent of any desk in this index now.")
    )
    return AgentView(chain, shown_address(address), stands, answer, posts)


def _post(reader: Reader, row: Row) -> Post:
    chain = row["chain"]
    desk = reader.desk(chain, row["desk"])
    now = reader.now(chain)
    appointed = bool(row["kind"])
    stands = appointed and row["since"] <= now <= row["until"]
    events = schema.events
    fits = (events.c.agent == row["agent"], events.c.desk == desk.address, queries.on_chain(chain))
    recent = queries.events_of(reader.connection, *fits, newest=SHOWN)
    until = reader.moment(chain, row["until"])
    if stands:
        standing = sentence("stands until %(until)s", until=until)
    elif appointed:
        standing = sentence("no agent any more since %(until)s", until=until)
    else:
        standing = sentence("never appointed")
    return Post(
        desk=desk.link,
        kind=names.AGENTS[row["kind"]],
        stands=stands,
        standing=standing,
        since=reader.moment(chain, row["since"]) if appointed else None,
        until=until if appointed else None,
        did_digest=Hex(row["did_digest"]) if row["did_digest"] else None,
        credential_digest=Hex(row["credential_digest"]) if row["credential_digest"] else None,
        replies=row["replies"],
        opened=row["opened"],
        allowance=Money(row["allowance"], desk.token),
        successor=_successor(row),
        recent=entries(reader, desk, recent),
    )


def _successor(row: Row) -> Hex | None:
    if not row["successor"]:
        return None
    return Hex(shown_address(row["successor"]), f"/agent/{row['chain']}/{row['successor']}")
