# pragma version 0.4.3
# pragma evm-version cancun
# SPDX-License-Identifier: AGPL-3.0-only
"""
@title  SupportDesk
@author Makegood
@license AGPL-3.0-only
@notice One operator's support desk: its published policies, who is covered, and every ticket with its clocks and
        breaches. It holds no money: the pool does, and pays what this contract says was breached. Nobody can
        change, pause or take back any of it.

        A ticket event first records what is breached by then. A breach is recorded for good; each kind is
        compensated at most once a ticket.
"""

from .interfaces import IAgentDirectory
from .interfaces import IArbiterPanel
from .interfaces import ICompensationPool
from .interfaces import IPolicyRules
from .interfaces import ISupportDesk
from .modules import coverages
from .modules import opening_hours
from .modules import policies
from .modules import refusal
from .modules import signatures
from .modules import storage_words as words
from .modules import ticket_clock
from snekmate.utils import eip712_domain_separator as eip712

implements: ISupportDesk
initializes: policies
initializes: coverages
initializes: eip712

# EIP-5267: what a wallet or a relayer needs to rebuild the domain.
exports: eip712.eip712Domain

MAX_ITEMS: constant(uint256) = 100

LANE_REQUESTER: constant(uint256) = 0
LANE_AGENT: constant(uint256) = 1

HUMAN: constant(uint256) = 1
BOT: constant(uint256) = 2

# First reply, next reply, resolution.
CLOCK_KINDS: constant(uint256) = 7

OPEN_TICKET_TYPE: constant(bytes32) = keccak256(
    "OpenTicket(address requester,uint256 policy_id,uint256 priority,bytes32 commitment,uint256 deadline)"
)
FOLLOW_UP_TYPE: constant(bytes32) = keccak256(
    "FollowUp(bytes32 ticket_id,bytes32 digest,uint256 nonce,uint256 deadline)"
)
GRANT_COVERAGE_TYPE: constant(bytes32) = keccak256(
    "GrantCoverage(address holder,uint256 policy_id,uint256 priority,uint256 places,uint256 until,uint256 deadline)"
)

POOL: immutable(ICompensationPool)
PANEL: immutable(IArbiterPanel)
LANE: immutable(address)
RULES: immutable(IPolicyRules)
DIRECTORY: immutable(IAgentDirectory)

_tickets: HashMap[bytes32, uint256]
_allowances: HashMap[address, uint256]
_follow_up_nonces: HashMap[bytes32, uint256]


@deploy
def __init__(pool: address, panel: address, lane: address, directory: address, rules: address):
    """
    @notice Fixes the pool that pays, the panel that rules, the lane that proves what batches hold, and the directory
            that says who the operator and the agents are.
    @param pool The desk's pool; it must know this desk as its own.
    @param panel The desk's panel; it must know this desk as its own.
    @param lane The desk's batch lane; it must know this desk as its own.
    @param directory The desk's directory.
    @param rules Which policies can be kept.
    """
    eip712.__init__("Makegood", "1")
    POOL = ICompensationPool(pool)
    PANEL = IArbiterPanel(panel)
    LANE = lane
    DIRECTORY = IAgentDirectory(directory)
    RULES = IPolicyRules(rules)


# ---------------------------------------------------------------- requester


@external
def open_ticket(policy_id: uint256, priority: uint256, commitment: bytes32) -> bytes32:
    """
    @notice Opens a ticket of the caller's, who needs coverage with a place left. Whatever state the pool is in, the
            ticket is recorded; where free funds reach, its worst case is reserved.
    @param policy_id A policy that the coverage is for.
    @param priority 0 urgent .. 3 low, not more urgent than the coverage.
    @param commitment SHA-256 of the salted opening document; not zero.
    @return The ticket's id.
    """
    coverages.take_place(msg.sender, policy_id, priority)
    return self._open(msg.sender, empty(address), policy_id, priority, commitment)


@external
def follow_up(ticket_id: bytes32, digest: bytes32):
    """
    @notice The requester writes again: the desk owes a reply. Only the ticket's requester; not once it is closed,
            or solved with its contest window over.
    @param ticket_id The ticket.
    @param digest SHA-256 of the salted message.
    """
    word: uint256 = self._known(ticket_id)
    if msg.sender != words.ticket_requester(word):
        refusal.because("desk: caller is not the requester")
    self._follow_up(ticket_id, word, digest)


# ---------------------------------------------------------------- agent


@external
def open_ticket_for(requester: address, policy_id: uint256, priority: uint256, commitment: bytes32) -> bytes32:
    """
    @notice Opens a ticket for somebody. Only a standing agent, human or bot, whose allowance covers the worst case,
            which it spends whether or not the ticket can be backed.
    @param requester Who is owed the compensation; not zero.
    @param policy_id A published policy.
    @param priority 0 urgent .. 3 low.
    @param commitment SHA-256 of the salted opening document; not zero.
    @return The ticket's id.
    """
    self._only_agent(msg.sender)
    if requester == empty(address):
        refusal.because("desk: requester is zero")
    self._spend(msg.sender, words.worst_case(policies.targets_of(policy_id, priority)))
    return self._open(requester, msg.sender, policy_id, priority, commitment)


@external
def reply(ticket_id: bytes32, status: uint256, digest: bytes32):
    """
    @notice A human agent answers. It stops the reply clock; pending and solved stop the resolution clock too. A late
            reply does not undo the breach. Not once the ticket is closed, or solved with its contest window over.
    @param ticket_id The ticket.
    @param status What it becomes: 2 hold, 3 pending, 4 solved.
    @param digest SHA-256 of the salted reply.
    """
    self._only_human()
    reason: String[64] = self._reply(ticket_id, status, digest)
    if len(reason) != 0:
        refusal.because(reason)


@external
def reply_many(replies: DynArray[ISupportDesk.Reply, MAX_ITEMS]) -> uint256:
    """
    @notice `reply` for each item to which it applies; the others are skipped. Only a standing human agent.
    @param replies At most 100.
    @return Bit i is set where item i was done.
    """
    self._only_human()
    done: uint256 = 0
    for i: uint256 in range(len(replies), bound=MAX_ITEMS):
        reason: String[64] = self._reply(replies[i].ticket_id, replies[i].status, replies[i].digest)
        if len(reason) == 0:
            done |= 1 << i
    return done


@external
def bot_reply(ticket_id: bytes32, digest: bytes32):
    """
    @notice Logs what a bot said. It stops no clock and changes nothing. Only a standing bot; not once the ticket is
            closed, or solved with its contest window over.
    @param ticket_id The ticket.
    @param digest SHA-256 of the salted message.
    """
    if staticcall DIRECTORY.standing(msg.sender) != BOT:
        refusal.because("desk: caller is no bot")
    reason: String[64] = self._why_over(words.unpack_ticket(self._tickets[ticket_id]))
    if len(reason) != 0:
        refusal.because(reason)
    log ISupportDesk.BotReplied(ticket_id=ticket_id, agent=msg.sender, digest=digest)


# ---------------------------------------------------------------- operator


@external
def publish_policy(
    policy: ISupportDesk.Policy, name: String[64], uri: String[256], terms_digest: bytes32
) -> uint256:
    """
    @notice Publishes a version of the SLA, for good. Only the operator. Earlier ones stay as they are.
    @param policy Targets, compensation, hours, windows, bonds.
    @param name What the operator calls it.
    @param uri Where its terms can be read; may be empty.
    @param terms_digest SHA-256 of what stands at `uri`; zero where there is none.
    @return The policy's id, from 1 on.
    """
    self._only_operator()
    policy_id: uint256 = policies.publish(staticcall RULES.packed(policy, staticcall POOL.notice()))
    log ISupportDesk.PolicyPublished(
        policy_id=policy_id, name=name, uri=uri, terms_digest=terms_digest, policy=policy
    )
    return policy_id


@external
def grant_coverage(holder: address, policy_id: uint256, priority: uint256, places: uint256, until: uint256):
    """
    @notice Gives somebody the right to open tickets without the desk's help. Only the operator. A further grant can
            only raise what the holder has.
    @param holder Who is covered; not zero.
    @param policy_id A published policy.
    @param priority The most urgent one allowed, 0 urgent .. 3 low.
    @param places How many tickets may be open at once, 1 .. 65,535.
    @param until The last second at which a ticket can be opened; not past.
    """
    self._only_operator()
    self._grant(holder, policy_id, priority, places, until)


@external
def set_allowance(agent: address, amount: uint256):
    """
    @notice How much an agent may still bind by opening tickets for others. Only the operator. Each one spends its
            worst case, backed or not; nothing gives it back. So what clocks can cost by a stolen key is bounded.
    @param agent Any address.
    @param amount In units of the asset; replaces what is left.
    """
    self._only_operator()
    self._allowances[agent] = amount
    log ISupportDesk.AllowanceSet(agent=agent, amount=amount)


# ---------------------------------------------------------------- anyone


@external
def open_ticket_signed(
    requester: address,
    policy_id: uint256,
    priority: uint256,
    commitment: bytes32,
    deadline: uint256,
    signature: Bytes[1024],
) -> bytes32:
    """
    @notice `open_ticket` for a requester who signed it. Anyone can carry it. It cannot be used twice, since a
            commitment of a requester's makes one ticket.
    @param requester Who signed and is covered.
    @param policy_id A policy that the coverage is for.
    @param priority 0 urgent .. 3 low, not more urgent than the coverage.
    @param commitment SHA-256 of the salted opening document; not zero.
    @param deadline The last second at which the signature counts.
    @param signature The requester's, EIP-712 `OpenTicket`; ECDSA or ERC-1271.
    @return The ticket's id.
    """
    self._check_signature(
        requester,
        keccak256(abi_encode(OPEN_TICKET_TYPE, requester, policy_id, priority, commitment, deadline)),
        deadline,
        signature,
    )
    coverages.take_place(requester, policy_id, priority)
    return self._open(requester, empty(address), policy_id, priority, commitment)


@external
def follow_up_signed(ticket_id: bytes32, digest: bytes32, deadline: uint256, signature: Bytes[1024]):
    """
    @notice `follow_up` for a requester who signed it. Anyone can carry it; each counts once, in the order of the
            ticket's nonce.
    @param ticket_id The ticket.
    @param digest SHA-256 of the salted message.
    @param deadline The last second at which the signature counts.
    @param signature The requester's, EIP-712 `FollowUp` over the current nonce; ECDSA or ERC-1271.
    """
    word: uint256 = self._known(ticket_id)
    nonce: uint256 = self._follow_up_nonces[ticket_id]
    self._check_signature(
        words.ticket_requester(word),
        keccak256(abi_encode(FOLLOW_UP_TYPE, ticket_id, digest, nonce, deadline)),
        deadline,
        signature,
    )
    self._follow_up_nonces[ticket_id] = nonce + 1
    log ISupportDesk.FollowUpNonceUsed(ticket_id=ticket_id, nonce=nonce)
    self._follow_up(ticket_id, word, digest)


@external
def redeem_coverage(
    holder: address,
    policy_id: uint256,
    priority: uint256,
    places: uint256,
    until: uint256,
    deadline: uint256,
    signature: Bytes[1024],
):
    """
    @notice `grant_coverage` by a voucher that the operator signed. Anyone can carry it. Redeemed twice it changes
            nothing.
    @param holder Who is covered.
    @param policy_id A published policy.
    @param priority The most urgent one allowed, 0 urgent .. 3 low.
    @param places How many tickets may be open at once, 1 .. 65,535.
    @param until The last second at which a ticket can be opened; not past.
    @param deadline The last second at which the voucher counts.
    @param signature The operator's, EIP-712 `GrantCoverage`; ECDSA or ERC-1271.
    """
    self._check_signature(
        staticcall DIRECTORY.owner(),
        keccak256(abi_encode(GRANT_COVERAGE_TYPE, holder, policy_id, priority, places, until, deadline)),
        deadline,
        signature,
    )
    self._grant(holder, policy_id, priority, places, until)


@external
def claim(ticket_id: bytes32, collect: bool = False) -> uint256:
    """
    @notice Makes what is breached by now pay the requester. Anyone. Refused where nothing new is breached.
    @param ticket_id The ticket.
    @param collect Whether the pool sends it at once, with all else that the requester can collect.
    @return What the requester is credited, or owed where the ticket is not backed; in units of the asset.
    """
    kinds: uint256 = 0
    amount: uint256 = 0
    kinds, amount = self._claim(ticket_id, collect)
    if kinds == 0:
        refusal.because("desk: nothing to claim")
    return amount


@external
def claim_many(ticket_ids: DynArray[bytes32, MAX_ITEMS]) -> uint256:
    """
    @notice `claim` for each ticket that has something to claim; the others are skipped. Anyone. Collects nothing.
    @param ticket_ids At most 100.
    @return Bit i is set where ticket i was paid.
    """
    done: uint256 = 0
    for i: uint256 in range(len(ticket_ids), bound=MAX_ITEMS):
        if self._claim(ticket_ids[i], False)[0] != 0:
            done |= 1 << i
    return done


@external
def close(ticket_id: bytes32):
    """
    @notice Ends a ticket: what is breached and unpaid is paid, the rest of its reserve is free again. The requester
            at any time; anyone once it is solved and its contest window is over; nobody while a dispute is open.
    @param ticket_id The ticket.
    """
    reason: String[64] = ""
    released: uint256 = 0
    reason, released = self._close(ticket_id)
    if len(reason) != 0:
        refusal.because(reason)
    if released != 0:
        extcall POOL.release(released)


@external
def close_many(ticket_ids: DynArray[bytes32, MAX_ITEMS]) -> uint256:
    """
    @notice `close` for each ticket that the caller can close; the others are skipped. Anyone.
    @param ticket_ids At most 100.
    @return Bit i is set where ticket i was closed.
    """
    done: uint256 = 0
    total: uint256 = 0
    for i: uint256 in range(len(ticket_ids), bound=MAX_ITEMS):
        reason: String[64] = ""
        released: uint256 = 0
        reason, released = self._close(ticket_ids[i])
        if len(reason) == 0:
            done |= 1 << i
            total += released
    if total != 0:
        extcall POOL.release(total)
    return done


# ---------------------------------------------------------------- panel


@external
def begin_dispute(
    ticket_id: bytes32, kind: uint256, requester: address, amount: uint256
) -> (uint256, uint256):
    """
    @notice Notes that a kind is contested. Only the panel, which knows what was contested before. From the first
            reply (an incident: from the opening) until the ticket is closed, or solved with its contest window over.
    @param ticket_id The ticket.
    @param kind 1 first_reply, 2 next_reply, 4 resolution, 8 incident; not compensated yet.
    @param requester Who contests; the ticket's requester.
    @param amount What is asked: for a clock kind the policy's compensation, for an incident up to its cap.
    @return The bond in units of the asset, and the last second at which a verdict counts.
    """
    self._only_panel()
    s: words.TicketState = words.unpack_ticket(self._tickets[ticket_id])
    self._check_decidable(s, kind)
    if requester != s.requester:
        refusal.because("desk: caller is not the requester")
    bond: uint256 = words.bonds_contest(policies.bonds_of(s.policy_id))
    if kind == words.INCIDENT:
        cap: uint256 = 0
        share: uint256 = 0
        cap, share = policies.incident_terms(s.policy_id)
        if amount == 0:
            refusal.because("desk: amount is zero")
        if amount > cap:
            refusal.because("desk: amount over the incident cap")
        bond += amount * share // policies.BASIS_POINTS
    elif amount != self._amount(s, kind):
        refusal.because("desk: amount is not the policy's")

    s = self._checked(ticket_id, s, block.timestamp)
    s.disputed = 1
    word: uint256 = words.pack_ticket(s)
    self._tickets[ticket_id] = word
    log ISupportDesk.TicketContested(ticket_id=ticket_id, kind=kind, word=word)
    return bond, block.timestamp + words.terms_ruling_window(policies.terms_of(s.policy_id))


@external
def rule(ticket_id: bytes32, kind: uint256, upheld: bool, amount: uint256) -> (address, uint256, uint256):
    """
    @notice A dispute is ruled. Only the panel. Upheld, the kind is breached for good and, where the clock has not
            paid it meanwhile, compensated; an upheld resolution reopens the ticket as a follow-up would.
    @param ticket_id The ticket; not closed, since closing waits for its disputes.
    @param kind The contested kind.
    @param upheld Whether the requester is right.
    @param amount What an upheld incident is worth; the panel pays it. Not read for another kind.
    @return The requester, the policy's compensation of the kind (0 for an incident), and the arbiters' fee.
    """
    self._only_panel()
    s: words.TicketState = words.unpack_ticket(self._tickets[ticket_id])
    if upheld:
        self._uphold(ticket_id, s, kind, amount)
    return s.requester, self._amount(s, kind), words.bonds_fee(policies.bonds_of(s.policy_id))


@external
def report(ticket_id: bytes32, kind: uint256) -> uint256:
    """
    @notice The arbiters found a breach that nobody contested; it counts like an upheld dispute. Only the panel. From
            the first reply until the ticket is closed, or solved with its contest window over.
    @param ticket_id The ticket.
    @param kind 1 first_reply, 2 next_reply, 4 resolution; not compensated yet.
    @return The policy's compensation of the kind, in units of the asset.
    """
    self._only_panel()
    if kind == words.INCIDENT:
        refusal.because("desk: kind cannot be reported")
    s: words.TicketState = words.unpack_ticket(self._tickets[ticket_id])
    self._check_decidable(s, kind)
    self._uphold(ticket_id, s, kind, 0)
    return self._amount(s, kind)


# ---------------------------------------------------------------- lane


@external
def begin_batch(
    agent: address, policy_id: uint256, counts: uint256[5], must_back: bool
) -> (bool, uint256, uint256):
    """
    @notice Sets aside the worst case of all openings of a batch. Only the lane. It spends the agent's allowance,
            whether or not free funds reach.
    @param agent Who anchors: a standing agent, human or bot, with an allowance left.
    @param policy_id A published policy, of all its openings.
    @param counts Openings of urgent, high, normal, low tickets, each below 2**24; the fifth is not read.
    @param must_back Whether to refuse where free funds do not reach.
    @return Whether it is backed, the worst case in units of the asset, and the last second at which its openings can
            be proven.
    """
    self._only_lane()
    self._only_agent(agent)
    if not policies.exists(policy_id):
        refusal.because("policy: unknown")
    worst_case: uint256 = 0
    longest: uint256 = 0
    for priority: uint256 in range(4):
        if counts[priority] != 0:
            targets: uint256 = policies.targets_of(policy_id, priority)
            worst_case += counts[priority] * words.worst_case(targets)
            for kind: uint256 in range(3):
                longest = max(longest, words.target(targets, kind))
    self._spend(agent, worst_case)
    backed: bool = True
    if worst_case != 0:
        # As for a ticket: the pool calls nobody here and never refuses.
        backed = extcall POOL.reserve(worst_case)
    if must_back and not backed:
        refusal.because("desk: free funds too low")
    terms: uint256 = policies.terms_of(policy_id)
    expires_at: uint256 = (
        opening_hours.due(words.terms_hours(terms), block.timestamp, longest) + words.terms_claim_window(terms)
    )
    return backed, worst_case, expires_at


@external
def prove_ticket(
    ticket_id: bytes32,
    requester: address,
    policy_id: uint256,
    priority: uint256,
    at: uint256,
    backed: bool,
) -> (uint256, uint256):
    """
    @notice Records a ticket that a batch opened. Only the lane, which has seen the proof. Until its challenge ends
            only the lane can move it.
    @param ticket_id Its id, on lane 2; unknown here.
    @param requester Who opened it.
    @param policy_id Its batch's policy.
    @param priority 0 urgent .. 3 low.
    @param at When it was opened.
    @param backed Whether its batch's worst case was reserved.
    @return Its worst case, now its own part of its batch's reserve, and the bond of its proof; in units of the asset.
    """
    self._only_lane()
    if self._tickets[ticket_id] != 0:
        refusal.because("desk: ticket exists")
    targets: uint256 = policies.targets_of(policy_id, priority)
    s: words.TicketState = empty(words.TicketState)
    s.requester = requester
    s.policy_id = policy_id
    s.priority = priority
    s.backed = convert(backed, uint256)
    s.proven = 1
    s.challenged = 1
    s = self._opened(s, at, targets)
    self._move(ticket_id, s)
    return words.worst_case(targets), policies.prove_bond(policy_id)


@external
def apply_entry(ticket_id: bytes32, act: uint256, at: uint256, proven_at: uint256) -> bool:
    """
    @notice Applies a batch's entry to a challenged ticket. Only the lane, which says at which time it counts.
    @param ticket_id The ticket.
    @param act 1 replied, 2 left pending, 3 solved, 4 followed up.
    @param at When it counts.
    @param proven_at When the ticket was proven; a contest window that ran then stands still for follow-ups.
    @return False, and nothing changed, where the contest window was over by then.
    """
    self._only_lane()
    s: words.TicketState = words.unpack_ticket(self._tickets[ticket_id])
    if s.status == words.SOLVED:
        over: uint256 = s.clock + words.terms_contest_window(policies.terms_of(s.policy_id))
        if at > over and over < proven_at:
            return False
    self._move(ticket_id, self._applied(ticket_id, s, act, at))
    return True


@external
def end_challenge(ticket_id: bytes32, until: uint256) -> uint256:
    """
    @notice Makes a challenged ticket a direct one. Only the lane, after the window's last second. Where it is solved,
            its contest window begins here: nobody can be sure that the requester saw a batch's solution before.
    @param ticket_id The ticket.
    @param until The window's last second.
    @return The kinds breached by that second.
    """
    self._only_lane()
    s: words.TicketState = self._checked(ticket_id, words.unpack_ticket(self._tickets[ticket_id]), until)
    s.challenged = 0
    if s.status == words.SOLVED:
        s.clock = until
    self._move(ticket_id, s)
    return s.breached


@external
def breach_clocks(ticket_id: bytes32):
    """
    @notice A batch's agent told two stories of one ticket: its three clock kinds are breached. Only the lane.
    @param ticket_id A proven ticket that is not closed.
    """
    self._only_lane()
    s: words.TicketState = words.unpack_ticket(self._tickets[ticket_id])
    if s.status == words.CLOSED:
        refusal.because("desk: ticket is closed")
    kinds: uint256 = CLOCK_KINDS & ~s.breached
    if kinds != 0:
        log ISupportDesk.BreachRecorded(ticket_id=ticket_id, kinds=kinds)
        s.breached |= kinds
        self._move(ticket_id, s)


# ---------------------------------------------------------------- views


@view
@external
def pool() -> address:
    """
    @notice Where the money is.
    @return The desk's pool.
    """
    return POOL.address


@view
@external
def panel() -> address:
    """
    @notice Who decides disputes.
    @return The desk's panel.
    """
    return PANEL.address


@view
@external
def lane() -> address:
    """
    @notice Where batches are anchored and proven.
    @return The desk's batch lane.
    """
    return LANE


@view
@external
def lane_terms(policy_id: uint256) -> (uint256, uint256):
    """
    @notice What the batch lane needs of a policy.
    @param policy_id A published policy.
    @return The challenge window and the anchor lag, in seconds.
    """
    return policies.lane_terms(policy_id)


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
def compute_ticket_id(lane: uint256, requester: address, commitment: bytes32) -> bytes32:
    """
    @notice The id that a ticket has or would have.
    @param lane 0 opened by the requester, 1 by an agent, 2 in a batch.
    @param requester The requester.
    @param commitment SHA-256 of the salted opening document.
    @return sha256(abi_encode(chain id, desk, lane, requester, commitment)).
    """
    return self._ticket_id(lane, requester, commitment)


@view
@external
def ticket(ticket_id: bytes32) -> ISupportDesk.Ticket:
    """
    @notice A ticket as its last event left it; `claimable` says what is breached by now.
    @param ticket_id Any id.
    @return The ticket; status 0 where it is unknown.
    """
    s: words.TicketState = words.unpack_ticket(self._tickets[ticket_id])
    running: bool = ticket_clock.is_running(s.status)
    return ISupportDesk.Ticket(
        requester=s.requester,
        policy_id=s.policy_id,
        priority=s.priority,
        status=s.status,
        replied=s.replied == 1,
        reply_due=s.clock if s.status == words.OPEN else 0,
        solved_at=s.clock if s.status == words.SOLVED else 0,
        resolution_due=s.resolution if running else 0,
        resolution_remaining=0 if running else s.resolution,
        breached=s.breached,
        compensated=s.compensated,
        backed=s.backed == 1,
        holds_place=s.holds_place == 1,
        disputed=s.disputed == 1,
        proven=s.proven == 1,
        challenged=s.challenged == 1,
    )


@view
@external
def ticket_word(ticket_id: bytes32) -> uint256:
    """
    @notice A ticket's whole state as stored, and as each event carries it.
    @param ticket_id Any id.
    @return The word; 0 where the ticket is unknown.
    """
    return self._tickets[ticket_id]


@view
@external
def claimable(ticket_id: bytes32) -> (uint256, uint256):
    """
    @notice What `claim` would pay now.
    @param ticket_id Any id.
    @return The kinds, and what they come to in units of the asset; 0 and 0 where there is nothing to claim, or its
            challenge has not ended.
    """
    s: words.TicketState = words.unpack_ticket(self._tickets[ticket_id])
    if s.status == words.CLOSED or s.challenged == 1:
        return 0, 0
    s = ticket_clock.check(s, block.timestamp)
    kinds: uint256 = s.breached & ~s.compensated
    return kinds, self._amount(s, kinds)


@view
@external
def policy(policy_id: uint256) -> ISupportDesk.Policy:
    """
    @notice A policy as it was published.
    @param policy_id 1 .. `policy_count`.
    @return The policy.
    """
    return staticcall RULES.unpacked(policies.words_of(policy_id))


@view
@external
def policy_count() -> uint256:
    """
    @notice How many policies were published; also the id of the newest.
    @return The count.
    """
    return policies.count


@view
@external
def coverage(holder: address, policy_id: uint256) -> ISupportDesk.Coverage:
    """
    @notice A holder's coverage under a policy.
    @param holder Anyone.
    @param policy_id Any policy.
    @return The coverage; all zero where there is none.
    """
    return coverages.unpacked(holder, policy_id)


@view
@external
def allowance(agent: address) -> uint256:
    """
    @notice What an agent may still bind by opening tickets for others.
    @param agent Any address.
    @return In units of the asset.
    """
    return self._allowances[agent]


@view
@external
def follow_up_nonce(ticket_id: bytes32) -> uint256:
    """
    @notice The nonce that the next signed follow-up must carry.
    @param ticket_id Any id.
    @return The nonce.
    """
    return self._follow_up_nonces[ticket_id]


@view
@external
def due(policy_id: uint256, at: uint256, need: uint256) -> uint256:
    """
    @notice When a target that starts to run is due, by a policy's opening hours.
    @param policy_id A published policy.
    @param at Seconds since 1970, below 2**40.
    @param need Seconds of open time, below 2**40.
    @return The earliest T >= at such that [at, T) holds `need` open seconds.
    """
    return opening_hours.due(self._hours(policy_id, at, need), at, need)


@view
@external
def left(policy_id: uint256, at: uint256, due_at: uint256) -> uint256:
    """
    @notice How much open time there is between two times, by a policy's opening hours.
    @param policy_id A published policy.
    @param at Seconds since 1970, below 2**40.
    @param due_at Seconds since 1970, below 2**40.
    @return Open seconds in [at, due_at); 0 where `due_at <= at`.
    """
    return opening_hours.left(self._hours(policy_id, at, due_at), at, due_at)


# ---------------------------------------------------------------- internal: who


@internal
@view
def _only_operator():
    if msg.sender != staticcall DIRECTORY.owner():
        refusal.because("desk: caller is not the operator")


@internal
@view
def _only_panel():
    if msg.sender != PANEL.address:
        refusal.because("desk: caller is not the panel")


@internal
@view
def _only_lane():
    if msg.sender != LANE:
        refusal.because("desk: caller is not the lane")


@internal
@view
def _only_agent(agent: address):
    if staticcall DIRECTORY.standing(agent) == 0:
        refusal.because("desk: caller is no agent")


@internal
@view
def _only_human():
    if staticcall DIRECTORY.standing(msg.sender) != HUMAN:
        refusal.because("desk: caller is no human agent")


@internal
@view
def _check_signature(signer: address, struct_hash: bytes32, deadline: uint256, signature: Bytes[1024]):
    if block.timestamp > deadline:
        refusal.because("desk: signature expired")
    if not signatures.is_signed_by(signer, eip712._hash_typed_data_v4(struct_hash), signature):
        refusal.because("desk: signature is not the signer's")


# ---------------------------------------------------------------- internal: tickets


@internal
def _grant(holder: address, policy_id: uint256, priority: uint256, places: uint256, until: uint256):
    if not policies.exists(policy_id):
        refusal.because("policy: unknown")
    coverages.grant(holder, policy_id, priority, places, until)


@internal
@view
def _ticket_id(lane: uint256, requester: address, commitment: bytes32) -> bytes32:
    return sha256(abi_encode(chain.id, self, lane, requester, commitment))


@internal
@view
def _known(ticket_id: bytes32) -> uint256:
    word: uint256 = self._tickets[ticket_id]
    if word == 0:
        refusal.because("desk: ticket unknown")
    return word


@internal
def _open(requester: address, agent: address, policy_id: uint256, priority: uint256, commitment: bytes32) -> bytes32:
    # `agent` is zero on the requester's own lane, where a place of the coverage was taken.
    if commitment == empty(bytes32):
        refusal.because("desk: commitment is zero")
    targets: uint256 = policies.targets_of(policy_id, priority)
    by_requester: bool = agent == empty(address)
    ticket_id: bytes32 = self._ticket_id(LANE_REQUESTER if by_requester else LANE_AGENT, requester, commitment)
    if self._tickets[ticket_id] != 0:
        refusal.because("desk: ticket exists")

    # The pool is ours, calls nobody here and never refuses: an answer of no makes the ticket unbacked.
    backed: bool = extcall POOL.reserve(words.worst_case(targets))
    s: words.TicketState = empty(words.TicketState)
    s.requester = requester
    s.policy_id = policy_id
    s.priority = priority
    s.backed = convert(backed, uint256)
    s.holds_place = convert(by_requester, uint256)
    s = self._opened(s, block.timestamp, targets)
    word: uint256 = words.pack_ticket(s)
    self._tickets[ticket_id] = word
    log ISupportDesk.TicketOpened(
        ticket_id=ticket_id, requester=requester, agent=agent, commitment=commitment, word=word
    )
    return ticket_id


@internal
def _spend(agent: address, worst_case: uint256):
    allowance: uint256 = self._allowances[agent]
    if allowance == 0 or allowance < worst_case:
        refusal.because("desk: allowance too low")
    self._allowances[agent] = unsafe_sub(allowance, worst_case)


@internal
@view
def _opened(s: words.TicketState, at: uint256, targets: uint256) -> words.TicketState:
    return ticket_clock.opened(
        s,
        at,
        words.terms_hours(policies.terms_of(s.policy_id)),
        words.target(targets, 0),
        words.target(targets, 2),
    )


@internal
def _move(ticket_id: bytes32, s: words.TicketState):
    word: uint256 = words.pack_ticket(s)
    self._tickets[ticket_id] = word
    log ISupportDesk.TicketMoved(ticket_id=ticket_id, word=word)


@internal
def _applied(ticket_id: bytes32, s: words.TicketState, act: uint256, at: uint256) -> words.TicketState:
    hours: uint256 = 0
    next_reply: uint256 = 0
    # Only where a clock starts, stops or restarts.
    if ticket_clock.needs_hours(s.status, act):
        hours = words.terms_hours(policies.terms_of(s.policy_id))
        if act == ticket_clock.FOLLOWED_UP:
            next_reply = words.target(policies.targets_of(s.policy_id, s.priority), 1)
    applied: words.TicketState = ticket_clock.apply(s, act, at, hours, next_reply)
    self._log_breaches(ticket_id, s.breached, applied.breached)
    return applied


@internal
def _reply(ticket_id: bytes32, status: uint256, digest: bytes32) -> String[64]:
    # Why it does not apply; empty where it was done.
    if status < words.HOLD or status > words.SOLVED:
        return "desk: no status of a reply"
    s: words.TicketState = words.unpack_ticket(self._tickets[ticket_id])
    reason: String[64] = self._why_over(s)
    if len(reason) != 0:
        return reason
    # Replied, left pending and solved are the events that make it hold, pending and solved.
    word: uint256 = words.pack_ticket(self._applied(ticket_id, s, unsafe_sub(status, 1), block.timestamp))
    self._tickets[ticket_id] = word
    log ISupportDesk.TicketReplied(ticket_id=ticket_id, agent=msg.sender, digest=digest, word=word)
    return ""


@internal
def _follow_up(ticket_id: bytes32, word_before: uint256, digest: bytes32):
    s: words.TicketState = words.unpack_ticket(word_before)
    reason: String[64] = self._why_over(s)
    if len(reason) != 0:
        refusal.because(reason)
    word: uint256 = words.pack_ticket(self._applied(ticket_id, s, ticket_clock.FOLLOWED_UP, block.timestamp))
    self._tickets[ticket_id] = word
    log ISupportDesk.TicketFollowedUp(ticket_id=ticket_id, digest=digest, word=word)


@internal
@view
def _why_over(s: words.TicketState) -> String[64]:
    # Why a ticket takes no more messages; empty where it does.
    if s.status == 0:
        return "desk: ticket unknown"
    if s.status == words.CLOSED:
        return "desk: ticket is closed"
    if s.challenged == 1:
        return "desk: challenge has not ended"
    if self._is_final(s):
        return "desk: contest window is over"
    return ""


@internal
@view
def _is_final(s: words.TicketState) -> bool:
    if s.status != words.SOLVED:
        return False
    return block.timestamp > s.clock + words.terms_contest_window(policies.terms_of(s.policy_id))


@internal
def _checked(ticket_id: bytes32, s: words.TicketState, at: uint256) -> words.TicketState:
    checked: words.TicketState = ticket_clock.check(s, at)
    self._log_breaches(ticket_id, s.breached, checked.breached)
    return checked


@internal
def _log_breaches(ticket_id: bytes32, before: uint256, after: uint256):
    if after != before:
        log ISupportDesk.BreachRecorded(ticket_id=ticket_id, kinds=after ^ before)


# ---------------------------------------------------------------- internal: disputes


@internal
@view
def _check_decidable(s: words.TicketState, kind: uint256):
    # Whether this kind of this ticket is one that arbiters can be asked about.
    reason: String[64] = self._why_over(s)
    if len(reason) != 0:
        refusal.because(reason)
    if kind == 0 or kind > words.INCIDENT:
        refusal.because("desk: kind unknown")
    # A set of several kinds is none.
    if kind & (kind - 1) != 0:
        refusal.because("desk: kind unknown")
    # Before the first reply there is nothing to see that the clock does not see.
    if s.replied == 0 and kind != words.INCIDENT:
        refusal.because("desk: no reply to contest yet")
    if s.compensated & kind != 0:
        refusal.because("desk: kind already compensated")


@internal
def _uphold(ticket_id: bytes32, state: words.TicketState, kind: uint256, amount: uint256):
    # Writes the ticket and pays a clock kind; an incident's money is the panel's to settle.
    s: words.TicketState = self._checked(ticket_id, state, block.timestamp)
    if s.breached & kind == 0:
        s.breached |= kind
        log ISupportDesk.BreachRecorded(ticket_id=ticket_id, kinds=kind)
    if kind == words.RESOLUTION:
        s = self._applied(ticket_id, s, ticket_clock.FOLLOWED_UP, block.timestamp)
    unpaid: bool = s.compensated & kind == 0
    if unpaid and kind == words.INCIDENT:
        s.compensated |= kind
    word: uint256 = words.pack_ticket(s)
    self._tickets[ticket_id] = word
    log ISupportDesk.BreachUpheld(ticket_id=ticket_id, kind=kind, word=word)
    if unpaid:
        if kind == words.INCIDENT:
            log ISupportDesk.BreachCompensated(
                ticket_id=ticket_id, requester=s.requester, kinds=kind, amount=amount, word=word
            )
        else:
            self._compensate(ticket_id, s, kind, False)


# ---------------------------------------------------------------- internal: money


@internal
@view
def _amount(s: words.TicketState, kinds: uint256) -> uint256:
    # What these of the three clock kinds come to.
    if kinds == 0:
        return 0
    amounts: uint256 = policies.amounts_of(s.policy_id, s.priority)
    total: uint256 = 0
    for kind: uint256 in range(3):
        if (kinds >> kind) & 1 == 1:
            total += words.one_of_three(amounts, kind)
    return total


@internal
def _claim(ticket_id: bytes32, collect: bool) -> (uint256, uint256):
    # The kinds newly compensated and their amount; 0 and 0, and nothing done, where there are none.
    s: words.TicketState = words.unpack_ticket(self._tickets[ticket_id])
    if s.status == 0 or s.status == words.CLOSED or s.challenged == 1:
        return 0, 0
    s = self._checked(ticket_id, s, block.timestamp)
    kinds: uint256 = s.breached & ~s.compensated
    if kinds == 0:
        return 0, 0
    return kinds, self._compensate(ticket_id, s, kinds, collect)


@internal
def _compensate(ticket_id: bytes32, state: words.TicketState, kinds: uint256, collect: bool) -> uint256:
    # Writes the ticket, then pays.
    s: words.TicketState = state
    s.compensated |= kinds
    amount: uint256 = self._amount(s, kinds)
    word: uint256 = words.pack_ticket(s)
    self._tickets[ticket_id] = word
    log ISupportDesk.BreachCompensated(
        ticket_id=ticket_id, requester=s.requester, kinds=kinds, amount=amount, word=word
    )
    if amount != 0:
        extcall POOL.pay(s.requester, amount, s.backed == 1, collect)
    return amount


@internal
def _close(ticket_id: bytes32) -> (String[64], uint256):
    # Why it does not apply, empty where it was done; and how much of the reserve the caller has to release.
    s: words.TicketState = words.unpack_ticket(self._tickets[ticket_id])
    if s.status == 0:
        return "desk: ticket unknown", 0
    if s.status == words.CLOSED:
        return "desk: ticket is closed", 0
    if s.challenged == 1:
        return "desk: challenge has not ended", 0
    if msg.sender != s.requester and not self._is_final(s):
        return "desk: ticket cannot be closed yet", 0
    if s.disputed == 1 and staticcall PANEL.has_open_dispute(ticket_id):
        return "desk: dispute is open", 0

    s = self._checked(ticket_id, s, block.timestamp)
    if s.holds_place == 1:
        coverages.give_back(s.requester, s.policy_id)
        s.holds_place = 0
    s.status = words.CLOSED
    s.clock = 0
    s.resolution = 0
    kinds: uint256 = s.breached & ~s.compensated
    if kinds != 0:
        self._compensate(ticket_id, s, kinds, False)
        s.compensated |= kinds
    # Of the three clock kinds, those never compensated are still reserved.
    released: uint256 = 0
    if s.backed == 1:
        released = self._amount(s, CLOCK_KINDS & ~s.compensated)
    word: uint256 = words.pack_ticket(s)
    self._tickets[ticket_id] = word
    log ISupportDesk.TicketClosed(ticket_id=ticket_id, released=released, word=word)
    return "", released


@internal
@view
def _hours(policy_id: uint256, at: uint256, other: uint256) -> uint256:
    if not policies.exists(policy_id):
        refusal.because("policy: unknown")
    if at > words.MAX_UNTIL or other > words.MAX_UNTIL:
        refusal.because("desk: time out of range")
    return words.terms_hours(policies.terms_of(policy_id))
