# pragma version 0.4.3
# pragma evm-version cancun
# SPDX-License-Identifier: AGPL-3.0-only
"""
@title  BatchLane
@author Makegood
@license AGPL-3.0-only
@notice Thousands of tickets and replies for one Merkle root, every one of them prepaid. On the good path nothing
        else touches the chain. A ticket is proven when somebody claims: its challenge window begins, in which the desk
        shows the entries that are to count for it; then it is a direct ticket like any other.

        The desk keeps the tickets and knows the rules; this contract knows what was anchored, and tells it which entry
        counts when. It holds no money: reserves and bonds are the pool's.
"""

from .interfaces import IAgentDirectory
from .interfaces import IBatchLane
from .interfaces import ICompensationPool
from .interfaces import ISupportDesk
from .modules import merkle_log
from .modules import refusal
from .modules import storage_words as words

implements: IBatchLane

MAX_ENTRIES: constant(uint256) = 16

LANE_BATCH: constant(uint256) = 2
HUMAN: constant(uint256) = 1

OPENED: constant(uint256) = 0
FOLLOWED_UP: constant(uint256) = 4

DESK: immutable(ISupportDesk)
POOL: immutable(ICompensationPool)
DIRECTORY: immutable(IAgentDirectory)

batch_count: public(uint256)
# By batch, from 1 on.
_batches: HashMap[uint256, uint256]
_places: HashMap[uint256, uint256]
_roots: HashMap[uint256, bytes32]
# By ticket; a prover only where it is not the requester.
_proofs: HashMap[bytes32, uint256]
_provers: HashMap[bytes32, address]


@deploy
def __init__(desk: address, pool: address, directory: address):
    """
    @notice Fixes what this lane serves, for good.
    @param desk The desk whose tickets it proves.
    @param pool The desk's pool.
    @param directory Who the operator is, and who was an agent when.
    """
    DESK = ISupportDesk(desk)
    POOL = ICompensationPool(pool)
    DIRECTORY = IAgentDirectory(directory)


# ---------------------------------------------------------------- agent


@external
@nonreentrant
def anchor_batch(
    policy_id: uint256, root: bytes32, counts: uint256[5], uri: String[256], must_back: bool
) -> uint256:
    """
    @notice Anchors a batch, and sets aside the worst case of all its openings. Only a standing agent with an
            allowance, which the worst case lowers whether or not free funds reach.
    @param policy_id A published policy, of all its openings.
    @param root The root of its entries; not zero.
    @param counts Openings of urgent, high, normal and low tickets, in this order among the leaves, then later entries;
           together 1 .. 16,777,215.
    @param uri Where the leaves are published; may be empty.
    @param must_back Whether to refuse where free funds do not reach; else the batch is then not backed.
    @return The batch's number, from 1 on.
    """
    if root == empty(bytes32):
        refusal.because("lane: root is zero")
    size: uint256 = 0
    for count: uint256 in counts:
        if count > words.MAX_BATCH_SIZE:
            refusal.because("lane: batch size out of range")
        size += count
    if size == 0 or size > words.MAX_BATCH_SIZE:
        refusal.because("lane: batch size out of range")
    backed: bool = False
    worst_case: uint256 = 0
    expires_at: uint256 = 0
    backed, worst_case, expires_at = extcall DESK.begin_batch(msg.sender, policy_id, counts, must_back)

    batch: uint256 = self.batch_count + 1
    self.batch_count = batch
    self._batches[batch] = words.pack_batch(
        words.BatchState(
            agent=msg.sender,
            policy_id=policy_id,
            anchored_at=block.timestamp,
            expires_at=min(expires_at, words.MAX_UNTIL),
            backed=convert(backed, uint256),
        )
    )
    self._places[batch] = words.pack_places(counts, worst_case if backed else 0)
    self._roots[batch] = root
    log IBatchLane.BatchAnchored(
        batch=batch,
        agent=msg.sender,
        policy_id=policy_id,
        root=root,
        counts=counts,
        uri=uri,
        worst_case=worst_case,
        backed=backed,
        expires_at=expires_at,
    )
    return batch


# ---------------------------------------------------------------- anyone


@external
@payable
@nonreentrant
def prove_ticket(
    batch: uint256,
    index: uint256,
    path: DynArray[bytes32, merkle_log.MAX_PATH],
    requester: address,
    commitment: bytes32,
    at: uint256,
) -> bytes32:
    """
    @notice Proves a ticket that a batch opened, and begins its challenge: until the end of the policy's challenge window
            entries can be shown, and nothing else can happen to it. Only the requester or its keeper, until the batch
            expires.
            The policy's bond is the value of the call, or is taken from what the caller approved to the pool. It comes
            back where a breach stands at the window's last second, or where nobody but the prover had to add a desk's
            entry that was anchored before the proof; else it goes to free funds.
    @param batch The batch.
    @param index Of the opening among its leaves; its priority follows from it.
    @param path From the leaf up.
    @param requester The ticket's requester, the opening's actor.
    @param commitment The ticket's commitment, the opening's digest.
    @param at When it was opened, in seconds since 1970; not after its anchoring.
    @return The ticket's id.
    """
    b: words.BatchState = self._known(batch)
    places: uint256 = self._places[batch]
    if index >= words.place_end(places, 3):
        refusal.because("lane: index is no opening's")
    if at > b.anchored_at:
        refusal.because("lane: opened after its anchoring")
    if block.timestamp > b.expires_at:
        refusal.because("lane: batch has expired")
    # Nobody else: a leaf names no policy, so a puppet of the desk could prove it from another, worthless batch.
    if msg.sender != requester and msg.sender != staticcall DIRECTORY.keeper(requester):
        refusal.because("lane: not requester or its keeper")
    ticket_id: bytes32 = sha256(abi_encode(chain.id, DESK.address, LANE_BATCH, requester, commitment))
    leaf: bytes32 = merkle_log.leaf_hash(
        abi_encode(ticket_id, empty(uint256), OPENED, at, requester, commitment)
    )
    if not merkle_log.is_included(self._roots[batch], leaf, index, words.place_end(places, 4), path):
        refusal.because("lane: path does not prove it")

    # Refuses a ticket that is known.
    worst_case: uint256 = 0
    bond: uint256 = 0
    worst_case, bond = extcall DESK.prove_ticket(
        ticket_id, requester, b.policy_id, self._priority(places, index), at, b.backed == 1
    )
    if b.backed == 1 and worst_case != 0:
        self._places[batch] = words.with_reserved(places, words.places_reserved(places) - worst_case)
    p: words.ProofState = words.ProofState(
        proven_at=block.timestamp,
        last_at=at,
        sequence=1,
        batch=batch,
        bond=bond,
        by_another=convert(msg.sender != requester, uint256),
        answered=0,
    )
    # Written before the asset is called.
    self._proofs[ticket_id] = words.pack_proof(p)
    if p.by_another == 1:
        self._provers[ticket_id] = msg.sender
    if bond != 0 or msg.value != 0:
        received: uint256 = extcall POOL.take_bond(msg.sender, bond, value=msg.value)
        if received != bond:
            # An asset that keeps a part on the way: what came in is what can go back.
            p.bond = received
            self._proofs[ticket_id] = words.pack_proof(p)
    log IBatchLane.TicketProven(
        ticket_id=ticket_id,
        requester=requester,
        batch=batch,
        commitment=commitment,
        at=at,
        prover=msg.sender,
        bond=p.bond,
    )
    return ticket_id


@external
@nonreentrant
def prove_entries(ticket_id: bytes32, first: uint256, entries: DynArray[IBatchLane.Shown, MAX_ENTRIES]):
    """
    @notice Shows the next entries of a challenged ticket, in sequence. Anyone. In the second half of the challenge window
            only follow-ups, and what was anchored in that half.
            A requester's entry counts at its time; a desk's at its time if it was anchored at most the policy's anchor lag
            later, else at its anchoring; none earlier than the one before. What the rules do not take is passed over.
    @param ticket_id A ticket whose challenge window runs.
    @param first The sequence of the first of these entries; those shown already are skipped.
    @param entries At most 16, without a gap.
    """
    word: uint256 = self._challenged(ticket_id)
    p: words.ProofState = words.unpack_proof(self._proofs[ticket_id])
    opened: words.BatchState = words.unpack_batch(self._batches[p.batch])
    challenge_window: uint256 = 0
    anchor_lag: uint256 = 0
    challenge_window, anchor_lag = staticcall DESK.lane_terms(opened.policy_id)
    if block.timestamp > p.proven_at + challenge_window:
        refusal.because("lane: challenge window is over")
    half: uint256 = p.proven_at + challenge_window // 2
    if first > p.sequence:
        refusal.because("lane: an entry is missing before")
    requester: address = words.ticket_requester(word)
    prover: address = self._prover(ticket_id, p, requester)
    for i: uint256 in range(len(entries), bound=MAX_ENTRIES):
        if first + i < p.sequence:
            continue
        entry: IBatchLane.Shown = entries[i]
        leaf: bytes32 = empty(bytes32)
        anchored_at: uint256 = 0
        leaf, anchored_at = self._anchored(ticket_id, p.sequence, entry, opened.agent)
        if entry.index < words.place_end(self._places[entry.batch], 3):
            refusal.because("lane: index is an opening's")
        if block.timestamp > half and anchored_at <= half and entry.act != FOLLOWED_UP:
            refusal.because("lane: too late for this entry")
        at: uint256 = entry.at
        # Not a sum: a time close to 2**256 is to be passed over, not to stop what follows.
        if entry.act != FOLLOWED_UP and at < anchored_at and anchored_at - at > anchor_lag:
            at = anchored_at
        at = max(at, p.last_at)
        taken: bool = self._is_taken(entry, anchored_at, requester)
        if taken:
            taken = extcall DESK.apply_entry(ticket_id, entry.act, at, p.proven_at)
        answers: bool = (
            taken and entry.act != FOLLOWED_UP and anchored_at < p.proven_at and msg.sender != prover
        )
        if taken:
            p.last_at = at
        if answers:
            p.answered = 1
        log IBatchLane.EntryShown(
            ticket_id=ticket_id,
            batch=entry.batch,
            sequence=p.sequence,
            act=entry.act,
            at=at,
            actor=entry.actor,
            digest=entry.digest,
            taken=taken,
            answers=answers,
        )
        p.sequence += 1
    self._proofs[ticket_id] = words.pack_proof(p)


@external
@nonreentrant
def end_challenge(ticket_id: bytes32, claim: bool, collect: bool):
    """
    @notice Ends a challenge whose window is over: what was breached at its last second is recorded, the bond goes where
            it belongs, and the ticket is a direct one. Anyone.
    @param ticket_id A challenged ticket.
    @param claim Whether what is breached is also claimed; refused where nothing is.
    @param collect Whether a claim is also sent to the requester, with all else that it can collect.
    """
    word: uint256 = self._challenged(ticket_id)
    p: words.ProofState = words.unpack_proof(self._proofs[ticket_id])
    challenge_window: uint256 = 0
    anchor_lag: uint256 = 0
    challenge_window, anchor_lag = staticcall DESK.lane_terms(words.unpack_ticket(word).policy_id)
    until: uint256 = p.proven_at + challenge_window
    if block.timestamp <= until:
        refusal.because("lane: challenge window still runs")
    prover: address = self._prover(ticket_id, p, words.ticket_requester(word))
    bond: uint256 = p.bond
    p.bond = 0
    self._proofs[ticket_id] = words.pack_proof(p)
    breached: uint256 = extcall DESK.end_challenge(ticket_id, until)
    returned: bool = breached != 0 or p.answered == 0
    log IBatchLane.ChallengeEnded(
        ticket_id=ticket_id, breached=breached, prover=prover, bond=bond, returned=returned
    )
    if bond != 0:
        extcall POOL.settle(prover, 0, bond, bond if returned else 0, 0, False)
    if claim:
        extcall DESK.claim(ticket_id, collect)


@external
@nonreentrant
def prove_equivocation(ticket_id: bytes32, sequence: uint256, one: IBatchLane.Shown, other: IBatchLane.Shown):
    """
    @notice Shows that two different entries were anchored for one ticket and sequence: its three clock kinds are breached.
            Anyone.
    @param ticket_id A proven ticket that is not closed.
    @param sequence Of both entries.
    @param one An entry anchored by the agent that anchored the ticket's opening, or by a successor.
    @param other Another one.
    """
    p: words.ProofState = words.unpack_proof(self._proofs[ticket_id])
    if p.proven_at == 0:
        refusal.because("lane: ticket was not proven")
    opened_by: address = words.unpack_batch(self._batches[p.batch]).agent
    one_leaf: bytes32 = self._anchored(ticket_id, sequence, one, opened_by)[0]
    other_leaf: bytes32 = self._anchored(ticket_id, sequence, other, opened_by)[0]
    if one_leaf == other_leaf:
        refusal.because("lane: entries are the same")
    extcall DESK.breach_clocks(ticket_id)
    log IBatchLane.Equivocated(ticket_id=ticket_id, sequence=sequence, one=one_leaf, other=other_leaf)


@external
@nonreentrant
def release_batch(batch: uint256):
    """
    @notice Frees what a batch still holds for openings that were not proven. Anyone, once it has expired.
    @param batch A batch with something set aside.
    """
    b: words.BatchState = self._known(batch)
    if block.timestamp <= b.expires_at:
        refusal.because("lane: batch has not expired")
    places: uint256 = self._places[batch]
    amount: uint256 = words.places_reserved(places)
    if amount == 0:
        refusal.because("lane: nothing to release")
    self._places[batch] = words.with_reserved(places, 0)
    log IBatchLane.BatchReleased(batch=batch, amount=amount)
    extcall POOL.settle(empty(address), 0, amount, 0, 0, False)


# ---------------------------------------------------------------- views


@view
@external
def desk() -> address:
    """
    @notice Whose tickets this lane proves.
    @return The desk.
    """
    return DESK.address


@view
@external
def pool() -> address:
    """
    @notice Where reserves and bonds are.
    @return The desk's pool.
    """
    return POOL.address


@view
@external
def directory() -> address:
    """
    @notice Who the operator and the agents are.
    @return The desk's directory.
    """
    return DIRECTORY.address


@view
@external
def batch(batch: uint256) -> IBatchLane.Batch:
    """
    @notice What is on record of a batch.
    @param batch Any number.
    @return The batch; its agent is zero where there is none.
    """
    b: words.BatchState = words.unpack_batch(self._batches[batch])
    places: uint256 = self._places[batch]
    found: IBatchLane.Batch = IBatchLane.Batch(
        agent=b.agent,
        policy_id=b.policy_id,
        root=self._roots[batch],
        ends=empty(uint256[5]),
        anchored_at=b.anchored_at,
        expires_at=b.expires_at,
        backed=b.backed == 1,
        reserved=words.places_reserved(places),
    )
    for i: uint256 in range(5):
        found.ends[i] = words.place_end(places, i)
    return found


@view
@external
def proof(ticket_id: bytes32) -> IBatchLane.Proof:
    """
    @notice How far the proof of a ticket has come.
    @param ticket_id Any id.
    @return The proof; its time is 0 where there is none.
    """
    p: words.ProofState = words.unpack_proof(self._proofs[ticket_id])
    return IBatchLane.Proof(
        proven_at=p.proven_at,
        batch=p.batch,
        sequence=p.sequence,
        last_at=p.last_at,
        prover=self._prover(ticket_id, p, words.ticket_requester(staticcall DESK.ticket_word(ticket_id))),
        bond=p.bond,
        answered=p.answered == 1,
    )


@view
@external
def verify_inclusion(
    batch: uint256, index: uint256, entry: IBatchLane.Entry, path: DynArray[bytes32, merkle_log.MAX_PATH]
) -> bool:
    """
    @notice Whether an entry was anchored at an index of a batch.
    @param batch Any number.
    @param index From 0 on.
    @param entry The entry.
    @param path From the leaf up.
    @return True or false.
    """
    return merkle_log.is_included(
        self._roots[batch],
        merkle_log.leaf_hash(abi_encode(entry)),
        index,
        words.place_end(self._places[batch], 4),
        path,
    )


# ---------------------------------------------------------------- internal


@internal
@view
def _known(batch: uint256) -> words.BatchState:
    b: words.BatchState = words.unpack_batch(self._batches[batch])
    if b.anchored_at == 0:
        refusal.because("lane: batch unknown")
    return b


@internal
@view
def _challenged(ticket_id: bytes32) -> uint256:
    word: uint256 = staticcall DESK.ticket_word(ticket_id)
    if word >> 255 == 0:
        refusal.because("lane: ticket is not challenged")
    return word


@internal
@pure
def _priority(places: uint256, index: uint256) -> uint256:
    for priority: uint256 in range(3):
        if index < words.place_end(places, priority):
            return priority
    return 3


@internal
@view
def _prover(ticket_id: bytes32, p: words.ProofState, requester: address) -> address:
    return self._provers[ticket_id] if p.by_another == 1 else requester


@internal
@view
def _is_taken(entry: IBatchLane.Shown, anchored_at: uint256, requester: address) -> bool:
    # Whether it is an entry of this ticket's requester or of a human agent, and not of a time to come.
    if entry.at > anchored_at or entry.act == OPENED or entry.act > FOLLOWED_UP:
        return False
    if entry.act == FOLLOWED_UP:
        return entry.actor == requester
    return staticcall DIRECTORY.standing_at(entry.actor, entry.at) == HUMAN


@internal
@view
def _anchored(
    ticket_id: bytes32, sequence: uint256, entry: IBatchLane.Shown, opened_by: address
) -> (bytes32, uint256):
    # The leaf's hash and when it was anchored; refuses what was not, or by an agent whose entries do not count here.
    b: words.BatchState = self._known(entry.batch)
    if b.agent != opened_by and not staticcall DIRECTORY.succeeds(b.agent, opened_by):
        refusal.because("lane: batch of another agent")
    leaf: bytes32 = merkle_log.leaf_hash(
        abi_encode(ticket_id, sequence, entry.act, entry.at, entry.actor, entry.digest)
    )
    size: uint256 = words.place_end(self._places[entry.batch], 4)
    if not merkle_log.is_included(self._roots[entry.batch], leaf, entry.index, size, entry.path):
        refusal.because("lane: path does not prove it")
    return leaf, b.anchored_at
