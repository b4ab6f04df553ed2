# SPDX-License-Identifier: Apache-2.0
"""The bridge's numbers in the text format of Prometheus."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_KINDS = ("delivery", "message", "event", "return")


def lines(
    counts: Mapping[tuple[str, str], int],
    overdue: Mapping[str, int],
    answers: Mapping[tuple[str, int], int],
    stored: int,
    repeated: int,
) -> Iterator[str]:
    """All of them: what waits, since when, and what is dead of each kind; what this process answered and
    stored.
    """
    for name, states, about in (
        # What is tried again, since an API did not take it, waits too.
        ("waiting", ("waiting", "sending"), "What has not been worked on yet."),
        ("dead", ("dead",), "What waits for somebody."),
    ):
        samples = [
            (f'kind="{kind}"', sum(counts.get((kind, state), 0) for state in states)) for kind in _KINDS
        ]
        yield from _metric(f"makegood_bridge_{name}", "gauge", about, samples)
    waited = [(f'kind="{kind}"', seconds) for kind, seconds in overdue.items()]
    yield from _metric(
        "makegood_bridge_overdue_seconds", "gauge", "How long the first could have been worked on.", waited
    )
    told = [
        (f'helpdesk="{name}",status="{status}"', count) for (name, status), count in sorted(answers.items())
    ]
    yield from _metric(
        "makegood_bridge_answers_total", "counter", "Deliveries by how they were answered.", told
    )
    yield from _metric("makegood_bridge_stored_total", "counter", "Deliveries stored.", [("", stored)])
    yield from _metric(
        "makegood_bridge_repeated_total", "counter", "Deliveries that were there already.", [("", repeated)]
    )


def _metric(name: str, kind: str, about: str, samples: Iterable[tuple[str, int]]) -> Iterator[str]:
    yield f"# HELP {name} {about}"
    yield f"# TYPE {name} {kind}"
    for labels, value in samples:
        yield f"{name}{{{labels}}} {value}" if labels else f"{name} {value}"
