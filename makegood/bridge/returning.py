# SPDX-License-Identifier: Apache-2.0
"""Invitations and receipts go back into the helpdesk's tickets: kept, tried again, and each put there once.

No API takes a message only once, so a ticket is looked at first where an earlier attempt may have come
through.
"""

from __future__ import annotations

import hmac
import json
import logging
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.engine import Row

from makegood import documents
from makegood.bridge.apis import Api, api_of
from makegood.bridge.apis.calling import Caller
from makegood.bridge.errors import ApiRefused
from makegood.bridge.kept import Kept
from makegood.bridge.rows import INVITATION, RECEIPT
from makegood.bridge.schema import DEAD, IGNORED, SENDING, SENT, WAITING, returns, tickets
from makegood.bridge.schema import documents as kept_documents
from makegood.bridge.settings import Settings, Source
from makegood.errors import DocumentError, MakegoodError, NotFound
from makegood.receipts import Receipt, read
from makegood.receipts.building import completed

ATTEMPTS = 20
LONGEST = 6 * 3_600
"""Seconds between two attempts, at most."""

_AT_ONCE = 50
_FIRST = 30
_LOOKS_EVERY = 10

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Parcel:
    """What goes back: sentences, what a ticket is searched for to see whether it is there, and a file."""

    text: str
    mark: str
    file: tuple[str, bytes] | None
    fields: dict[str, Any]


class Returner:
    """Puts into the tickets what waits to be."""

    def __init__(self, kept: Kept, settings: Settings) -> None:
        self._kept, self._settings = kept, settings
        self._apis: dict[str, Api | None] = {each.name: api_of(each) for each in settings.sources}

    def send(self, now: int) -> int:
        """One attempt for each that is next; returns how many were put there."""
        due = (returns.c.state.in_((WAITING, SENDING)), returns.c.next_at <= now)
        with self._kept.database.reading() as connection:
            query = select(returns).where(*due).order_by(returns.c.next_at, returns.c.id).limit(_AT_ONCE)
            rows = connection.execute(query).all()
        done, later = 0, []
        for row in rows:
            if not self._has_way(row.source):
                continue
            parcel = self._parcel(row)
            if parcel is None:
                later.append(row.id)
            else:
                done += self._send(row, parcel, now)
        self._put_off(later, {row.source for row in rows if not self._has_way(row.source)}, now)
        return done

    def _has_way(self, name: str) -> bool:
        source = self._settings.source(name)
        return source is not None and (self._apis.get(name) is not None or bool(source.callback))

    def _put_off(self, later: list[int], nowhere: set[str], now: int) -> None:
        """Many at once: most receipts wait for their batch, and none may keep the inbox from writing."""
        if not later and not nowhere:
            return
        waits = (returns.c.state.in_((WAITING, SENDING)), returns.c.source.in_(nowhere))
        ignored = {"state": IGNORED, "why": "The settings name no way back."}
        with self._kept.writing() as connection:
            connection.execute(
                update(returns).where(returns.c.id.in_(later)).values(next_at=now + _LOOKS_EVERY)
            )
            if nowhere:
                connection.execute(update(returns).where(*waits).values(ignored))

    def _send(self, row: Row[Any], parcel: _Parcel, now: int) -> bool:
        source, api = self._settings.source(row.source), self._apis.get(row.source)
        assert source is not None  # noqa: S101
        try:
            self._set(row, state=SENDING)
            if api is None:
                _call(source, parcel, now)
            elif row.state != SENDING or not api.has(row.ticket, parcel.mark):
                api.put(row.ticket, parcel.text, parcel.file)
        except ApiRefused as error:
            self._failed(row, error, now)
            return False
        self._set(row, state=SENT, why="")
        return True

    def _failed(self, row: Row[Any], error: ApiRefused, now: int) -> None:
        attempts = row.attempts + 1
        log.warning(
            "nothing could be put into a ticket",
            extra={
                "fields": {
                    "helpdesk": row.source,
                    "kind": row.kind,
                    "attempts": attempts,
                    "why": error.message,
                }
            },
        )
        if error.final or attempts >= ATTEMPTS:
            self._set(row, state=DEAD, attempts=attempts, why=error.message)
            return
        wait = min(LONGEST, _FIRST << min(attempts - 1, 12))
        # It stays in sending: whether it came through is not known.
        self._set(row, attempts=attempts, next_at=now + wait, why=error.message)

    def _set(self, row: Row[Any], **values: Any) -> None:
        with self._kept.writing() as connection:
            connection.execute(update(returns).where(returns.c.id == row.id).values(**values))

    # ------------------------------------------------------------ what goes back

    def _parcel(self, row: Row[Any]) -> _Parcel | None:
        if row.kind == INVITATION:
            text = (
                "This desk pays you where it does not answer in time. Name the address that it pays to:\n"
                f"本客服若未按时回复将向您赔付。请指定收款地址:\n{row.said}"
            )
            return _Parcel(text, row.said, None, {"kind": INVITATION, "ticket": row.ticket, "link": row.said})
        receipt, held = self._receipt(row)
        if receipt is None:
            return None
        identity = "0x" + receipt.ticket_id.hex()
        link = f"{self._settings.explorer_url}/ticket/{receipt.chain_id}/{identity}"
        lines = [
            "Your ticket is recorded on chain. The file is your receipt; keep it.",
            "您的工单已上链存证。附件即收据,请妥善保存。",
            link if self._settings.explorer_url else "",
            "The desk holds the key of the address that is paid. 收款地址的密钥由客服持有。" if held else "",
            identity,
        ]
        fields = {
            "kind": RECEIPT,
            "ticket": row.ticket,
            "ticket_id": identity,
            "link": link if self._settings.explorer_url else None,
            "key_held_by": "desk" if held else "requester",
            "receipt": receipt.fields(),
        }
        file = (f"receipt-{identity[:10]}.json", receipt.text().encode())
        return _Parcel("\n".join(filter(None, lines)), identity, file, fields)

    def _receipt(self, row: Row[Any]) -> tuple[Receipt | None, bool]:
        """The receipt of a ticket with its document, once the keeper has written it; whether the desk has
        the key.
        """
        with self._kept.database.reading() as connection:
            of = (tickets.c.source == row.source, tickets.c.key == row.ticket)
            ticket = connection.execute(select(tickets).where(*of)).one()
            opening = select(kept_documents.c.document).where(kept_documents.c.ticket_key == ticket.id)
            document = connection.execute(opening.order_by(kept_documents.c.id).limit(1)).scalar_one_or_none()
        if self._settings.receipts is None:
            return None, ticket.held_by_desk
        path = self._settings.receipts / f"0x{bytes(ticket.ticket).hex()}.json"
        try:
            receipt = read(path)
            if document is not None and receipt.document is None:
                receipt = completed(receipt, documents.parse(document), receipt.statements)
        except NotFound:
            return None, ticket.held_by_desk
        except (DocumentError, MakegoodError) as error:
            log.warning("a receipt cannot be used", extra={"fields": {"why": error.message}})
            return None, ticket.held_by_desk
        return receipt, bool(ticket.held_by_desk)


def _call(source: Source, parcel: _Parcel, now: int) -> None:
    """Give it to the operator's own address, signed as docs/bridge.md says; whoever takes it may get it
    twice.
    """
    body = json.dumps(parcel.fields, ensure_ascii=False).encode()
    signed = hmac.new(source.secrets[0], str(now).encode() + b"." + body, "sha256").hexdigest()
    headers = {
        "Content-Type": "application/json",
        "Idempotency-Key": parcel.mark if parcel.file else signed,
        "X-Makegood-Timestamp": str(now),
        "X-Makegood-Signature": f"sha256={signed}",
    }
    Caller(source.callback, headers).tell(body)
