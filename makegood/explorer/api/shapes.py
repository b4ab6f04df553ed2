# SPDX-License-Identifier: Apache-2.0
"""How a view is written as JSON: its schema and its writer, both made of the same annotations.

So the OpenAPI document cannot tell other fields than an answer has. What pages only need for drawing is left
out.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from inspect import cleandoc
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from makegood.explorer import charts
from makegood.explorer.languages import Language, iso
from makegood.explorer.phrases import (
    Code,
    Hex,
    Link,
    Listed,
    Moment,
    Money,
    Number,
    OpenTime,
    Part,
    Percent,
    Relative,
    Sentence,
    Span,
    Units,
)
from makegood.indexer import standing

Schema = Mapping[str, Any]
Encode = Callable[[Any, Language], Any]

_NAMES: Mapping[type, str] = {standing.Money: "Books"}
_DRAWN: Mapping[type, frozenset[str]] = {
    charts.Piece: frozenset({"start", "length"}),
    charts.Column: frozenset({"start", "width", "kept_height", "breached_height"}),
}
_HERE = {"Sentence": Sentence, "Listed": Listed}


class _Holder:
    part: Part


# As it is in the hints of a view, where names are resolved.
_PART = get_type_hints(_Holder, localns=_HERE)["part"]


@dataclass(frozen=True, slots=True)
class Shape:
    """Of one kind of value."""

    schema: Schema
    encode: Encode


def _same(value: Any, _: Language) -> Any:
    return value


def _text(value: Any, said: Language) -> str:
    return said.text(value)


def _object(properties: Mapping[str, Schema], about: str) -> dict[str, Any]:
    return {
        "type": "object",
        "description": about,
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }


STRING = Shape({"type": "string"}, _same)
INTEGER = Shape({"type": "integer"}, _same)
SENTENCE = Shape({"type": "string", "description": "In words, in the language that was asked for."}, _text)
UNITS = Shape(
    {
        "type": "string",
        "pattern": "^-?[0-9]+$",
        "description": "In the asset's smallest units, in decimal: too large for many a reader of numbers.",
    },
    lambda value, _: str(value),
)
_SAID = _object({"seconds": INTEGER.schema, "text": STRING.schema}, "")

_PLAIN: Mapping[Any, Shape] = {
    str: STRING,
    int: INTEGER,
    float: Shape({"type": "number"}, _same),
    bool: Shape({"type": "boolean"}, _same),
    type(None): Shape({"type": "null"}, _same),
    Sentence: SENTENCE,
    Listed: SENTENCE,
    Code: SENTENCE,
    Hex: Shape({"type": "string", "pattern": "^0x"}, lambda value, _: value.value),
    Number: Shape({"type": "integer"}, lambda value, _: value.value),
}

# Of each: what it is, its fields, and how they are written.
_WORTH_A_NAME: Mapping[Any, tuple[str, Mapping[str, Schema], Encode]] = {
    Moment: (
        "A time of the chain: in seconds since 1970, and in UTC, null after the year 9999.",
        {"unix": INTEGER.schema, "utc": {"type": ["string", "null"], "format": "date-time"}},
        lambda value, _: {"unix": value.at, "utc": iso(value.at) or None},
    ),
    Relative: (
        "How many seconds after now; negative where it was before.",
        _SAID["properties"],
        lambda value, said: {"seconds": value.at - value.now, "text": said.text(value)},
    ),
    Span: (
        "A length of time.",
        _SAID["properties"],
        lambda value, said: {"seconds": value.seconds, "text": said.text(value)},
    ),
    OpenTime: (
        "A length of the policy's opening time.",
        _SAID["properties"],
        lambda value, said: {"seconds": value.seconds, "text": said.text(value)},
    ),
    Money: (
        "An amount of the desk's asset. What a token calls itself proves nothing: anyone can choose it.",
        {"units": UNITS.schema, "symbol": STRING.schema, "decimals": INTEGER.schema, "text": STRING.schema},
        lambda value, said: {
            "units": str(value.units),
            "symbol": value.token.symbol,
            "decimals": value.token.decimals,
            "text": said.text(value),
        },
    ),
    Percent: (
        "A share.",
        {"part": INTEGER.schema, "whole": INTEGER.schema, "text": STRING.schema},
        lambda value, said: {"part": value.part, "whole": value.whole, "text": said.text(value)},
    ),
    Link: (
        "A thing with a page. The path is the page's after /en or /zh, and the API's after /api/v1.",
        {"label": STRING.schema, "path": STRING.schema},
        lambda value, said: {"label": said.text(value.label), "path": value.path},
    ),
}


class Shapes:
    """The shapes of annotations; what has a name is kept once, in `schemas`."""

    def __init__(self) -> None:
        self.schemas: dict[str, Schema] = {}
        self._known: dict[Any, Shape] = dict(_PLAIN)

    def of(self, annotation: Any) -> Shape:
        """Raises TypeError for what no view holds."""
        try:
            found = self._known.get(annotation)
        except TypeError:
            found = None
        if found is None:
            found = self._made(annotation)
            self._known[annotation] = found
        return found

    def _made(self, annotation: Any) -> Shape:
        if annotation == Units:
            return UNITS
        if annotation == _PART:
            return self._part()
        if annotation in _WORTH_A_NAME:
            about, properties, encode = _WORTH_A_NAME[annotation]
            return self._named(annotation, _object(properties, about), encode)
        origin, inner = get_origin(annotation), get_args(annotation)
        if origin is Annotated:
            return self.of(inner[0])
        if origin in (Union, types.UnionType):
            return self._maybe(inner)
        if origin is list or (origin is tuple and inner[1:] == (Ellipsis,)):
            return self._several(self.of(inner[0]))
        if origin is tuple and len(inner) == 2:
            return self._pair(self.of(inner[0]), self.of(inner[1]))
        if isinstance(annotation, type) and is_dataclass(annotation):
            return self._fields(annotation)
        raise TypeError(f"{annotation} is in no schema")

    def _named(self, kind: type, schema: Schema, encode: Encode) -> Shape:
        name = _NAMES.get(kind, kind.__name__)
        if name in self.schemas:
            raise TypeError(f"two things are called {name}")
        self.schemas[name] = schema
        return Shape({"$ref": f"#/components/schemas/{name}"}, encode)

    def _maybe(self, inner: tuple[Any, ...]) -> Shape:
        kinds = [each for each in inner if each is not type(None)]
        if len(kinds) != 1:
            raise TypeError(f"{inner} is in no schema")
        shape = self.of(kinds[0])
        encode = shape.encode
        return Shape(
            {"anyOf": [shape.schema, {"type": "null"}]},
            lambda value, said: None if value is None else encode(value, said),
        )

    def _several(self, shape: Shape) -> Shape:
        encode = shape.encode
        return Shape(
            {"type": "array", "items": shape.schema},
            lambda value, said: [encode(each, said) for each in value],
        )

    def _pair(self, name: Shape, value: Shape) -> Shape:
        schema = _object({"name": name.schema, "value": value.schema}, "")
        return Shape(
            schema,
            lambda pair, said: {"name": name.encode(pair[0], said), "value": value.encode(pair[1], said)},
        )

    def _part(self) -> Shape:
        """Any phrase: written as what it is."""
        kinds = {each: self.of(each) for each in get_args(_PART)}
        schemas = list({str(shape.schema): shape.schema for shape in kinds.values()}.values())
        self.schemas["Part"] = {"description": "A value of any kind.", "anyOf": schemas}
        return Shape(
            {"$ref": "#/components/schemas/Part"}, lambda value, said: kinds[type(value)].encode(value, said)
        )

    def _fields(self, kind: type) -> Shape:
        hints = get_type_hints(kind, localns=_HERE, include_extras=True)
        drawn = _DRAWN.get(kind, frozenset())
        units = kind is standing.Money
        shapes = {
            each.name: UNITS if units else self.of(hints[each.name])
            for each in fields(kind)
            if each.name not in drawn
        }
        about = cleandoc(kind.__doc__ or "").replace("\n", " ")
        schema = _object({name: shape.schema for name, shape in shapes.items()}, about)
        writers = [(name, shape.encode) for name, shape in shapes.items()]

        def encode(value: Any, said: Language) -> dict[str, Any]:
            return {name: write(getattr(value, name), said) for name, write in writers}

        return self._named(kind, schema, encode)
