# SPDX-License-Identifier: Apache-2.0
"""Messages become tickets, salted documents and events for the batches, in order for each ticket."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import insert, update
from sqlalchemy.engine import Connection, Row

from makegood import documents
from makegood.batches import Act, ticket_id
from makegood.bridge.errors import RequesterAwaited, Untaken
from makegood.bridge.kept import Kept
from makegood.bridge.mapping import Table as Words
from makegood.bridge.messages import STATUS_AFTER, Author, Message, Why, act_of
from makegood.bridge.reading import message_of
from makegood.bridge.requesters import Requester, Requesters
from makegood.bridge.rows import (
    INVITATION,
    commitment_of,
    hold_back,
    keep_document,
    merged_into,
    note_merger,
    ready_messages,
    reconsider,
    send_back,
    set_message,
    tell_event,
    ticket_row,
)
from makegood.bridge.salts import salt_of
from makegood.bridge.schema import DEAD, DONE, IGNORED, tickets
from makegood.bridge.settings import Settings
from makegood.clock import Status

_TYPES = {Act.OPENED: "makegood/ticket/1", Act.FOLLOWED_UP: "makegood/follow-up/1"}
_REPLY = "makegood/reply/1"


@dataclass
class Acting:
    """Acts on the messages that wait."""

    kept: Kept
    settings: Settings
    requesters: Requesters

    def act(self, now: int) -> int:
        """Take the next tickets with messages that are ready, in one transaction; returns how many
        messages.
        """
        done = 0
        waits: set[tuple[str, str]] = set()
        with self.kept.writing() as connection:
            for row in ready_messages(connection, now):
                # Of one ticket, none is acted on before those that were said before it.
                if (row.source, row.ticket) not in waits:
                    if self._taken(connection, row, now):
                        done += 1
                    else:
                        waits.add((row.source, row.ticket))
        return done

    def _taken(self, connection: Connection, row: Row[Any], now: int) -> bool:
        """Act on a message; False where it has to wait."""
        source = row.source
        if row.not_before > now:
            hold_back(connection, source, row.ticket, row.not_before)
            return False
        message = message_of(row.content, row.text)
        try:
            why = self._message(connection, source, replace(message, at=row.at), row, now)
        except RequesterAwaited:
            hold_back(connection, source, row.ticket, row.received_at + self.settings.claim_wait)
            return False
        except Untaken as error:
            set_message(connection, row.id, state=DEAD, why=error.message)
        else:
            self._acted(connection, source, row, why, now)
        return True

    @staticmethod
    def _acted(connection: Connection, source: str, row: Row[Any], why: Why | None, now: int) -> None:
        if why is not None:
            set_message(connection, row.id, state=IGNORED, why=why.value)
            return
        # Its document has its text from here on.
        set_message(connection, row.id, state=DONE, why="", text=None)
        reconsider(connection, source, row, now)

    def _message(
        self, connection: Connection, source: str, message: Message, row: Row[Any], now: int
    ) -> Why | None:
        """What a message does. Returns why it does nothing, None where it did something."""
        if message.merged_into:
            note_merger(connection, source, message)
            return None
        words = self.settings.words.get(source)
        if words is None:
            raise Untaken("Its helpdesk is no longer in the settings.")
        if message.author is Author.AGENT and message.account in self._bots(source, words):
            message = replace(message, author=Author.BOT)
        why: Why | None = Why.UNKNOWN_TICKET
        acted = False
        targets = [message.ticket]
        if message.author is Author.AGENT:
            targets += merged_into(connection, source, message.ticket)
        for target in targets:
            ticket = ticket_row(connection, source, target)
            found = self._act(message, ticket, words)
            if isinstance(found, Act):
                self._record(connection, source, target, message, ticket, found, words, row, now)
                acted = True
            elif target == message.ticket:
                why = found
        return None if acted else why

    def _bots(self, source: str, words: Words) -> frozenset[str]:
        known = self.settings.source(source)
        # What the bridge itself writes into a ticket is no answer.
        return words.bots | {known.api.account} if known and known.api else words.bots

    @staticmethod
    def _act(message: Message, ticket: Row[Any] | None, words: Words) -> Act | Why:
        standing = Status(ticket.standing) if ticket is not None and ticket.ticket is not None else None
        if standing is not None and ticket is not None and message.at < ticket.last_at:
            # What was told of the ticket came after it, and knew of it.
            return Why.NOTHING_NEW
        # Asked first with a status that always changes something: what counts for nothing needs no words.
        first = act_of(message, standing, Status.HOLD if standing is not Status.HOLD else Status.SOLVED)
        if message.author is not Author.AGENT or isinstance(first, Why):
            return first
        answered = words.answered(message.status)
        if answered is None:
            raise Untaken(f'The table has no answer for the status "{_shown(message.status)}".')
        return act_of(message, standing, answered)

    def _record(
        self,
        connection: Connection,
        source: str,
        key: str,
        message: Message,
        ticket: Row[Any] | None,
        act: Act,
        words: Words,
        row: Row[Any],
        now: int,
    ) -> None:
        actor, priority = "", None
        if act is Act.OPENED:
            priority = words.priority(message.priority)
            if priority is None:
                raise Untaken(f'The table has no priority for "{_shown(message.priority)}".')
            requester = self._requester(connection, source, message, row, now)
            ticket = self._open(connection, source, key, message, ticket, requester)
            actor = requester.address
        assert ticket is not None  # noqa: S101
        if act not in (Act.OPENED, Act.FOLLOWED_UP):
            actor = words.agents.get(message.account, "")
            if not actor:
                raise Untaken(f'The table has no address for the agent "{_shown(message.account)}".')
        identity = bytes(ticket.ticket)
        if act is Act.OPENED:
            digest = commitment_of(connection, ticket.id)
        else:
            said = {"ticket": "0x" + identity.hex(), "text": message.text}
            salt = salt_of(connection, source, message.key, message.at)
            document = documents.new_document(_TYPES.get(act, _REPLY), said, salt)
            digest = keep_document(connection, ticket.id, document)
        tell_event(connection, source, key, message.key, act, identity, message.at, actor, digest, priority)
        values = {"standing": int(STATUS_AFTER[act]), "last_at": message.at}
        connection.execute(update(tickets).where(tickets.c.id == ticket.id).values(**values))

    def _requester(
        self, connection: Connection, source: str, message: Message, row: Row[Any], now: int
    ) -> Requester:
        known = self.requesters.known(connection, source, message.customer)
        if known is not None:
            return known
        if now < row.received_at + self.settings.claim_wait:
            token = self.requesters.invite(connection, source, message.customer, now)
            said = f"{self.settings.public_url}/claim/{token}"
            send_back(connection, source, message.ticket, INVITATION, said, now)
            raise RequesterAwaited("The requester can still name an address.")
        return self.requesters.made(connection, source, message.customer, now)

    def _open(
        self,
        connection: Connection,
        source: str,
        key: str,
        message: Message,
        ticket: Row[Any] | None,
        requester: Requester,
    ) -> Row[Any]:
        fields = {"requester": requester.address, "text": message.text}
        salt = salt_of(connection, source, message.key, message.at)
        document = documents.new_document(_TYPES[Act.OPENED], fields, salt)
        commitment = documents.digest(document)
        identity = ticket_id(self.kept.chain_id, self.kept.desk, requester.address, commitment)
        values = {
            "ticket": identity,
            "requester": requester.address,
            "held_by_desk": requester.held_by_desk,
            "standing": int(Status.OPEN),
            "last_at": 0,
        }
        if ticket is None:
            connection.execute(insert(tickets).values(source=source, key=key, merged_into="", **values))
        else:
            connection.execute(update(tickets).where(tickets.c.id == ticket.id).values(**values))
        opened = ticket_row(connection, source, key)
        assert opened is not None  # noqa: S101
        keep_document(connection, opened.id, document)
        return opened


def _shown(word: str) -> str:
    return "…" if "@" in word else word[:40]
