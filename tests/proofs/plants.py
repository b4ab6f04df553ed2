# SPDX-License-Identifier: Apache-2.0
"""Wrong variants of the contracts, each of which a proof must refute: what cannot fail proves nothing."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Plant:
    """A line changed in a source; `check` of the Solidity contract `suite` must then be refuted."""

    what: str
    source: str
    right: str
    wrong: str
    suite: str
    check: str


PLANTS = (
    Plant(
        "a reserve forgets what is committed already",
        "modules/ledger.vy",
        "    if committed > words.low_half(word):\n        return False",
        "    if amount > words.low_half(word):\n        return False",
        "PoolEther",
        "check_reserve_takes_free_funds_only",
    ),
    Plant(
        "a release takes one unit too many",
        "modules/ledger.vy",
        "words.high_half(word) - amount)",
        "words.high_half(word) - amount - 1)",
        "PoolEther",
        "check_release_frees_what_was_reserved",
    ),
    Plant(
        "an unbacked payment is credited before its debt is paid",
        "CompensationPool.vy",
        "        self._give(beneficiary, 0, collect)",
        "        self._give(beneficiary, amount, collect)",
        "PoolEther",
        "check_pay_unbacked_makes_a_debt",
    ),
    Plant(
        "a withdrawal ignores what is committed",
        "CompensationPool.vy",
        "if amount > ledger.free():",
        "if amount > ledger.funds():",
        "PoolEther",
        "check_withdraw_takes_free_funds_only",
    ),
    Plant(
        "a withdrawal can be made before its notice is over",
        "CompensationPool.vy",
        "if block.timestamp < announced.usable_from:",
        "if block.timestamp + 1 < announced.usable_from:",
        "PoolEther",
        "check_withdraw_takes_free_funds_only",
    ),
    Plant(
        "anyone can release",
        "CompensationPool.vy",
        "    self._only_desk()\n    ledger.release(amount)",
        "    ledger.release(amount)",
        "PoolEther",
        "check_strangers_move_nothing",
    ),
    Plant(
        "a collected credit stays committed",
        "modules/ledger.vy",
        "        self.release(credited)\n    return credited",
        "    return credited",
        "PoolEther",
        "check_collect_sends_all_credit",
    ),
    Plant(
        "settling releases what it also credits",
        "CompensationPool.vy",
        "released: uint256 = bond + reserved - credited",
        "released: uint256 = bond + reserved",
        "PoolEther",
        "check_settle",
    ),
    Plant(
        "a payment that is to be sent stays in the pool",
        "CompensationPool.vy",
        "            self._send(beneficiary, amount + ready)",
        "            self._send(beneficiary, max(amount, ready))",
        "PoolEther",
        "check_pay_backed_and_collect",
    ),
    Plant(
        "a claim pays what was compensated before",
        "SupportDesk.vy",
        "~s.compensated\n    if kinds == 0:\n        return 0, 0\n    return kinds",
        "15\n    if kinds == 0:\n        return 0, 0\n    return kinds",
        "Desk",
        "check_claim",
    ),
    Plant(
        "a payment is not noted in the ticket",
        "SupportDesk.vy",
        "    s: words.TicketState = state\n    s.compensated |= kinds",
        "    s: words.TicketState = state",
        "Desk",
        "check_second_claim_pays_nothing",
    ),
    Plant(
        "closing releases what it has just paid",
        "SupportDesk.vy",
        "        self._compensate(ticket_id, s, kinds, False)\n        s.compensated |= kinds",
        "        self._compensate(ticket_id, s, kinds, False)",
        "Desk",
        "check_close",
    ),
    Plant(
        "a reply wipes out breaches",
        "modules/ticket_clock.vy",
        "    t.status = status\n    t.clock = at if",
        "    t.status = status\n    t.breached = 0\n    t.clock = at if",
        "Desk",
        "check_reply",
    ),
    Plant(
        "two fields of the ticket's word overlap by a bit",
        "modules/storage_words.vy",
        "        | (t.compensated << 247)",
        "        | (t.compensated << 246)",
        "Words",
        "check_ticket",
    ),
    Plant(
        "a ticket's time spills over",
        "modules/storage_words.vy",
        "(min(t.clock, MAX_TIME) << 160)",
        "(t.clock << 160)",
        "Words",
        "check_ticket",
    ),
    Plant(
        "a path may be longer than the tree is high",
        "modules/merkle_log.vy",
        "    if len(path) != unsafe_add(inner, self._bits_set(index >> inner)):\n        return False\n",
        "",
        "Merkle",
        "check_paths_of_a_wrong_length_are_refused",
    ),
    Plant(
        "siblings always stand on the right",
        "modules/merkle_log.vy",
        "        if on_left & 1 == 1:",
        "        if on_left & 1 == 2:",
        "Merkle",
        "check_every_leaf_is_included",
    ),
    Plant(
        "the last step up is not compared with the root",
        "modules/merkle_log.vy",
        "    return node == root",
        "    return node != empty(bytes32)",
        "Merkle",
        "check_no_other_leaf_is_included",
    ),
)
