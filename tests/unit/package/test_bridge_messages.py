# SPDX-License-Identifier: Apache-2.0
"""Which messages start a clock and which stop one; texts as documents take them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from makegood import documents
from makegood.batches import Act
from makegood.bridge.messages import MOST_OF_TEXT, NO_TEXT, Author, Message, Why, act_of, digestible
from makegood.clock import Status

CUSTOMER = Message("1", "a", Author.CUSTOMER, 1_795_000_000, customer="c", text="help")
AGENT = Message("1", "b", Author.AGENT, 1_795_000_000, account="5", text="done")
EVERY = (None, Status.OPEN, Status.HOLD, Status.PENDING, Status.SOLVED)
ANSWERS = {Status.HOLD: Act.REPLIED, Status.PENDING: Act.LEFT_PENDING, Status.SOLVED: Act.SOLVED}


def test_customers_first_message_opens_and_later_ones_follow_up_only_after_an_answer() -> None:
    found = [act_of(CUSTOMER, standing, Status.HOLD) for standing in EVERY]
    follows = [Act.FOLLOWED_UP] * 3
    assert found == [Act.OPENED, Why.NOTHING_NEW, *follows]


@pytest.mark.parametrize("standing", EVERY[1:])
@pytest.mark.parametrize("answered", list(ANSWERS))
def test_agents_message_answers_unless_it_leaves_the_ticket_as_it_was(
    standing: Status, answered: Status
) -> None:
    expected = Why.NOTHING_NEW if standing is answered else ANSWERS[answered]
    assert act_of(AGENT, standing, answered) == expected


def test_agent_who_writes_first_answers_nobody() -> None:
    assert act_of(AGENT, None, Status.SOLVED) is Why.UNKNOWN_TICKET


@pytest.mark.parametrize("standing", EVERY)
@pytest.mark.parametrize("message", [CUSTOMER, AGENT], ids=lambda each: each.author)
def test_notes_automatic_replies_bots_and_systems_never_touch_a_clock(
    message: Message, standing: Status | None
) -> None:
    for answered in ANSWERS:
        assert act_of(replace(message, public=False), standing, answered) is Why.INTERNAL
        assert act_of(replace(message, automatic=True), standing, answered) is Why.AUTOMATIC
        for nobody in (Author.BOT, Author.SYSTEM):
            assert act_of(replace(message, author=nobody), standing, answered) is Why.NOBODY


def test_repr_of_a_message_has_neither_text_nor_customer() -> None:
    shown = repr(
        Message("1", "a", Author.CUSTOMER, 1, customer="lena@customers.example", text="my seed is ape")
    )
    assert "lena" not in shown
    assert "seed" not in shown


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hello", "hello"),
        ("", NO_TEXT),
        (" \n\t ", NO_TEXT),
        ("a\0b\x1bc", "a\ufffdb\ufffdc"),
        ("half \ud83d of a pair", "half \ufffd of a pair"),
        ("whole \ud83d\ude00 pair", "whole 😀 pair"),
    ],
)
def test_text_becomes_digestible(text: str, expected: str) -> None:
    assert digestible(text) == expected


@pytest.mark.parametrize("character", ["x", "é", "猫", "😀", '"', "\\", "\x01"])
def test_longest_text_fits_into_a_document(character: str) -> None:
    text = digestible(character * (MOST_OF_TEXT + 7))
    assert len(text.encode()) <= MOST_OF_TEXT
    assert text.endswith("[…]")
    documents.check(documents.new_document("makegood/ticket/1", {"text": text}))
