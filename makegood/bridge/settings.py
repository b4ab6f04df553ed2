# SPDX-License-Identifier: Apache-2.0
"""What whoever runs a bridge decides: the section [bridge] of the settings file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from makegood.bridge.helpdesks import KINDS
from makegood.bridge.mapping import Table as Words
from makegood.bridge.mapping import load as load_mapping
from makegood.errors import UsageError
from makegood.settings import Table

SECRET_LEAST = 16
"""Characters of a secret."""

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")


@dataclass(frozen=True)
class Access:
    """A helpdesk's API. `account` is whom it knows us as: what that account writes is a bot's."""

    url: str
    credential: str = field(repr=False)
    account: str


@dataclass(frozen=True)
class Source:
    """A helpdesk. `secrets` are one or, while they are changed, two; `callback` takes receipts where no API
    does.
    """

    name: str
    kind: str
    signed: bool
    secrets: tuple[bytes, ...] = field(repr=False)
    window: int
    api: Access | None
    callback: str = field(default="", repr=False)


@dataclass(frozen=True)
class Settings:
    """Of one bridge. Times are in seconds.

    New tickets come under `policy`. `receipts` is the folder of the keeper's receipts. `settle` is how long
    a message waits for others that are late; `claim_wait` how long a new requester has to make a key before
    the desk makes one with `requester_secret`; `compare_every` how often the helpdesks are asked for what
    got lost, 0 for never. Bodies and texts of what is done are forgotten after `keep_days`. `namings` is the
    folder in which the account `keeper` looks for those who name it, with what the node at `rpc` knows.
    """

    sources: tuple[Source, ...]
    policy: int
    words: dict[str, Words] = field(repr=False)
    requester_secret: bytes = field(repr=False)
    receipts: Path | None = None
    host: str = "127.0.0.1"
    port: int = 8100
    public_url: str = ""
    explorer_url: str = ""
    settle: int = 2
    claim_wait: int = 0
    compare_every: int = 600
    keep_days: int = 30
    most_of_body: int = 1 << 20
    namings: Path | None = None
    keeper: str = ""
    rpc: str = field(default="", repr=False)

    def source(self, name: str) -> Source | None:
        """The helpdesk of a name."""
        return next((each for each in self.sources if each.name == name), None)


def from_table(section: Mapping[str, Any], folder: Path = Path(), rpc: str = "") -> Settings:
    """Read the section, and the operator's table that it names; paths start at `folder`. `rpc` is [chain]'s.

    Raises UsageError with section and key for the first thing that cannot be used.
    """
    table = Table(section, "bridge", folder)
    helpdesks = table.inner("helpdesks")
    names = section.get("helpdesks", {})
    sources = tuple(_source(str(name), helpdesks.inner(name)) for name in names)
    if not sources:
        table.refuse("helpdesks", "has no helpdesk", "Write [bridge.helpdesks.NAME].")
    secret = table.secret("requester_secret")
    if len(secret) < SECRET_LEAST:
        table.refuse("requester_secret", f"has fewer than {SECRET_LEAST} characters")
    mapping, namings = table.path("mapping", None), table.path("namings", None)
    settings = Settings(
        sources=sources,
        policy=table.integer("policy", least=1),
        words=_words(mapping, sources),
        requester_secret=secret.encode(),
        receipts=table.path("receipts", None),
        host=table.text("host", "127.0.0.1"),
        port=table.integer("port", 8100, most=65_535),
        public_url=table.url("public_url"),
        explorer_url=table.url("explorer_url"),
        settle=table.seconds("settle", 2),
        claim_wait=table.seconds("claim_wait", 0),
        compare_every=table.seconds("compare_every", 600),
        keep_days=table.integer("keep_days", 30, least=1),
        most_of_body=table.integer("most_of_body", 1 << 20, least=1_024, most=16 << 20),
        namings=namings,
        keeper=table.address("keeper") if namings else "",
        rpc=rpc,
    )
    if settings.claim_wait and not settings.public_url:
        table.refuse("claim_wait", "needs public_url", "The page for a requester's key is served there.")
    if namings and not rpc:
        table.refuse("namings", "needs [chain] rpc", "What is signed names the desk's directory on chain.")
    table.done()
    return settings


def _source(name: str, table: Table) -> Source:
    if not _NAME.fullmatch(name):
        raise UsageError(
            f'[bridge.helpdesks] "{name[:40]}" is no name.', hint="Use small letters, digits and hyphens."
        )
    kind = table.text("kind", among=tuple(KINDS))
    signed = table.flag("signed", KINDS[kind].SIGNED)
    if signed and not KINDS[kind].SIGNED:
        table.refuse("signed", f"is true, and {kind} signs nothing")
    secrets = tuple(
        each.encode() for each in (table.secret("secret"), table.secret("old_secret", "")) if each
    )
    if any(len(each) < SECRET_LEAST for each in secrets):
        table.refuse("secret", f"has fewer than {SECRET_LEAST} characters")
    api = None
    if url := table.url("api_url"):
        api = Access(url, table.secret("api_credential"), table.text("api_account"))
    source = Source(
        name=name,
        kind=kind,
        signed=signed,
        secrets=secrets,
        window=table.seconds("window", 300),
        api=api,
        callback=table.secret("callback", ""),
    )
    table.done()
    return source


def _words(path: Path | None, sources: tuple[Source, ...]) -> dict[str, Words]:
    tables = load_mapping(path, {each.name: each.kind for each in sources})
    for each in sources:
        if each.api and each.api.account in tables[each.name].agents:
            raise UsageError(
                f"[bridge.helpdesks.{each.name}] api_account is an agent in the table.",
                hint="What the bridge writes there must not count as an answer; give it its own account.",
            )
    return tables
