# SPDX-License-Identifier: Apache-2.0
"""Logs: one JSON object a line, without addresses of people and without secrets."""

import io
import json
import logging
import warnings
from collections.abc import Iterator
from typing import Any

import pytest

from makegood import logs
from makegood.logs import fields


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    made = io.StringIO()
    logs.configure(stream=made, secrets=("hunter2",))
    yield made
    logging.captureWarnings(capture=False)
    root.handlers[:] = handlers
    root.setLevel(level)


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_record_is_one_object(stream: io.StringIO) -> None:
    logging.getLogger("makegood.x").info("claimed", extra=fields(ticket="0x12", nonce=3, whole=True))
    (line,) = lines(stream)
    assert (line["level"], line["from"], line["says"]) == ("info", "makegood.x", "claimed")
    assert (line["ticket"], line["nonce"], line["whole"]) == ("0x12", 3, True)


def test_a_warning_of_python_is_a_line_too(stream: io.StringIO) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=False)
        logs.configure(stream=stream)
        warnings.warn("that is odd, jane@mail.example", RuntimeWarning, stacklevel=1)
    (line,) = lines(stream)
    assert (line["level"], line["from"]) == ("warning", "py.warnings")
    assert "RuntimeWarning: that is odd" in line["says"]
    assert "jane" not in line["says"]


def test_addresses_and_secrets_are_hidden(stream: io.StringIO) -> None:
    logging.getLogger("x").warning("from jane.doe@mail.example", extra=fields(url="https://u:hunter2@h/"))
    text = stream.getvalue()
    assert "jane" not in text
    assert "hunter2" not in text


def test_an_error_tells_where_and_no_more(stream: io.StringIO) -> None:
    try:
        raise ValueError("bad\nthing of me@mail.example")
    except ValueError:
        logging.getLogger("x").exception("failed")
    (line,) = lines(stream)
    assert line["error"].startswith("ValueError: bad\nthing of")
    assert "mail.example" not in stream.getvalue()
