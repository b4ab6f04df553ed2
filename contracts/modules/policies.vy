# pragma version 0.4.3
# SPDX-License-Identifier: AGPL-3.0-only
"""
@title  policies
@author Makegood
@license AGPL-3.0-only
@notice The published versions of a desk's SLA. A policy never changes and is never taken back: what a ticket was
        recorded under stays true for it. Ids start at 1.
"""

from ..interfaces import ISupportDesk
from . import opening_hours
from . import refusal
from . import storage_words as words

# Ten calendar years of 365.25 days, the longest target or window.
TEN_YEARS: constant(uint256) = 315_576_000
MAX_CHALLENGE_WINDOW: constant(uint256) = 7 * 86_400
MAX_RULING_WINDOW: constant(uint256) = 60 * 86_400
BASIS_POINTS: constant(uint256) = 10_000

# How long a policy is sure to be usable: due times are stored in 32 bits, which end in 2106.
USABLE_FOR: constant(uint256) = 2 * TEN_YEARS
WEEK: constant(uint256) = 604_800
HOUR: constant(uint256) = 3_600

count: uint256
# By policy id.
_terms: HashMap[uint256, uint256]
_bonds: HashMap[uint256, uint256]
_incidents: HashMap[uint256, uint256]
# By policy id * 4 + priority.
_targets: HashMap[uint256, uint256]
_amounts: HashMap[uint256, uint256]


# ---------------------------------------------------------------- publishing


@internal
def publish(policy: ISupportDesk.Policy, notice: uint256) -> uint256:
    """
    @notice Stores a policy under the next id; refuses one that could not be kept.
    @param policy The policy.
    @param notice The pool's notice in seconds: a contest must not outlast it, or the money could leave first.
    @return The policy's id.
    """
    self._check_windows(policy, notice)
    self._check_money(policy)
    if policy.hours == 0:
        refusal.because("policy: no open hour")
    if policy.hours > words.MASK_168:
        refusal.because("policy: hours outside the week")

    policy_id: uint256 = self.count + 1
    if policy_id > words.MAX_POLICY_ID:
        refusal.because("policy: no id left")
    self.count = policy_id

    open_seconds: uint256 = opening_hours.open_hours_a_week(policy.hours) * HOUR
    for priority: uint256 in range(4):
        worst_case: uint256 = 0
        for kind: uint256 in range(3):
            self._check_target(policy.targets[priority][kind], open_seconds)
            if policy.compensation[priority][kind] > words.MAX_AMOUNT:
                refusal.because("policy: compensation too large")
            worst_case += policy.compensation[priority][kind]
        self._targets[policy_id * 4 + priority] = words.pack_targets(policy.targets[priority], worst_case)
        self._amounts[policy_id * 4 + priority] = words.pack_three(policy.compensation[priority])
    self._terms[policy_id] = words.pack_terms(
        policy.hours, policy.contest_window, policy.claim_window, policy.ruling_window
    )
    self._bonds[policy_id] = words.pack_three([policy.contest_bond, policy.prove_bond, policy.fee])
    self._incidents[policy_id] = words.pack_incidents(
        policy.incident_cap, policy.incident_bond_share, policy.challenge_window, policy.anchor_lag
    )
    return policy_id


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


# ---------------------------------------------------------------- reading


@internal
@view
def exists(policy_id: uint256) -> bool:
    """
    @notice Whether a policy was published under this id.
    @param policy_id Any number.
    @return True or false.
    """
    return policy_id != 0 and policy_id <= self.count


@internal
@view
def targets_of(policy_id: uint256, priority: uint256) -> uint256:
    """
    @notice The targets word of a priority; refuses an unknown policy or priority.
    @param policy_id A policy.
    @param priority 0 urgent .. 3 low.
    @return The word.
    """
    if priority > 3:
        refusal.because("policy: priority unknown")
    # Without this bound the key of another policy could be reached by a multiplication that wraps.
    if policy_id > words.MAX_POLICY_ID:
        refusal.because("policy: unknown")
    word: uint256 = self._targets[unsafe_add(unsafe_mul(policy_id, 4), priority)]
    if word == 0:
        refusal.because("policy: unknown")
    return word


@internal
@view
def amounts_of(policy_id: uint256, priority: uint256) -> uint256:
    """
    @notice The amounts word of a priority.
    @param policy_id A published policy.
    @param priority 0 urgent .. 3 low.
    @return The word.
    """
    return self._amounts[unsafe_add(unsafe_mul(policy_id, 4), priority)]


@internal
@view
def terms_of(policy_id: uint256) -> uint256:
    """
    @notice The terms word: opening hours and windows.
    @param policy_id A policy.
    @return The word; 0 for an unknown policy.
    """
    return self._terms[policy_id]


@internal
@view
def bonds_of(policy_id: uint256) -> uint256:
    """
    @notice The bonds word: contest bond, prove bond, fee.
    @param policy_id A published policy.
    @return The word.
    """
    return self._bonds[policy_id]


@internal
@view
def incident_terms(policy_id: uint256) -> (uint256, uint256):
    """
    @notice What an incident can ask, and the share of it that its bond adds.
    @param policy_id A published policy.
    @return The cap in units of the asset, and basis points.
    """
    cap: uint256 = 0
    share: uint256 = 0
    challenge_window: uint256 = 0
    anchor_lag: uint256 = 0
    cap, share, challenge_window, anchor_lag = words.unpack_incidents(self._incidents[policy_id])
    return cap, share


@internal
@view
def unpacked(policy_id: uint256) -> ISupportDesk.Policy:
    """
    @notice A policy as it was published; refuses an unknown one.
    @param policy_id A policy.
    @return The policy.
    """
    if not self.exists(policy_id):
        refusal.because("policy: unknown")
    p: ISupportDesk.Policy = empty(ISupportDesk.Policy)
    for priority: uint256 in range(4):
        targets: uint256 = self._targets[policy_id * 4 + priority]
        amounts: uint256 = self._amounts[policy_id * 4 + priority]
        for kind: uint256 in range(3):
            p.targets[priority][kind] = words.target(targets, kind)
            p.compensation[priority][kind] = words.one_of_three(amounts, kind)
    terms: uint256 = self._terms[policy_id]
    p.hours = words.terms_hours(terms)
    p.contest_window = words.terms_contest_window(terms)
    p.claim_window = words.terms_claim_window(terms)
    p.ruling_window = words.terms_ruling_window(terms)
    bonds: uint256 = self._bonds[policy_id]
    p.contest_bond = words.one_of_three(bonds, 0)
    p.prove_bond = words.one_of_three(bonds, 1)
    p.fee = words.one_of_three(bonds, 2)
    p.incident_cap, p.incident_bond_share, p.challenge_window, p.anchor_lag = words.unpack_incidents(
        self._incidents[policy_id]
    )
    return p
