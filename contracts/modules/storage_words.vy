# pragma version 0.4.3
# SPDX-License-Identifier: AGPL-3.0-only
"""
@title  storage_words
@author Makegood
@license AGPL-3.0-only
@notice Every packed storage word of the system: its layout, how it is packed, how it is read. Widths are in bits,
        from bit 0 up. Packing trusts its caller to have checked that each field fits, unless it says otherwise.

        ticket     requester 160 | clock 32 | resolution 32 | policy id 13 | priority 2 | status 3 | replied 1 |
                   breached 4 | compensated 4 | backed 1 | holds place 1 | proven 1 | disputed 1 | challenged 1
                   clock:      open: when the reply is due; solved: when it was solved; else 0
                   resolution: open, hold: when it is due; else the seconds of open time that remain
        terms      hours 168 | contest window 29 | claim window 29 | ruling window 23
        targets    first reply 32 | next reply 32 | resolution 32 | worst case 96          (a priority)
        amounts    first reply 85 | next reply 85 | resolution 85                          (a priority)
        bonds      contest bond 85 | fee 85
        incidents  cap 96 | bond share 14 | challenge window 20 | anchor lag 19 | prove bond 85
        coverage   until 40 | places 16 | used 16 | priority 2
        agent      since 40 | until 40 | kind 2 | revoked 1
        channel    since 40 | revoked at 40
        ledger     funds 128 | committed 128
        split      credited 128 | bonded 128
        debts      incurred 128 | paid 128                                     (both only grow)
        account    credited 128 | first unpaid debt 64 | debts 64
        debt       position 128 | amount 128
        panels     epoch 32 | newest 32 | disputes 64 | proposed 32 | usable from 40 | usable until 40
        dispute    state 3 | epoch 32 | rules until 40 | number 64 | signers 15 | money 98
                   money:      open: the bond; ruled: what each signer can still collect
        incident   asked 96 | reserved 96
        batch      agent 160 | policy id 13 | anchored at 40 | expires at 40 | backed 1
        places     ends of urgent, high, normal, low openings 24 each | size 24 | reserved 128
        proof      proven at 40 | last at 40 | next sequence 32 | batch 40 | bond 85 | by another 1 | answered 1
"""

# ---------------------------------------------------------------- masks

MASK_2: constant(uint256) = 2**2 - 1
MASK_3: constant(uint256) = 2**3 - 1
MASK_4: constant(uint256) = 2**4 - 1
MASK_13: constant(uint256) = 2**13 - 1
MASK_14: constant(uint256) = 2**14 - 1
MASK_15: constant(uint256) = 2**15 - 1
MASK_16: constant(uint256) = 2**16 - 1
MASK_19: constant(uint256) = 2**19 - 1
MASK_20: constant(uint256) = 2**20 - 1
MASK_23: constant(uint256) = 2**23 - 1
MASK_24: constant(uint256) = 2**24 - 1
MASK_29: constant(uint256) = 2**29 - 1
MASK_32: constant(uint256) = 2**32 - 1
MASK_40: constant(uint256) = 2**40 - 1
MASK_64: constant(uint256) = 2**64 - 1
MASK_85: constant(uint256) = 2**85 - 1
MASK_96: constant(uint256) = 2**96 - 1
MASK_98: constant(uint256) = 2**98 - 1
MASK_128: constant(uint256) = 2**128 - 1
MASK_160: constant(uint256) = 2**160 - 1
MASK_168: constant(uint256) = 2**168 - 1

# ---------------------------------------------------------------- limits that follow from the widths

MAX_POLICY_ID: constant(uint256) = MASK_13
MAX_TIME: constant(uint256) = MASK_32
MAX_AMOUNT: constant(uint256) = MASK_85
MAX_WORST_CASE: constant(uint256) = MASK_96
MAX_PLACES: constant(uint256) = MASK_16
MAX_UNTIL: constant(uint256) = MASK_40
MAX_MONEY: constant(uint256) = MASK_128
MAX_BATCH_SIZE: constant(uint256) = MASK_24

# ---------------------------------------------------------------- numbers of the field words

OPEN: constant(uint256) = 1
HOLD: constant(uint256) = 2
PENDING: constant(uint256) = 3
SOLVED: constant(uint256) = 4
CLOSED: constant(uint256) = 5

FIRST_REPLY: constant(uint256) = 1
NEXT_REPLY: constant(uint256) = 2
RESOLUTION: constant(uint256) = 4
INCIDENT: constant(uint256) = 8


struct TicketState:
    requester: address
    clock: uint256
    resolution: uint256
    policy_id: uint256
    priority: uint256
    status: uint256
    replied: uint256
    breached: uint256
    compensated: uint256
    backed: uint256
    holds_place: uint256
    proven: uint256
    disputed: uint256
    challenged: uint256


struct PanelState:
    epoch: uint256
    newest: uint256
    disputes: uint256
    proposed: uint256
    usable_from: uint256
    usable_until: uint256


struct IncidentTerms:
    cap: uint256                # in units of the asset
    bond_share: uint256         # basis points of what an incident asks
    challenge_window: uint256   # seconds
    anchor_lag: uint256         # seconds
    prove_bond: uint256         # in units of the asset


struct BatchState:
    agent: address
    policy_id: uint256
    anchored_at: uint256
    expires_at: uint256
    backed: uint256


struct ProofState:
    proven_at: uint256
    last_at: uint256
    sequence: uint256
    batch: uint256
    bond: uint256
    by_another: uint256
    answered: uint256


struct DisputeState:
    state: uint256
    epoch: uint256
    rules_until: uint256
    number: uint256
    signers: uint256
    money: uint256


# ---------------------------------------------------------------- ticket


@internal
@pure
def pack_ticket(t: TicketState) -> uint256:
    """
    @notice One word that holds a ticket's whole state.
    @param t The state; every field within its width, but for the two times: in 2106 they stop at the last second
           that 32 bits hold, so that no other field is ever written over.
    @return The word; never 0, since a ticket has a status.
    """
    return (
        convert(t.requester, uint256)
        | (min(t.clock, MAX_TIME) << 160)
        | (min(t.resolution, MAX_TIME) << 192)
        | (t.policy_id << 224)
        | (t.priority << 237)
        | (t.status << 239)
        | (t.replied << 242)
        | (t.breached << 243)
        | (t.compensated << 247)
        | (t.backed << 251)
        | (t.holds_place << 252)
        | (t.proven << 253)
        | (t.disputed << 254)
        | (t.challenged << 255)
    )


@internal
@pure
def unpack_ticket(word: uint256) -> TicketState:
    """
    @notice The state that a ticket's word holds.
    @param word The word; 0 gives status 0, an unknown ticket.
    @return The state.
    """
    return TicketState(
        requester=self.ticket_requester(word),
        clock=(word >> 160) & MASK_32,
        resolution=(word >> 192) & MASK_32,
        policy_id=(word >> 224) & MASK_13,
        priority=(word >> 237) & MASK_2,
        status=self.ticket_status(word),
        replied=(word >> 242) & 1,
        breached=(word >> 243) & MASK_4,
        compensated=(word >> 247) & MASK_4,
        backed=(word >> 251) & 1,
        holds_place=(word >> 252) & 1,
        proven=(word >> 253) & 1,
        disputed=(word >> 254) & 1,
        challenged=word >> 255,
    )


@internal
@pure
def ticket_requester(word: uint256) -> address:
    """
    @notice Who opened the ticket.
    @param word A ticket's word.
    @return The requester; zero for an unknown ticket.
    """
    return convert(word & MASK_160, address)


@internal
@pure
def ticket_status(word: uint256) -> uint256:
    """
    @notice Where the ticket stands.
    @param word A ticket's word.
    @return The status; 0 for an unknown ticket.
    """
    return (word >> 239) & MASK_3


# ---------------------------------------------------------------- policy


@internal
@pure
def pack_terms(hours: uint256, contest_window: uint256, claim_window: uint256, ruling_window: uint256) -> uint256:
    """
    @notice The opening hours and the three windows that tickets need.
    @param hours Bit set of the open hours of the week.
    @param contest_window Seconds.
    @param claim_window Seconds.
    @param ruling_window Seconds.
    @return The word.
    """
    return hours | (contest_window << 168) | (claim_window << 197) | (ruling_window << 226)


@internal
@pure
def terms_hours(word: uint256) -> uint256:
    """
    @notice The opening hours.
    @param word A terms word.
    @return Bit set of the open hours of the week.
    """
    return word & MASK_168


@internal
@pure
def terms_contest_window(word: uint256) -> uint256:
    """
    @notice How long a solution can be contested.
    @param word A terms word.
    @return Seconds.
    """
    return (word >> 168) & MASK_29


@internal
@pure
def terms_claim_window(word: uint256) -> uint256:
    """
    @notice How long a batch ticket can be proven after its longest target.
    @param word A terms word.
    @return Seconds.
    """
    return (word >> 197) & MASK_29


@internal
@pure
def terms_ruling_window(word: uint256) -> uint256:
    """
    @notice How long arbiters have for a verdict.
    @param word A terms word.
    @return Seconds.
    """
    return (word >> 226) & MASK_23


@internal
@pure
def pack_targets(targets: uint256[3], worst_case: uint256) -> uint256:
    """
    @notice The targets of one priority and the sum of its three compensations.
    @param targets First reply, next reply, resolution; seconds of open time.
    @param worst_case In units of the asset.
    @return The word; never 0 for a published policy, since targets are not.
    """
    return targets[0] | (targets[1] << 32) | (targets[2] << 64) | (worst_case << 96)


@internal
@pure
def target(word: uint256, index: uint256) -> uint256:
    """
    @notice One target of a priority.
    @param word A targets word.
    @param index 0 first reply, 1 next reply, 2 resolution.
    @return Seconds of open time.
    """
    return (word >> unsafe_mul(index, 32)) & MASK_32


@internal
@pure
def worst_case(word: uint256) -> uint256:
    """
    @notice What a ticket of this priority can cost in its three clock kinds.
    @param word A targets word.
    @return In units of the asset.
    """
    return word >> 96


@internal
@pure
def pack_three(amounts: uint256[3]) -> uint256:
    """
    @notice Three amounts of money: the compensations of a priority.
    @param amounts In units of the asset, each at most MAX_AMOUNT.
    @return The word.
    """
    return amounts[0] | (amounts[1] << 85) | (amounts[2] << 170)


@internal
@pure
def one_of_three(word: uint256, index: uint256) -> uint256:
    """
    @notice One amount of an amounts word.
    @param word The word.
    @param index 0, 1 or 2.
    @return In units of the asset.
    """
    return (word >> unsafe_mul(index, 85)) & MASK_85


@internal
@pure
def pack_bonds(contest_bond: uint256, fee: uint256) -> uint256:
    """
    @notice What a dispute takes.
    @param contest_bond In units of the asset, at most MAX_AMOUNT.
    @param fee The arbiters' part of it, at most MAX_AMOUNT.
    @return The word.
    """
    return contest_bond | (fee << 85)


@internal
@pure
def bonds_contest(word: uint256) -> uint256:
    """
    @notice The bond of a contest.
    @param word A bonds word.
    @return In units of the asset.
    """
    return word & MASK_85


@internal
@pure
def bonds_fee(word: uint256) -> uint256:
    """
    @notice The arbiters' fee.
    @param word A bonds word.
    @return In units of the asset.
    """
    return (word >> 85) & MASK_85


@internal
@pure
def pack_incidents(t: IncidentTerms) -> uint256:
    """
    @notice What only disputes and batches read of a policy.
    @param t The terms; every field within its width.
    @return The word.
    """
    return (
        t.cap
        | (t.bond_share << 96)
        | (t.challenge_window << 110)
        | (t.anchor_lag << 130)
        | (t.prove_bond << 149)
    )


@internal
@pure
def unpack_incidents(word: uint256) -> IncidentTerms:
    """
    @notice The fields of an incidents word.
    @param word The word.
    @return The terms.
    """
    return IncidentTerms(
        cap=word & MASK_96,
        bond_share=(word >> 96) & MASK_14,
        challenge_window=(word >> 110) & MASK_20,
        anchor_lag=(word >> 130) & MASK_19,
        prove_bond=self.incidents_prove_bond(word),
    )


@internal
@pure
def incidents_prove_bond(word: uint256) -> uint256:
    """
    @notice The bond of a proof.
    @param word An incidents word.
    @return In units of the asset.
    """
    return (word >> 149) & MASK_85


# ---------------------------------------------------------------- coverage


@internal
@pure
def pack_coverage(until: uint256, places: uint256, used: uint256, priority: uint256) -> uint256:
    """
    @notice One holder's coverage under one policy.
    @param until The last second of the coverage.
    @param places How many tickets may be open at once.
    @param used How many are.
    @param priority The most urgent one allowed.
    @return The word.
    """
    return until | (places << 40) | (used << 56) | (priority << 72)


@internal
@pure
def unpack_coverage(word: uint256) -> (uint256, uint256, uint256, uint256):
    """
    @notice The fields of a coverage word.
    @param word The word; 0 is no coverage.
    @return Until, places, used, priority.
    """
    return word & MASK_40, (word >> 40) & MASK_16, (word >> 56) & MASK_16, (word >> 72) & MASK_2


# ---------------------------------------------------------------- agent


@internal
@pure
def pack_agent(since: uint256, until: uint256, kind: uint256, revoked: bool) -> uint256:
    """
    @notice When an agent stands and what it is.
    @param since The second from which on it stands.
    @param until The last second at which it stands.
    @param kind 1 human, 2 bot.
    @param revoked Whether it was revoked.
    @return The word.
    """
    return since | (until << 40) | (kind << 80) | (convert(revoked, uint256) << 82)


@internal
@pure
def unpack_agent(word: uint256) -> (uint256, uint256, uint256, bool):
    """
    @notice The fields of an agent word.
    @param word The word; 0 was never registered.
    @return Since, until, kind, revoked.
    """
    return word & MASK_40, (word >> 40) & MASK_40, (word >> 80) & MASK_2, (word >> 82) & 1 == 1


@internal
@pure
def pack_channel(since: uint256, revoked_at: uint256) -> uint256:
    """
    @notice Since when a channel is official and from when on not.
    @param since The second of its publication.
    @param revoked_at The second of its revocation; 0 while it stands.
    @return The word.
    """
    return since | (revoked_at << 40)


@internal
@pure
def unpack_channel(word: uint256) -> (uint256, uint256):
    """
    @notice The fields of a channel word.
    @param word The word; 0 was never official.
    @return Since, revoked at.
    """
    return word & MASK_40, (word >> 40) & MASK_40


# ---------------------------------------------------------------- money


@internal
@pure
def pack_halves(low: uint256, high: uint256) -> uint256:
    """
    @notice Two amounts of 128 bits each.
    @param low The lower half.
    @param high The upper half.
    @return The word.
    """
    return low | (high << 128)


@internal
@pure
def low_half(word: uint256) -> uint256:
    """
    @notice The lower amount of a word of two.
    @param word The word.
    @return The amount.
    """
    return word & MASK_128


@internal
@pure
def high_half(word: uint256) -> uint256:
    """
    @notice The upper amount of a word of two.
    @param word The word.
    @return The amount.
    """
    return word >> 128


@internal
@pure
def pack_account(credited: uint256, first_debt: uint256, debts: uint256) -> uint256:
    """
    @notice What the pool owes one beneficiary.
    @param credited Ready to be collected.
    @param first_debt Index of the oldest debt not yet turned into credit.
    @param debts How many debts there have been.
    @return The word.
    """
    return credited | (first_debt << 128) | (debts << 192)


@internal
@pure
def unpack_account(word: uint256) -> (uint256, uint256, uint256):
    """
    @notice The fields of an account word.
    @param word The word; 0 is owed nothing.
    @return Credited, first debt, debts.
    """
    return word & MASK_128, (word >> 128) & MASK_64, word >> 192


# ---------------------------------------------------------------- panel


@internal
@pure
def pack_panels(p: PanelState) -> uint256:
    """
    @notice Which panel decides, which one is proposed, and how many disputes there were.
    @param p The state. Epochs and disputes only count up; no chain has the blocks to fill their widths.
    @return The word.
    """
    return (
        p.epoch
        | (p.newest << 32)
        | (p.disputes << 64)
        | (p.proposed << 128)
        | (p.usable_from << 160)
        | (p.usable_until << 200)
    )


@internal
@pure
def unpack_panels(word: uint256) -> PanelState:
    """
    @notice The fields of a panels word.
    @param word The word.
    @return The state.
    """
    return PanelState(
        epoch=word & MASK_32,
        newest=(word >> 32) & MASK_32,
        disputes=(word >> 64) & MASK_64,
        proposed=(word >> 128) & MASK_32,
        usable_from=(word >> 160) & MASK_40,
        usable_until=(word >> 200) & MASK_40,
    )


@internal
@pure
def pack_dispute(d: DisputeState) -> uint256:
    """
    @notice What every dispute needs; an incident has a word more.
    @param d The state; every field within its width. A bond is at most 2**85 + 2**96, within 98 bits.
    @return The word; never 0, since a dispute has a state.
    """
    return (
        d.state
        | (d.epoch << 3)
        | (d.rules_until << 35)
        | (d.number << 75)
        | (d.signers << 139)
        | (d.money << 154)
    )


@internal
@pure
def unpack_dispute(word: uint256) -> DisputeState:
    """
    @notice The fields of a dispute word.
    @param word The word; 0 gives state 0, no dispute.
    @return The state.
    """
    return DisputeState(
        state=self.dispute_state(word),
        epoch=(word >> 3) & MASK_32,
        rules_until=(word >> 35) & MASK_40,
        number=(word >> 75) & MASK_64,
        signers=(word >> 139) & MASK_15,
        money=(word >> 154) & MASK_98,
    )


@internal
@pure
def dispute_state(word: uint256) -> uint256:
    """
    @notice Where the dispute stands.
    @param word A dispute word.
    @return The state; 0 where there is none.
    """
    return word & MASK_3


@internal
@pure
def pack_incident(asked: uint256, reserved: uint256) -> uint256:
    """
    @notice What an incident asks and how much of it is set aside.
    @param asked In units of the asset, at most MAX_WORST_CASE.
    @param reserved At most `asked`.
    @return The word.
    """
    return asked | (reserved << 96)


@internal
@pure
def unpack_incident(word: uint256) -> (uint256, uint256):
    """
    @notice The fields of an incident word.
    @param word The word.
    @return Asked, reserved.
    """
    return word & MASK_96, (word >> 96) & MASK_96


# ---------------------------------------------------------------- batches


@internal
@pure
def pack_batch(b: BatchState) -> uint256:
    """
    @notice Who anchored a batch, under which policy, and when it begins and ends.
    @param b The state; every field within its width.
    @return The word; never 0 for a batch that was anchored.
    """
    return (
        convert(b.agent, uint256)
        | (b.policy_id << 160)
        | (b.anchored_at << 173)
        | (b.expires_at << 213)
        | (b.backed << 253)
    )


@internal
@pure
def unpack_batch(word: uint256) -> BatchState:
    """
    @notice The fields of a batch word.
    @param word The word; 0 is an unknown batch.
    @return The state.
    """
    return BatchState(
        agent=convert(word & MASK_160, address),
        policy_id=(word >> 160) & MASK_13,
        anchored_at=(word >> 173) & MASK_40,
        expires_at=(word >> 213) & MASK_40,
        backed=(word >> 253) & 1,
    )


@internal
@pure
def pack_places(counts: uint256[5], reserved: uint256) -> uint256:
    """
    @notice Where the openings of each priority end among a batch's leaves, how many leaves there are, and what is
            still set aside for openings not proven.
    @param counts Openings of urgent, high, normal, low tickets, and later entries; together at most MAX_BATCH_SIZE.
    @param reserved In units of the asset, at most MAX_MONEY.
    @return The word.
    """
    word: uint256 = reserved << 120
    end: uint256 = 0
    for i: uint256 in range(5):
        end = unsafe_add(end, counts[i])
        word |= end << unsafe_mul(i, 24)
    return word


@internal
@pure
def place_end(word: uint256, index: uint256) -> uint256:
    """
    @notice Where the openings of one priority end, or all leaves.
    @param word A places word.
    @param index 0 urgent .. 3 low; 4 all leaves.
    @return The index of the first leaf beyond.
    """
    return (word >> unsafe_mul(index, 24)) & MASK_24


@internal
@pure
def places_reserved(word: uint256) -> uint256:
    """
    @notice What is still set aside for openings not proven.
    @param word A places word.
    @return In units of the asset.
    """
    return word >> 120


@internal
@pure
def with_reserved(word: uint256, reserved: uint256) -> uint256:
    """
    @notice The places of a batch with another reserve.
    @param word A places word.
    @param reserved In units of the asset, at most MAX_MONEY.
    @return The word.
    """
    return (word & (2**120 - 1)) | (reserved << 120)


@internal
@pure
def pack_proof(p: ProofState) -> uint256:
    """
    @notice How far the proof of a ticket has come.
    @param p The state; every field within its width. A bond is a policy's, within 85 bits.
    @return The word; never 0, since a proof has a time.
    """
    return (
        p.proven_at
        | (p.last_at << 40)
        | (p.sequence << 80)
        | (p.batch << 112)
        | (p.bond << 152)
        | (p.by_another << 237)
        | (p.answered << 238)
    )


@internal
@pure
def unpack_proof(word: uint256) -> ProofState:
    """
    @notice The fields of a proof word.
    @param word The word; 0 is no proof.
    @return The state.
    """
    return ProofState(
        proven_at=word & MASK_40,
        last_at=(word >> 40) & MASK_40,
        sequence=(word >> 80) & MASK_32,
        batch=(word >> 112) & MASK_40,
        bond=(word >> 152) & MASK_85,
        by_another=(word >> 237) & 1,
        answered=(word >> 238) & 1,
    )
