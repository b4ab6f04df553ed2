# pragma version 0.4.3
# pragma evm-version cancun
# SPDX-License-Identifier: AGPL-3.0-only
"""
@title  PolicyRules
@author Makegood
@license AGPL-3.0-only
@notice Which policies can be kept, and how one is packed into the words that a desk stores. It holds nothing and has no
        owner; all desks of a factory ask the same one, so that none of them has to carry this code.
"""

from .interfaces import IPolicyRules
from .interfaces import ISupportDesk
from .modules import opening_hours
from .modules import refusal
from .modules import storage_words as words

implements: IPolicyRules

# Ten calendar years of 365.25 days, the longest target or window.
TEN_YEARS: constant(uint256) = 315_576_000
MAX_CHALLENGE_WINDOW: constant(uint256) = 7 * 86_400
MAX_RULING_WINDOW: constant(uint256) = 60 * 86_400
BASIS_POINTS: constant(uint256) = 10_000

# How long a policy is sure to be usable: due times are stored in 32 bits, which end in 2106.
USABLE_FOR: constant(uint256) = 2 * TEN_YEARS
WEEK: constant(uint256) = 604_800
HOUR: constant(uint256) = 3_600


@view
@external
def packed(policy: ISupportDesk.Policy, notice: uint256) -> uint256[11]:
    """
    @notice The words of a policy; refuses one that could not be kept.
    @param policy The policy.
    @param notice The pool's notice in seconds: a contest must not outlast it, or the money could leave first.
    @return Terms, bonds, incidents; then the targets, then the amounts of urgent, high, normal, low.
    """
    self._check_windows(policy, notice)
    self._check_money(policy)
    if policy.hours == 0:
        refusal.because("policy: no open hour")
    if policy.hours > words.MASK_168:
        refusal.because("policy: hours outside the week")
    made: uint256[11] = empty(uint256[11])
    made[0] = words.pack_terms(policy.hours, policy.contest_window, policy.claim_window, policy.ruling_window)
    made[1] = words.pack_bonds(policy.contest_bond, policy.fee)
    made[2] = words.pack_incidents(
        words.IncidentTerms(
            cap=policy.incident_cap,
            bond_share=policy.incident_bond_share,
            challenge_window=policy.challenge_window,
            anchor_lag=policy.anchor_lag,
            prove_bond=policy.prove_bond,
        )
    )
    open_seconds: uint256 = opening_hours.open_hours_a_week(policy.hours) * HOUR
    for priority: uint256 in range(4):
        worst_case: uint256 = 0
        for kind: uint256 in range(3):
            self._check_target(policy.targets[priority][kind], open_seconds)
            if policy.compensation[priority][kind] > words.MAX_AMOUNT:
                refusal.because("policy: compensation too large")
            worst_case += policy.compensation[priority][kind]
        made[3 + priority] = words.pack_targets(policy.targets[priority], worst_case)
        made[7 + priority] = words.pack_three(policy.compensation[priority])
    return made


@view
@external
def unpacked(packed: uint256[11]) -> ISupportDesk.Policy:
    """
    @notice The policy that words hold.
    @param packed Words as `packed` makes them.
    @return The policy.
    """
    p: ISupportDesk.Policy = empty(ISupportDesk.Policy)
    p.hours = words.terms_hours(packed[0])
    p.contest_window = words.terms_contest_window(packed[0])
    p.claim_window = words.terms_claim_window(packed[0])
    p.ruling_window = words.terms_ruling_window(packed[0])
    p.contest_bond = words.bonds_contest(packed[1])
    p.fee = words.bonds_fee(packed[1])
    t: words.IncidentTerms = words.unpack_incidents(packed[2])
    p.incident_cap = t.cap
    p.incident_bond_share = t.bond_share
    p.challenge_window = t.challenge_window
    p.anchor_lag = t.anchor_lag
    p.prove_bond = t.prove_bond
    for priority: uint256 in range(4):
        for kind: uint256 in range(3):
            p.targets[priority][kind] = words.target(packed[3 + priority], kind)
            p.compensation[priority][kind] = words.one_of_three(packed[7 + priority], kind)
    return p


# ---------------------------------------------------------------- internal


@internal
@view
def _check_target(target: uint256, open_seconds: uint256):
    if target == 0:
        refusal.because("policy: target is zero")
    if target > TEN_YEARS:
        refusal.because("policy: target over ten years")
    # A target takes its whole open weeks, the rest of one more, and what is left of the week it begins in.
    longest: uint256 = (target // open_seconds + 2) * WEEK
    if block.timestamp + USABLE_FOR + longest > words.MAX_TIME:
        refusal.because("policy: due times pass 2106")


@internal
@pure
def _check_windows(policy: ISupportDesk.Policy, notice: uint256):
    if (
        policy.contest_window == 0
        or policy.challenge_window == 0
        or policy.ruling_window == 0
        or policy.claim_window == 0
        or policy.anchor_lag == 0
    ):
        refusal.because("policy: window is zero")
    if policy.contest_window > TEN_YEARS or policy.claim_window > TEN_YEARS:
        refusal.because("policy: window over ten years")
    if policy.contest_window > notice:
        refusal.because("policy: contest outlasts notice")
    if policy.challenge_window > MAX_CHALLENGE_WINDOW:
        refusal.because("policy: challenge over seven days")
    if policy.ruling_window > MAX_RULING_WINDOW:
        refusal.because("policy: ruling over sixty days")
    # Division, since an anchor lag is not bounded otherwise: twice 2**255 would wrap.
    if policy.anchor_lag >= (policy.challenge_window + 1) // 2:
        refusal.because("policy: challenge within two lags")


@internal
@pure
def _check_money(policy: ISupportDesk.Policy):
    if policy.incident_cap > words.MAX_WORST_CASE:
        refusal.because("policy: incident cap too large")
    if policy.incident_bond_share > BASIS_POINTS:
        refusal.because("policy: bond share over 100 %")
    if policy.contest_bond > words.MAX_AMOUNT or policy.prove_bond > words.MAX_AMOUNT:
        refusal.because("policy: bond too large")
    if policy.contest_bond < policy.fee:
        refusal.because("policy: contest bond below fee")
