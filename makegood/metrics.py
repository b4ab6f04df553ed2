# SPDX-License-Identifier: Apache-2.0
"""The text format of Prometheus."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

Labels = Mapping[str, object]
Sample = tuple[Labels, float]


def metric(name: str, kind: str, about: str, samples: Iterable[Sample]) -> Iterator[str]:
    """The lines of one metric, with what it is; `kind` is gauge or counter."""
    yield f"# HELP {name} {about}"
    yield f"# TYPE {name} {kind}"
    for labels, value in samples:
        shown = ",".join(f'{label}="{_escaped(str(text))}"' for label, text in labels.items())
        number = repr(int(value)) if float(value).is_integer() and abs(value) < 2**53 else repr(float(value))
        yield f"{name}{{{shown}}} {number}" if shown else f"{name} {number}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
