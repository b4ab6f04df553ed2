# SPDX-License-Identifier: Apache-2.0
"""The policy file that an operator writes, read into a policy."""

import re
from decimal import Decimal
from functools import partial
from pathlib import Path

import yaml

from makegood.clock import Priority
from makegood.errors import NotFound, PolicyError, UsageError
from makegood.policy.hours import parse_days, parse_hours
from makegood.policy.policy import Policy
from makegood.policy.section import (
    KINDS,
    NO_INCIDENT,
    NO_TERMS,
    Bonds,
    Compensation,
    Incident,
    Targets,
    Terms,
    Windows,
)
from makegood.policy.share import parse_share
from makegood.policy.yaml_source import YamlSource

_DEFAULT_BOND_SHARE = 500
_FILE_BYTES_MAX = 65_536


def read(path: str | Path) -> Policy:
    """The policy in a YAML file. Raises NotFound for no file, PolicyError with the line for no policy."""
    source = str(path)
    try:
        content = Path(path).read_bytes()
    except FileNotFoundError:
        raise NotFound(f"There is no file {source}.", hint="Check the path of the policy.") from None
    except OSError as error:
        raise PolicyError(f"The file cannot be read: {error.strerror}.", source=source) from None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise PolicyError(
            "The file is not UTF-8 text.", hint="Save it as UTF-8.", line=line, source=source
        ) from None
    return parse(text, source)


def parse(text: str, source: str | None = None) -> Policy:
    """The policy in a YAML text. Raises PolicyError with the line; `source` is what it calls the text."""
    if len(text) > _FILE_BYTES_MAX:
        raise PolicyError(
            "The text is too long for a policy.", hint="A policy has at most 64 KiB.", source=source
        )
    file = YamlSource(source)
    root = file.compose(text)
    keys = file.section(
        root, "", ("name", "hours", "targets", "windows"), ("incident", "bonds", "fee", "terms")
    )
    rows = file.section(keys["targets"], "targets", tuple(priority.label for priority in Priority))
    urgent, high, normal, low = (_read_targets(file, rows[label], f"targets.{label}") for label in rows)
    fee = file.amount(keys["fee"], "fee") if "fee" in keys else Decimal(0)
    return Policy(
        name=file.value(keys["name"], "name", _parse_name),
        hours=_read_hours(file, keys["hours"]),
        targets=(urgent, high, normal, low),
        windows=_read_windows(file, keys["windows"]),
        incident=_read_incident(file, keys["incident"]) if "incident" in keys else NO_INCIDENT,
        bonds=_read_bonds(file, keys["bonds"], fee) if "bonds" in keys else Bonds(contest=fee),
        fee=fee,
        terms=_read_terms(file, keys["terms"]) if "terms" in keys else NO_TERMS,
        source=source,
        lines=file.lines,
    )


def _parse_name(text: str) -> str:
    if not text.strip() or text != text.strip():
        raise UsageError("The name is empty or begins or ends with a space.", hint="Write the policy's name.")
    return text


def _parse_uri(text: str) -> str:
    # RFC 3986 section 3.1 for the scheme; the rest is any printable character but a space.
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*:[!-~]+", text):
        raise UsageError(f'"{text}" is no URI.', hint="Write such as https://example.org/terms.html.")
    return text


def _parse_sha256(text: str) -> bytes:
    if not re.fullmatch(r"(0x)?[0-9A-Fa-f]{64}", text):
        raise UsageError(
            "A SHA-256 is 64 hex digits.", hint="Take it from sha256sum over what stands at the URI."
        )
    return bytes.fromhex(text.removeprefix("0x"))


def _read_hours(file: YamlSource, node: yaml.Node) -> int:
    if not isinstance(node, yaml.MappingNode):
        return file.value(node, "hours", parse_hours, "int")
    mask = 0
    for days, (_, spans) in file.mapping(node, "hours").items():
        mask |= file.value(spans, f"hours.{days}", partial(parse_days, days, taken=mask), "int")
    return mask


def _read_targets(file: YamlSource, node: yaml.Node, key: str) -> Targets:
    values = file.section(node, key, (*KINDS, "compensation"))
    inner = f"{key}.compensation"
    amounts = file.section(values["compensation"], inner, KINDS)
    compensation = Compensation(*(file.amount(amounts[kind], f"{inner}.{kind}") for kind in KINDS))
    first_reply, next_reply, resolution = (
        file.duration(values[kind], f"{key}.{kind}", days=False) for kind in KINDS
    )
    return Targets(first_reply, next_reply, resolution, compensation)


def _read_windows(file: YamlSource, node: yaml.Node) -> Windows:
    values = file.section(node, "windows", tuple(Windows.__dataclass_fields__))
    return Windows(**{name: file.duration(values[name], f"windows.{name}", days=True) for name in values})


def _read_incident(file: YamlSource, node: yaml.Node) -> Incident:
    values = file.section(node, "incident", ("cap",), ("bond_share",))
    share = _DEFAULT_BOND_SHARE
    if "bond_share" in values:
        share = file.value(values["bond_share"], "incident.bond_share", parse_share, "int", "float")
    return Incident(file.amount(values["cap"], "incident.cap"), share)


def _read_bonds(file: YamlSource, node: yaml.Node, fee: Decimal) -> Bonds:
    values = file.section(node, "bonds", (), ("contest", "prove"))
    contest = file.amount(values["contest"], "bonds.contest") if "contest" in values else fee
    return Bonds(contest, file.amount(values["prove"], "bonds.prove") if "prove" in values else Decimal(0))


def _read_terms(file: YamlSource, node: yaml.Node) -> Terms:
    values = file.section(node, "terms", ("uri",), ("sha256",))
    uri = file.value(values["uri"], "terms.uri", _parse_uri)
    return Terms(
        uri,
        file.value(values["sha256"], "terms.sha256", _parse_sha256, "int")
        if "sha256" in values
        else bytes(32),
    )
