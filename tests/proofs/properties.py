# SPDX-License-Identifier: Apache-2.0
"""What is proven: each property, its bounds in short (README.md has them whole), and its check."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Property:
    """`check` of the Solidity contract `suite`. What is not `quick` takes longer than some
    seconds; what is not `solved` was neither proven nor refuted so far."""

    text: str
    bound: str
    suite: str
    check: str
    quick: bool = True
    solved: bool = True


MONEY = "any books below 2^120"
LITTLE = "any books below 2^32"

PROPERTIES = (
    # The pool: what each function does to all the books, and when it does anything.
    Property(
        "pool: reserve takes free funds only, all or nothing",
        MONEY,
        "PoolEther",
        "check_reserve_takes_free_funds_only",
    ),
    Property(
        "pool: reserve_up_to takes free funds only",
        MONEY,
        "PoolEther",
        "check_reserve_up_to_takes_free_funds_only",
        quick=False,
    ),
    Property(
        "pool: release frees what was reserved, no more",
        MONEY,
        "PoolEther",
        "check_release_frees_what_was_reserved",
    ),
    Property(
        "pool: a backed payment moves reserve to credit, nobody else's",
        f"{MONEY}, a debt each",
        "PoolEther",
        "check_pay_backed_moves_reserve_to_credit",
    ),
    Property(
        "pool: an unbacked payment is a debt at the end of the queue",
        f"{MONEY}, a debt each",
        "PoolEther",
        "check_pay_unbacked_makes_a_debt",
    ),
    Property(
        "pool: a backed payment with collect is sent once, whole",
        f"{MONEY}, 2^32 paid",
        "PoolEther",
        "check_pay_backed_and_collect",
        quick=False,
    ),
    Property(
        "pool: a panel's bond is added to funds and to bonds",
        LITTLE,
        "PoolEther",
        "check_take_bond_from_panel",
    ),
    Property(
        "pool: a lane's bond is added to funds and to the reserve",
        LITTLE,
        "PoolEther",
        "check_take_bond_from_lane",
    ),
    Property(
        "pool: settle frees, credits and owes what it says",
        f"{MONEY}, a debt each",
        "PoolEther",
        "check_settle",
        quick=False,
    ),
    Property(
        "pool: withdraw takes free funds only, by the operator, in its time",
        MONEY,
        "PoolEther",
        "check_withdraw_takes_free_funds_only",
    ),
    Property("pool: fund adds what came in", MONEY, "PoolEther", "check_fund"),
    Property("pool: sync adopts what came in unasked", MONEY, "PoolEther", "check_sync_adopts_what_came_in"),
    Property(
        "pool: collect always sends all credit, nobody else's",
        MONEY,
        "PoolEther",
        "check_collect_sends_all_credit",
        quick=False,
    ),
    Property(
        "pool: collect pays a debt in its turn and sends it",
        "any books below 2^16, one debt",
        "PoolEther",
        "check_collect_with_a_debt",
        quick=False,
        solved=False,
    ),
    Property(
        "pool: strangers move nothing", "any caller, any amount", "PoolEther", "check_strangers_move_nothing"
    ),
    # One payment a kind.
    Property(
        "desk: a claim pays what it newly notes, no more",
        "any ticket, policy, time",
        "Desk",
        "check_claim",
        quick=False,
    ),
    Property(
        "desk: a second claim pays nothing",
        "any ticket, policy, time",
        "Desk",
        "check_second_claim_pays_nothing",
        quick=False,
        solved=False,
    ),
    Property(
        "desk: closing pays and releases the reserve exactly",
        "any ticket, policy, time",
        "Desk",
        "check_close",
        quick=False,
    ),
    Property(
        "desk: a ruling pays its kind once", "any ticket, policy, time", "Desk", "check_rule", quick=False
    ),
    Property(
        "desk: a report pays its kind once", "any ticket, policy, time", "Desk", "check_report", quick=False
    ),
    Property(
        "desk: a reply pays and clears nothing",
        "any ticket, policy, time",
        "Desk",
        "check_reply",
        quick=False,
    ),
    Property(
        "desk: a challenge's end pays nothing", "any ticket, policy, time", "Desk", "check_end_challenge"
    ),
    Property("desk: an equivocation pays nothing", "any ticket, policy, time", "Desk", "check_breach_clocks"),
    # Merkle trees.
    Property(
        "merkle: every leaf's own path is accepted", "1..8 leaves", "Merkle", "check_every_leaf_is_included"
    ),
    Property(
        "merkle: no other leaf, no other path is accepted",
        "1..8 leaves",
        "Merkle",
        "check_no_other_leaf_is_included",
        quick=False,
    ),
    Property(
        "merkle: paths of another length are refused",
        "1..8 leaves, up to 4 hashes",
        "Merkle",
        "check_paths_of_a_wrong_length_are_refused",
        quick=False,
    ),
    Property(
        "merkle: no index beyond the tree",
        "any size, up to 1 hash",
        "Merkle",
        "check_no_index_beyond_the_tree",
    ),
    Property(
        "merkle: a leaf is hashed behind 0x00", "64 bytes", "Merkle", "check_leaf_is_hashed_behind_zero"
    ),
    # Packed words.
    Property("words: ticket, whose times stop at 2^32 - 1", "any fields", "Words", "check_ticket"),
    *(
        Property(f"words: {name}", "any fields", "Words", f"check_{name}")
        for name in (
            *("terms", "targets", "three", "bonds", "incidents", "coverage", "agent", "channel", "halves"),
            *("account", "panels", "dispute", "incident", "batch", "places", "proof", "another_reserve"),
        )
    ),
)
