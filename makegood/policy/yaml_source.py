# SPDX-License-Identifier: Apache-2.0
"""A YAML text read with the lines of its keys, and refused with them."""

import re
from collections.abc import Callable
from decimal import Decimal
from difflib import get_close_matches
from typing import NoReturn, TypeVar

import yaml

from makegood.errors import PolicyError, UsageError
from makegood.policy.duration import parse_duration
from makegood.policy.money import parse_amount

_DEPTH_MAX = 8
_KEY_MAX = 50
_TEXT_MAX = 1_000

_SEE_EXAMPLE = "See examples/policy.yaml for the form."

_YAML_KINDS = {
    "int": "number",
    "bool": "yes or no",
    "timestamp": "date",
    "value": "default",
    "merge": "merge",
}

_Value = TypeVar("_Value")


def line_of(part: yaml.Event | yaml.Node) -> int:
    """The line, from 1, in which a part begins."""
    return part.start_mark.line + 1 if part.start_mark else 1


class YamlSource:
    """A policy file as YAML nodes, which know their lines, and the values that may stand in it."""

    def __init__(self, source: str | None) -> None:
        self.source = source
        self.lines: dict[str, int] = {}

    def refuse(self, line: int, fact: str, hint: str | None) -> NoReturn:
        """Raises PolicyError with the line."""
        raise PolicyError(fact, hint=hint, line=line, source=self.source) from None

    def compose(self, text: str) -> yaml.Node:
        """The one document of the text. Raises PolicyError for anything else, and for what could swell it."""
        try:
            self._check_events(text)
            root = yaml.compose(text, Loader=yaml.SafeLoader)
        except yaml.reader.ReaderError as error:
            line = text.count("\n", 0, int(error.position)) + 1
            self.refuse(line, "The file has a character that YAML does not take.", "Take it out.")
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line = mark.line + 1 if mark else 1
            begun = error.context_mark.line + 1 if error.context_mark else line
            where = f" in what begins in line {begun}" if begun != line else ""
            self.refuse(line, f"The file is not YAML: {error.problem}{where}.", _SEE_EXAMPLE)
        if root is None:
            self.refuse(1, "The file is empty.", _SEE_EXAMPLE)
        return root

    def _check_events(self, text: str) -> None:
        # Before anything is built of the file: aliases could multiply it, nesting could exhaust the stack.
        depth = documents = 0
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            line = line_of(event)
            if getattr(event, "anchor", None) is not None:
                self.refuse(line, "Anchors and aliases are not taken.", "Write the value out.")
            tag = getattr(event, "tag", None)
            if tag is not None:
                self.refuse(line, f'The tag "{tag}" is not taken.', "Take it out.")
            documents += isinstance(event, yaml.DocumentStartEvent)
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > _DEPTH_MAX:
                self.refuse(line, "The file is nested too deeply.", _SEE_EXAMPLE)
            if documents > 1:
                self.refuse(line, "A second document begins here.", "Write one policy a file.")

    def mapping(self, node: yaml.Node, key: str) -> dict[str, tuple[yaml.Node, yaml.Node]]:
        """Each key of a mapping with its two nodes; `key` is the mapping's own."""
        line = line_of(node)
        title = key or "A policy"
        if not isinstance(node, yaml.MappingNode):
            self.refuse(line, f"{title} is not a list of keys and values.", _SEE_EXAMPLE)
        members: dict[str, tuple[yaml.Node, yaml.Node]] = {}
        for key_node, value_node in node.value:
            at = line_of(key_node)
            name = key_node.value if key_node.tag == "tag:yaml.org,2002:str" else ""
            if not 0 < len(name) <= _KEY_MAX or not name.isprintable():
                self.refuse(at, f"{title} has a key that is no word.", _SEE_EXAMPLE)
            if name in members:
                first = line_of(members[name][0])
                self.refuse(at, f'{title} has "{name}" twice, first in line {first}.', "Keep one of them.")
            members[name] = (key_node, value_node)
            self.lines[f"{key}.{name}" if key else name] = at
        return members

    def section(
        self, node: yaml.Node, key: str, required: tuple[str, ...], optional: tuple[str, ...] = ()
    ) -> dict[str, yaml.Node]:
        """The values of a mapping, in the order of `required` and `optional`, which are all it may hold."""
        members = self.mapping(node, key)
        known = required + optional
        title = key or "A policy"
        for name, (key_node, _) in members.items():
            if name not in known:
                near = get_close_matches(name, known, n=1)
                hint = f'Did you mean "{near[0]}"?' if near else f"It has {', '.join(known)}."
                self.refuse(line_of(key_node), f'{title} has no "{name}".', hint)
        for name in required:
            if name not in members:
                self.refuse(line_of(node), f'{title} lacks "{name}".', f"It needs {', '.join(required)}.")
        return {name: members[name][1] for name in known if name in members}

    def scalar(self, node: yaml.Node, key: str, *kinds: str) -> str:
        """The text of a single value that YAML reads as a string, or as one of the further `kinds`."""
        line = line_of(node)
        if not isinstance(node, yaml.ScalarNode):
            self.refuse(line, f"{key} is not a single value.", _SEE_EXAMPLE)
        # An error repeats the value to the reader, who may sit at a terminal.
        if len(node.value) > _TEXT_MAX or not node.value.isprintable():
            self.refuse(
                line, f"{key} is too long or has a character that cannot be printed.", "Write it anew."
            )
        kind = node.tag.rpartition(":")[2]
        if kind == "null":
            self.refuse(line, f"{key} is empty.", "Give a value, or take the key out where it is optional.")
        if kind not in ("str", *kinds):
            fact = (
                "which YAML reads with rounding"
                if kind == "float"
                else f"which YAML reads as a {_YAML_KINDS[kind]}"
            )
            self.refuse(line, f"{key} is {node.value}, {fact}.", f'Write it in quotes: "{node.value}".')
        return str(node.value)

    def value(self, node: yaml.Node, key: str, parser: Callable[[str], _Value], *kinds: str) -> _Value:
        """What `parser` makes of a single value; its refusal gets the line."""
        text = self.scalar(node, key, *kinds)
        try:
            return parser(text)
        except UsageError as error:
            self.refuse(line_of(node), f"{key}: {error.message}", error.hint)

    def amount(self, node: yaml.Node, key: str) -> Decimal:
        """An amount of whole units of the asset."""
        return self.value(node, key, _parse_amount, "int")

    def duration(self, node: yaml.Node, key: str, *, days: bool) -> int:
        """Seconds of a duration, which may count days where `days` is set."""
        return self.value(node, key, lambda text: parse_duration(text, days=days), "int", "float")


def _parse_amount(text: str) -> Decimal:
    # Unquoted, YAML 1.1 reads 010 as eight.
    if re.match(r"0[0-9]", text):
        raise UsageError(f'The amount "{text}" begins with a zero.', hint="Take the leading zeros out.")
    return parse_amount(text)
