# SPDX-License-Identifier: Apache-2.0
"""The gas of every function, as tests/golden/gas_*.py play it in process.

They set up desks as the tests do, so their folder and that of the tests' support are put on the path.
"""

import importlib
import sys
import warnings
from collections.abc import Mapping
from typing import Any

from checks.golden.build import PROJECT, artifacts
from makegood.errors import MakegoodError

Rows = Mapping[str, Mapping[str, Mapping[str, int]]]
"""Gas by contract, function with the names of its arguments, and case."""

_FOLDERS = ("golden", "support")


def measured() -> dict[str, str]:
    """A line for each case of each function of a contract, in the order of its ABI."""
    put_on_path()
    with warnings.catch_warnings():
        # Of a proxy and its implementation: a desk's panel is one.
        warnings.filterwarnings("ignore", "casted bytecode does not match compiled bytecode")
        played: Rows = importlib.import_module("gas_played").play()
    return texts(played, {name: each.abi for name, each in artifacts().items()})


def put_on_path() -> None:
    """Make what plays the functions importable."""
    for folder in _FOLDERS:
        path = str(PROJECT / "tests" / folder)
        if path not in sys.path:
            sys.path.append(path)


def texts(rows: Rows, abis: Mapping[str, tuple[Mapping[str, Any], ...]]) -> dict[str, str]:
    """The text of each contract. Raises MakegoodError where a function was not played."""
    found = {}
    for name, abi in abis.items():
        lines = []
        for function in map(named, filter(_is_function, abi)):
            cases = rows.get(name, {}).get(function)
            if not cases:
                raise MakegoodError(
                    f"No gas was measured of {function} of {name}.",
                    hint="Play it in tests/golden/gas_*.py.",
                )
            lines += [f"{gas:8}  {function}{f': {case}' if case else ''}\n" for case, gas in cases.items()]
        found[name] = "".join(lines)
    return found


def named(function: Mapping[str, Any]) -> str:
    """A function by its name and those of its arguments."""
    return f"{function['name']}({', '.join(field['name'] for field in function['inputs'])})"


def _is_function(entry: Mapping[str, Any]) -> bool:
    return bool(entry["type"] == "function")
