# SPDX-License-Identifier: Apache-2.0
"""The services' logs: one JSON object a line. Nothing that looks like an e-mail address ever gets in."""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TextIO

_ADDRESS = re.compile(r"[^\s<>\"'@/:]+@[^\s<>\"'@/:]+\.[^\s<>\"'@/:]+")
_HIDDEN = "…"
_LONGEST = 2_000  # characters of a value


def configure(
    *,
    level: int = logging.INFO,
    stream: TextIO | None = None,
    secrets: tuple[str, ...] = (),
    service: str = "",
) -> None:
    """Send the logs of the process to `stream`, else to stderr; `secrets` never stand in them.

    Where several services share a log, each line says which `service` it is of.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines(secrets, service))
    root = logging.getLogger()
    for each in list(root.handlers):
        root.removeHandler(each)
    root.addHandler(handler)
    root.setLevel(level)
    logging.captureWarnings(capture=True)
    # Of others only what goes wrong: what they say of requests may hold addresses and keys.
    for name in ("urllib3", "web3", "apprise", "alembic", "asyncio"):
        logging.getLogger(name).setLevel(logging.WARNING)


def fields(**given: Any) -> Mapping[str, Any]:
    """What a line tells beside its sentence: `log.info("claimed", extra=fields(ticket=...))`."""
    return {"fields": given}


class JsonLines(logging.Formatter):
    """A record as one line of JSON: at, level, from, says, then its fields."""

    def __init__(self, secrets: tuple[str, ...] = (), service: str = "") -> None:
        super().__init__()
        self._service = {"service": service} if service else {}
        self._secrets = tuple(sorted((each for each in secrets if each), key=len, reverse=True))

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            **self._service,
            "from": record.name,
            "says": self._clean(record.getMessage()),
        }
        for name, value in getattr(record, "fields", {}).items():
            line[name] = value if isinstance(value, bool | int | float | None) else self._clean(str(value))
        if record.exc_info and record.exc_info[1] is not None:
            error = record.exc_info[1]
            line["error"] = self._clean(f"{type(error).__name__}: {error}")
            line["where"] = _where(error)
        return json.dumps(line, ensure_ascii=False)

    def _clean(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, _HIDDEN)
        return _ADDRESS.sub(_HIDDEN, text)[:_LONGEST]


def _where(error: BaseException) -> str:
    # The place only: a traceback shows source lines and the values in messages.
    trace, found = error.__traceback__, ""
    while trace is not None:
        module = trace.tb_frame.f_globals.get("__name__", "")
        if str(module).startswith("makegood"):
            found = f"{module}:{trace.tb_lineno}"
        trace = trace.tb_next
    return found
