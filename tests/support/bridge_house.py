# SPDX-License-Identifier: Apache-2.0
"""A bridge over a database, and deliveries as each helpdesk sends them, with values of our own."""

from __future__ import annotations

import hmac
import json
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import Row

from makegood.batches.incoming import Incoming
from makegood.bridge.beginning import known_since
from makegood.bridge.kept import Delivery, Kept
from makegood.bridge.rows import INVITATION
from makegood.bridge.schema import messages, outgoing, returns, tickets
from makegood.bridge.settings import Settings, from_table
from makegood.bridge.working import Worker
from makegood.database import Database

CHAIN = 31_337
DESK = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
AGENT = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
OTHER_AGENT = "0x90F79bf6EB2c4f870365E785982E1f101E93b906"
REQUESTER = "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"
SECRET = "a secret of the tests"  # noqa: S105
OLD_SECRET = "the secret before it"  # noqa: S105
NOW = 1_795_400_000
CUSTOMER = "lena@customers.example"

MAPPING = f"""
django:
  agents: {{1: "{AGENT}", 2: "{OTHER_AGENT}"}}
  bots: [9]
  requesters: {{{CUSTOMER}: "{REQUESTER}"}}
zammad:
  agents: {{5: "{AGENT}", 6: "{OTHER_AGENT}"}}
  bots: [12]
chatwoot:
  agents: {{5: "{AGENT}"}}
zendesk:
  agents: {{76872: "{AGENT}"}}
  bots: [555]
generic:
  agents: {{ann: "{AGENT}", bo: "{OTHER_AGENT}"}}
  bots: [robot]
  requesters: {{{CUSTOMER}: "{REQUESTER}"}}
"""


def section(**more: Any) -> dict[str, Any]:
    """The section [bridge], with a helpdesk of each kind named after it."""
    kinds = {"django": "django-helpdesk", "zammad": "zammad", "chatwoot": "chatwoot", "zendesk": "zendesk"}
    helpdesks = {
        name: {"kind": kind, "secret": SECRET} for name, kind in {**kinds, "generic": "generic"}.items()
    }
    base = {"policy": 1, "mapping": "mapping.yaml", "requester_secret": "of the desk's own keys", "settle": 0}
    return {**base, "helpdesks": helpdesks, **more}


def settings(folder: Path, mapping: str = MAPPING, **more: Any) -> Settings:
    (folder / "mapping.yaml").write_text(mapping, "utf-8")
    return from_table(section(**more), folder)


@dataclass
class Bridge:
    """A bridge whose queue is a list, and whose clock stands until it is set."""

    kept: Kept
    settings: Settings
    now: int = NOW
    taken: list[Incoming] = field(default_factory=list)

    @property
    def worker(self) -> Worker:
        return Worker(self.kept, self.settings, self._take, lambda: self.now)

    def _take(self, events: Sequence[Incoming]) -> None:
        known = {each.id for each in self.taken}
        self.taken += [each for each in events if each.id not in known]

    def tell(self, source: str, *bodies: dict[str, Any]) -> None:
        """Deliveries of a helpdesk, one after the other, each worked on before the next."""
        for body in bodies:
            self.pile_up(source, body)
            self.worker.until_idle()

    def pile_up(self, source: str, *bodies: dict[str, Any]) -> None:
        """Deliveries that nobody works on yet."""
        for body in bodies:
            raw = json.dumps(body).encode()
            self.kept.store([Delivery(source, sha256(raw).hexdigest(), self.now, raw)])

    @property
    def acts(self) -> list[str]:
        return [each.act.name for each in self.taken]

    def told(self) -> list[Row[Any]]:
        """What became of each message, in the order in which they were read."""
        with self.kept.database.reading() as connection:
            return list(connection.execute(select(messages).order_by(messages.c.id)))

    def whys(self) -> list[str]:
        return [row.why for row in self.told()]

    def tickets(self) -> list[Row[Any]]:
        with self.kept.database.reading() as connection:
            return list(connection.execute(select(tickets).order_by(tickets.c.id)))

    def events(self) -> list[Row[Any]]:
        with self.kept.database.reading() as connection:
            return list(connection.execute(select(outgoing).order_by(outgoing.c.id)))


def build(
    folder: Path, url: str | None = None, mapping: str = MAPPING, *, begun: bool = True, **more: Any
) -> Bridge:
    """A bridge that has always known its helpdesks, or one that has `begun` nothing yet."""
    database = Database(url or f"sqlite:///{folder / 'bridge.sqlite'}")
    bridge = Bridge(Kept(database, chain_id=CHAIN, desk=DESK), settings(folder, mapping, **more))
    return know_all(bridge) if begun else bridge


def know_all(bridge: Bridge) -> Bridge:
    """So that what the tests' helpdesks tell is not of a time before."""
    with bridge.kept.writing() as connection:
        for source in bridge.settings.sources:
            known_since(connection, source.name, 0)
    return bridge


def changed(bridge: Bridge, **more: Any) -> Bridge:
    return replace(bridge, settings=replace(bridge.settings, **more))


def invitation(bridge: Bridge) -> str:
    """Where the one customer who was invited can name an address."""
    with bridge.kept.database.reading() as connection:
        return str(
            connection.execute(select(returns.c.said).where(returns.c.kind == INVITATION)).scalar_one()
        )


# ---------------------------------------------------------------- generic


def generic(message: str, author: str = "customer", at: int = NOW - 60, **more: Any) -> dict[str, Any]:
    base = {"ticket": "T-1", "message": message, "author": author, "at": at, "text": f"text of {message}"}
    if author == "customer":
        base["customer"] = CUSTOMER
    if author == "agent":
        base |= {"account": "ann", "status": "pending"}
    return {**base, **more}


# ---------------------------------------------------------------- django-helpdesk


def followup(number: int, *, user: int | None = None, **more: Any) -> dict[str, Any]:
    base = {
        "id": number,
        "ticket": 41,
        "user": user,
        "title": "Comment",
        "comment": f"comment {number}",
        "public": True,
        "new_status": None,
        "time_spent": None,
        "followupattachment_set": [],
        "date": f"2026-11-22T10:{number:02}:20.573770Z",
        "message_id": None,
    }
    return {**base, **more}


def django(*followups: dict[str, Any], about: int | None = None, **more: Any) -> dict[str, Any]:
    """The webhook of a new ticket, or where `about` names one, of a follow-up."""
    ticket = {
        "id": 41,
        "queue": 2,
        "title": "Withdrawal stuck",
        "description": "My withdrawal does not arrive.",
        "resolution": None,
        "submitter_email": CUSTOMER,
        "assigned_to": None,
        "status": 1,
        "on_hold": False,
        "priority": 3,
        "due_date": None,
        "merged_to": None,
        "followup_set": list(followups or (followup(1, title="Ticket Opened Via Web"),)),
        **more,
    }
    body: dict[str, Any] = {"ticket": ticket, "queue_slug": "wallet"}
    return body if about is None else {**body, "followup_id": about}


# ---------------------------------------------------------------- Zammad


def zammad(number: int, sender: str = "Customer", *, state: str = "open", **more: Any) -> dict[str, Any]:
    article = {
        "id": number,
        "ticket_id": 77,
        "internal": False,
        "sender": sender,
        "type": "email",
        "from": "Lena Berg <lena@customers.example>",
        "to": "Wallet desk",
        "subject": "Withdrawal stuck",
        "body": f"<p>article {number}</p>",
        "content_type": "text/html",
        "preferences": {},
        "attachments": [],
        "created_at": f"2026-11-22T10:{number % 60:02}:35.318Z",
        "created_by_id": 5 if sender == "Agent" else 1 if sender == "System" else 8,
        **more,
    }
    return {"ticket": zammad_ticket(state), "article": article}


def zammad_ticket(state: str = "open") -> dict[str, Any]:
    return {
        "id": 77,
        "number": "20077",
        "title": "Withdrawal stuck",
        "priority": {"id": 3, "name": "3 high"},
        "priority_id": 3,
        "state": state,
        "state_id": 2,
        "customer": {"id": 8, "email": CUSTOMER, "roles": ["Customer"]},
        "customer_id": 8,
        "owner_id": 5,
        "created_at": "2026-11-22T10:01:35.282Z",
        "updated_at": "2026-11-22T10:01:35.333Z",
    }


# ---------------------------------------------------------------- Chatwoot


def chatwoot(
    number: int, message_type: str = "incoming", sender: str | None = "contact", **more: Any
) -> dict[str, Any]:
    people = {
        "contact": {"id": 4, "name": "Lena", "type": "contact", "email": CUSTOMER},
        "user": {"id": 5, "name": "Ann", "type": "user", "email": "ann@desk.example"},
        "agent_bot": {"id": 3, "name": "Helper", "type": "agent_bot"},
        "captain_assistant": {"id": 2, "name": "Captain", "type": "captain_assistant"},
    }
    status = more.pop("status", "open")
    return {
        "event": "message_created",
        "id": number,
        "content": f"message {number}",
        "message_type": message_type,
        "content_type": "text",
        "content_attributes": {},
        "additional_attributes": {},
        "private": False,
        "source_id": None,
        "created_at": f"2026-11-22T10:{number % 60:02}:10.100Z",
        "sender": None if sender is None else people[sender],
        "inbox": {"id": 3, "name": "Website"},
        "account": {"id": 1, "name": "Acme"},
        "conversation": {
            "id": 45,
            "status": status,
            "priority": "high",
            "meta": {"sender": people["contact"], "assignee": None},
            "messages": [],
        },
        **more,
    }


# ---------------------------------------------------------------- Zendesk


def zendesk(
    kind: str, event: dict[str, Any] | None = None, *, minute: int = 1, **detail: Any
) -> dict[str, Any]:
    return {
        "type": f"zen:event-type:ticket.{kind}",
        "account_id": 4_711,
        "id": f"01HN-{kind}-{minute}",
        "time": f"2026-11-22T10:{minute:02}:35.123456789Z",
        "zendesk_event_version": "2022-11-06",
        "subject": "zen:ticket:812",
        "detail": {
            "id": "812",
            "actor_id": "2097",
            "subject": "Withdrawal stuck",
            "description": "My withdrawal does not arrive.",
            "status": "NEW",
            "priority": "URGENT",
            "requester_id": "2097",
            "submitter_id": "2097",
            "is_public": True,
            "via": {"channel": "web_service"},
            "created_at": "2026-11-22T10:01:35Z",
            "updated_at": "2026-11-22T10:01:35Z",
            **detail,
        },
        "event": event or {},
    }


def zendesk_comment(
    number: int, *, staff: bool = False, public: bool = True, author: str | None = None, **detail: Any
) -> dict[str, Any]:
    comment = {
        "id": str(number),
        "body": f"comment {number}",
        "is_public": public,
        "author": {"id": author or ("76872" if staff else "2097"), "is_staff": staff, "name": "Somebody"},
    }
    return zendesk("comment_added", {"comment": comment}, minute=number % 60, **detail)


# ---------------------------------------------------------------- signatures


def signed(kind: str, body: bytes, secret: str = SECRET, at: int = NOW) -> dict[str, str]:
    """The headers of a delivery, computed from each vendor's description."""
    key = secret.encode()
    if kind == "zammad":
        return {
            "X-Hub-Signature": "sha1=" + hmac.new(key, body, "sha1").hexdigest(),
            "X-Zammad-Delivery": sha256(body).hexdigest(),
        }
    if kind == "zendesk":
        from datetime import UTC, datetime

        stamp = datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z")
        digest = hmac.new(key, stamp.encode() + body, "sha256").digest()
        return {
            "X-Zendesk-Webhook-Signature": b64encode(digest).decode(),
            "X-Zendesk-Webhook-Signature-Timestamp": stamp,
        }
    name = "Chatwoot" if kind == "chatwoot" else "Makegood"
    digest = hmac.new(key, f"{at}.".encode() + body, "sha256").hexdigest()
    return {f"X-{name}-Signature": f"sha256={digest}", f"X-{name}-Timestamp": str(at)}
