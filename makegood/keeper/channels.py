# SPDX-License-Identifier: Apache-2.0
"""Where warnings go: a file, and whatever Apprise knows, such as mail, Telegram, WeChat Work or Slack."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol

from makegood.errors import MakegoodError, UsageError
from makegood.keeper.settings import WarnSettings


@dataclass(frozen=True)
class Message:
    """A title, its lines, and the same for machines."""

    title: str
    lines: tuple[str, ...]
    data: tuple[Mapping[str, Any], ...]


class Channel(Protocol):
    """Somewhere to send to. `name` tells it from every other and holds no secret."""

    @property
    def name(self) -> str:
        """Kept with what it took."""
        ...

    def send(self, message: Message) -> None:
        """Raises MakegoodError where it is not taken."""
        ...


@dataclass(frozen=True)
class FileChannel:
    """A file to which a line of JSON is added for each warning."""

    path: Path

    @property
    def name(self) -> str:
        """There is one."""
        return "file"

    def send(self, message: Message) -> None:
        """As `Channel.send`; what was added is on the disk."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a", encoding="utf-8") as file:
                file.writelines(json.dumps(dict(each), ensure_ascii=False) + "\n" for each in message.data)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise MakegoodError(f"Warnings cannot be added to {self.path}: {error.strerror}.") from None


@dataclass(frozen=True)
class AppriseChannel:
    """An address of Apprise's, which may hold a password."""

    address: str = field(repr=False)

    @property
    def name(self) -> str:
        """The kind, and a part of a digest."""
        kind = self.address.partition(":")[0]
        return f"{kind}-{sha256(self.address.encode()).hexdigest()[:8]}"

    def send(self, message: Message) -> None:
        """As `Channel.send`."""
        from apprise import Apprise

        made = Apprise()
        made.add(self.address)
        if not made.notify(title=message.title, body="\n".join(message.lines)):
            raise MakegoodError(f"The channel {self.name} did not take a warning.")


def channels_of(settings: WarnSettings) -> tuple[Channel, ...]:
    """Those of the settings. Raises UsageError for an address that Apprise does not know."""
    made: list[Channel] = [FileChannel(settings.file)] if settings.file else []
    if settings.channels:
        _check(settings.channels)
    return (*made, *map(AppriseChannel, settings.channels))


def _check(addresses: Sequence[str]) -> None:
    try:
        from apprise import Apprise
    except ImportError:
        raise UsageError(
            "Channels need Apprise.",
            hint="Install Makegood with its extra keeper, as docs/operations/deploy.md says.",
        ) from None
    for number, address in enumerate(addresses, 1):
        if not Apprise().add(address):
            raise UsageError(
                f"Address {number} of [keeper.warn] channels is none that Apprise knows.",
                hint="Such as mailtos://USER:PASSWORD@HOST?to=ADDRESS, tgram://…, wecombot://…, slack://…",
            )
