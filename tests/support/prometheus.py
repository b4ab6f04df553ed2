# SPDX-License-Identifier: Apache-2.0
"""The text format of Prometheus, read as strictly as it is read there."""

import re

SAMPLE = re.compile(
    r'([a-z_]+)(?:\{((?:[a-z]+="(?:[^"\\\n]|\\\\|\\"|\\n)*",?)*)\})? (-?[0-9.]+(?:e[+-]?[0-9]+)?)'
)


def samples(text: str) -> dict[str, dict[str, float]]:
    """Each metric with its values by their labels. Fails on what Prometheus would not read."""
    found: dict[str, dict[str, float]] = {}
    kinds: dict[str, str] = {}
    for line in text.removesuffix("\n").split("\n"):
        if line.startswith("#"):
            word, name, rest = line[2:].split(" ", 2)
            assert word in ("HELP", "TYPE")
            if word == "TYPE":
                assert name not in kinds
                kinds[name] = rest
            continue
        fits = SAMPLE.fullmatch(line)
        assert fits, line
        assert re.sub("_(bucket|sum|count)$", "", fits[1]) in kinds or fits[1] in kinds
        values = found.setdefault(fits[1], {})
        assert fits[2] not in values
        values[fits[2]] = float(fits[3])
    return found
