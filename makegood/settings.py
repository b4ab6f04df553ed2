# SPDX-License-Identifier: Apache-2.0
"""The services' one settings file: TOML with a section for each. Of secrets it only says where they are."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

from eth_utils.address import (
    is_address,
    is_checksum_address,
    is_checksum_formatted_address,
    to_checksum_address,
)

from makegood.errors import NotFound, UsageError

SECTIONS = ("chain", "database", "index", "bridge", "keeper", "explorer")
"""What the file may have."""

_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_SPAN = re.compile(r"(\d+)([smhd])")
_MOST = 10**9
"""Of a number that may have a fraction: more than a process can wait, or anybody pays."""
_MISSING: Any = object()


@dataclass(frozen=True)
class ChainSettings:
    """Where the desk is. `rpc` may hold a secret: it is taken from the file or an environment variable."""

    rpc: str = field(repr=False)
    chain_id: int
    desk: str


@dataclass(frozen=True)
class Settings:
    """The file: what all services share, and the sections that each service reads by itself."""

    path: Path
    chain: ChainSettings
    database: str = field(repr=False)
    index: str = field(repr=False)
    sections: Mapping[str, Mapping[str, Any]] = field(repr=False)

    def section(self, name: str) -> Mapping[str, Any]:
        """A service's own section; empty where the file has none."""
        return self.sections.get(name, {})

    def table(self, name: str) -> Table:
        """The same, to be read key by key; paths in it start at the file's folder."""
        return Table(self.section(name), name, self.path.parent)


def load(path: Path) -> Settings:
    """Read a settings file.

    Raises NotFound where it is not there, and UsageError with section and key for the first thing in it that
    cannot be used.
    """
    try:
        found = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise NotFound(
            f"There is no settings file {path}.", hint="Write one as docs/services.md shows."
        ) from None
    except OSError as error:
        raise UsageError(f"The settings file {path} cannot be read: {error.strerror}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"The settings file {path} is no TOML: {error}.") from None
    return from_mapping(found, path)


def from_mapping(found: Mapping[str, Any], path: Path) -> Settings:
    """The same from what was parsed."""
    for name, value in found.items():
        if name not in SECTIONS:
            raise UsageError(
                f"{path}: there is no section [{name}].", hint=f"Use one of {', '.join(SECTIONS)}."
            )
        if not isinstance(value, Mapping):
            raise UsageError(f"{path}: {name} is no section.", hint=f"Write [{name}] on a line of its own.")
    folder = path.parent
    chain = Table(found.get("chain", {}), "chain", folder)
    where = ChainSettings(chain.secret("rpc"), chain.integer("chain_id", least=1), chain.address("desk"))
    chain.done()
    database = Table(found.get("database", {}), "database", folder)
    shared = database.secret("url", f"sqlite:///{folder / 'makegood.sqlite'}")
    database.done()
    index = Table(found.get("index", {}), "index", folder)
    return Settings(path, where, shared, index.secret("url", f"sqlite:///{folder / 'index.sqlite'}"), found)


class Table:
    """A section, read key by key; `done` refuses what nobody asked for."""

    def __init__(self, values: Mapping[str, Any], name: str, folder: Path = Path()) -> None:
        self._values = values
        self._name = name
        self._folder = folder
        self._asked: set[str] = set()

    def text(self, key: str, default: str = _MISSING, *, among: tuple[str, ...] = ()) -> str:
        """A text that is not empty, where wanted `among` some."""
        value = self._value(key, default)
        if not isinstance(value, str) or (not value and value is not default):
            self.refuse(key, "is no text", 'Write it in quotes: key = "…".')
        if among and value not in among:
            self.refuse(key, f"is none of {', '.join(among)}")
        return str(value)

    def texts(self, key: str, default: tuple[str, ...] = _MISSING) -> tuple[str, ...]:
        """A list of texts."""
        value = self._value(key, default)
        if value is not default and not (
            isinstance(value, list) and all(isinstance(each, str) for each in value)
        ):
            self.refuse(key, "is no list of texts", 'Write ["one", "other"].')
        return tuple(value)

    def integer(self, key: str, default: int = _MISSING, *, least: int = 0, most: int = 2**63 - 1) -> int:
        """A whole number."""
        value = self._value(key, default)
        if type(value) is not int or not least <= value <= most:
            self.refuse(
                key, f"is no whole number from {least:,}" + (f" to {most:,}" if most < 2**63 - 1 else "")
            )
        return int(value)

    def number(self, key: str, default: float = _MISSING, *, least: float = 0) -> float:
        """A number."""
        value = self._value(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= _MOST:
            self.refuse(key, f"is no number from {least:g} to {_MOST:,}")
        return float(value)

    def flag(self, key: str, default: bool = _MISSING) -> bool:
        """True or false."""
        value = self._value(key, default)
        if not isinstance(value, bool):
            self.refuse(key, "is neither true nor false")
        return value

    def seconds(self, key: str, default: int = _MISSING) -> int:
        """A time such as "90s", "15m", "2h", "1d" or "1h30m", in seconds."""
        return self._span(key, self._value(key, default))

    def spans(self, key: str, default: tuple[int, ...] = _MISSING) -> tuple[int, ...]:
        """Several times, in seconds."""
        value = self._value(key, default)
        if value is default:
            return tuple(value)
        if not isinstance(value, list):
            self.refuse(key, "is no list of times", 'Write ["2h", "30m"].')
        return tuple(self._span(key, each) for each in value)

    def path(self, key: str, default: Path | None = _MISSING) -> Path | None:
        """A path; one that does not begin with / starts at the folder of the settings file."""
        value = self._value(key, default)
        if value is default:
            return None if default is None else Path(default)
        if not isinstance(value, str) or not value or "\0" in value:
            self.refuse(key, "is no path", 'Write it in quotes: key = "…".')
        try:
            return self._folder / Path(value).expanduser()
        except RuntimeError:
            self.refuse(key, f"is {value}, in the home of a user who is not here")

    def address(self, key: str) -> str:
        """An address on a chain, checksummed."""
        return self._checksummed(key, self.text(key), "is")

    def addresses(self, key: str) -> tuple[str, ...]:
        """Several of them; none where the key is not there."""
        return tuple(self._checksummed(key, each, f'has "{each}", which is') for each in self.texts(key, ()))

    def url(self, key: str) -> str:
        """The address of a web server without a slash at its end; empty where the key is not there."""
        text = self.text(key, "")
        if text and not is_web_address(text):
            self.refuse(key, "is no http or https address", 'Write one such as "https://desk.example".')
        return text.rstrip("/")

    def secret(self, key: str, default: str = _MISSING) -> str:
        """A text from `key`, from the file that `key_file` names, or the variable that `key_env` names."""
        given = [name for name in (key, f"{key}_file", f"{key}_env") if name in self._values]
        if len(given) > 1:
            self.refuse(given[0], f"stands beside {given[1]}", "Give one of them.")
        if not given or given == [key]:
            return self.text(key, default)
        if given == [f"{key}_env"]:
            name = self.text(f"{key}_env")
            if not os.environ.get(name):
                self.refuse(f"{key}_env", f"names the environment variable {name}, which is not set")
            return os.environ[name]
        path = self.path(f"{key}_file")
        assert path is not None  # noqa: S101
        try:
            return path.read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError):
            self.refuse(f"{key}_file", f"names {path}, which cannot be read")

    def inner(self, key: str) -> Table:
        """A table within the section; empty where there is none."""
        value = self._value(key, {})
        if not isinstance(value, Mapping):
            self.refuse(key, "is no table", f"Write [{self._name}.{key}].")
        return Table(value, f"{self._name}.{key}", self._folder)

    def done(self) -> None:
        """Raise UsageError for a key that nobody asked for."""
        for key in self._values:
            if key not in self._asked:
                raise UsageError(
                    f"[{self._name}] {key} is not known.",
                    hint=f"Use one of {', '.join(sorted(self._asked))}.",
                )

    def refuse(self, key: str, why: str, hint: str | None = None) -> NoReturn:
        """Raise UsageError for the value of a key."""
        raise UsageError(f"[{self._name}] {key} {why}.", hint=hint)

    def _value(self, key: str, default: Any) -> Any:
        self._asked.add(key)
        if key in self._values:
            return self._values[key]
        if default is _MISSING:
            self.refuse(key, "is missing")
        return default

    def _checksummed(self, key: str, value: str, says: str) -> str:
        if not is_address(value) or (is_checksum_formatted_address(value) and not is_checksum_address(value)):
            self.refuse(key, f"{says} no address", "Give 0x and 40 hexadecimal digits.")
        return str(to_checksum_address(value))

    def _span(self, key: str, value: Any) -> int:
        if type(value) is int and value >= 0:
            return value
        parts = _SPAN.findall(value) if isinstance(value, str) else []
        if not parts or "".join(map("".join, parts)) != value:
            self.refuse(key, "is no time", 'Write "90s", "15m", "2h", "1d" or "1h30m".')
        return sum(int(count) * _UNITS[unit] for count, unit in parts)


def is_web_address(text: str) -> bool:
    """Whether it is the address of a web server, to which a path can be added."""
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.query + parts.fragment
    except ValueError:
        return False
