# pragma version 0.4.3
# SPDX-License-Identifier: AGPL-3.0-only
"""
@title  policies
@author Makegood
@license AGPL-3.0-only
@notice The published versions of a desk's SLA. A policy never changes and is never taken back: what a ticket was
        recorded under stays true for it. Ids start at 1.
"""

from . import refusal
from . import storage_words as words

BASIS_POINTS: constant(uint256) = 10_000

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
def publish(packed: uint256[11]) -> uint256:
    """
    @notice Stores a policy under the next id.
    @param packed Its words, as PolicyRules packs them: terms, bonds, incidents; targets and amounts of each priority.
    @return The policy's id.
    """
    policy_id: uint256 = self.count + 1
    if policy_id > words.MAX_POLICY_ID:
        refusal.because("policy: no id left")
    self.count = policy_id
    self._terms[policy_id] = packed[0]
    self._bonds[policy_id] = packed[1]
    self._incidents[policy_id] = packed[2]
    for priority: uint256 in range(4):
        self._targets[policy_id * 4 + priority] = packed[3 + priority]
        self._amounts[policy_id * 4 + priority] = packed[7 + priority]
    return policy_id


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
    @notice The bonds word: contest bond, fee.
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
    t: words.IncidentTerms = words.unpack_incidents(self._incidents[policy_id])
    return t.cap, t.bond_share


@internal
@view
def lane_terms(policy_id: uint256) -> (uint256, uint256):
    """
    @notice The windows of the batch lane.
    @param policy_id A published policy.
    @return Challenge window and anchor lag, in seconds.
    """
    t: words.IncidentTerms = words.unpack_incidents(self._incidents[policy_id])
    return t.challenge_window, t.anchor_lag


@internal
@view
def prove_bond(policy_id: uint256) -> uint256:
    """
    @notice The bond of a proof.
    @param policy_id A published policy.
    @return In units of the asset.
    """
    return words.incidents_prove_bond(self._incidents[policy_id])


@internal
@view
def words_of(policy_id: uint256) -> uint256[11]:
    """
    @notice A policy's words, as they were published; refuses an unknown one.
    @param policy_id A policy.
    @return The words, in the order of `publish`.
    """
    if not self.exists(policy_id):
        refusal.because("policy: unknown")
    packed: uint256[11] = empty(uint256[11])
    packed[0] = self._terms[policy_id]
    packed[1] = self._bonds[policy_id]
    packed[2] = self._incidents[policy_id]
    for priority: uint256 in range(4):
        packed[3 + priority] = self._targets[policy_id * 4 + priority]
        packed[7 + priority] = self._amounts[policy_id * 4 + priority]
    return packed
