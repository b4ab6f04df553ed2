# SPDX-License-Identifier: Apache-2.0
"""Tables in a terminal."""

from makegood.console.table import WIDTH, facts, table


def test_columns_are_aligned_and_figures_flush_right() -> None:
    assert table(("name", "gas"), [("a", "1"), ("bc", "100")], right=(1,)) == [
        "name  gas",
        "────  ───",
        "a       1",
        "bc    100",
    ]


def test_the_wrapping_column_keeps_a_table_within_its_width() -> None:
    lines = table(("#", "text", "end"), [("1", "word " * 60, "x")], wrap=1)
    assert max(len(line) for line in lines) <= WIDTH
    assert sum(line.count("word") for line in lines) == 60


def test_a_cell_may_have_several_lines() -> None:
    assert table(("a", "b"), [("1", "x\ny"), ("2", "z")])[2:] == ["1  x", "   y", "2  z"]


def test_facts_align_their_texts_and_wrap_them() -> None:
    lines = facts([("one", "x"), ("three", "word " * 40)])
    assert lines[0] == "one    x"
    assert lines[1].startswith("three  word")
    assert all(line.startswith("       word") for line in lines[2:])
    assert max(len(line) for line in lines) <= WIDTH


def test_no_line_ends_in_a_space() -> None:
    lines = [*table(("a", "long header"), [("1", "")]), *facts([("empty", "")])]
    assert all(line == line.rstrip() for line in lines)
