# pragma version 0.4.3
# pragma evm-version cancun
# SPDX-License-Identifier: AGPL-3.0-only
"""
@title  ArbiterPanel
@author Makegood
@license AGPL-3.0-only
@notice Decides what a chain cannot see: a reply that answers nothing, a "solved" that solved nothing, an error that
        cost the requester money. The requester contests, arbiters sign a verdict off chain, anyone submits it, and
        the desk and the pool do what it says. Where no verdict comes in time, the requester wins.

        The operator appoints the arbiters, with notice; it has no other power here. A dispute is decided by the
        panel of the epoch it began in. A panel of an epoch never changes. This contract holds no money: bonds and
        fees are the pool's.
"""

from .interfaces import IAgentDirectory
from .interfaces import IArbiterPanel
from .interfaces import ICompensationPool
from .interfaces import ISupportDesk
from .modules import refusal
from .modules import signatures
from .modules import storage_words as words
from snekmate.utils import eip712_domain_separator as eip712

implements: IArbiterPanel
initializes: eip712

# EIP-5267: what a wallet needs to rebuild the domain.
exports: eip712.eip712Domain

MAX_ARBITERS: constant(uint256) = 15
MAX_ITEMS: constant(uint256) = 100
USABLE: constant(uint256) = 7 * 86_400

# States of a dispute; the first two rulings are also the outcomes that arbiters sign.
UNDER_DISPUTE: constant(uint256) = 1
UPHELD: constant(uint256) = 2
REJECTED: constant(uint256) = 3
DEFAULTED: constant(uint256) = 4

OUTCOME_UPHELD: constant(uint256) = 1
OUTCOME_REJECTED: constant(uint256) = 2

VERDICT_TYPE: constant(bytes32) = keccak256(
    "Verdict(bytes32 ticket_id,uint256 kind,uint256 outcome,uint256 amount,bytes32 evidence_digest,uint256 dispute,uint256 epoch,uint256 deadline)"
)

# Set once, by `initialize`: each desk's panel is a proxy (ERC-1167) of one implementation, fixed for good.
desk: public(address)
pool: public(address)
directory: public(address)

_panels: uint256
# By epoch.
_arbiters: HashMap[uint256, DynArray[address, MAX_ARBITERS]]
_thresholds: HashMap[uint256, uint256]
# By epoch, then arbiter: its index + 1.
_seats: HashMap[uint256, HashMap[address, uint256]]
# By ticket, then kind.
_disputes: HashMap[bytes32, HashMap[uint256, uint256]]
_evidence: HashMap[bytes32, HashMap[uint256, bytes32]]
# By ticket.
_incidents: HashMap[bytes32, uint256]


@deploy
def __init__():
    """
    @notice Makes an implementation, which serves no desk itself.
    """
    eip712.__init__("Makegood", "1")
    self.desk = self


# ---------------------------------------------------------------- factory


@external
def initialize(
    desk: address, pool: address, directory: address, arbiters: DynArray[address, MAX_ARBITERS], threshold: uint256
):
    """
    @notice Fixes what this panel serves, for good, and the first arbiters. Once; the factory calls it in the transaction
            that makes the panel.
    @param desk The desk whose tickets it decides about; not zero.
    @param pool The desk's pool.
    @param directory Whose owner is the operator.
    @param arbiters Ascending; may be empty: silence then decides every dispute for the requester.
    @param threshold How many of them a verdict takes, more than half; 0 where there are none.
    """
    if self.desk != empty(address):
        refusal.because("panel: initialized already")
    if desk == empty(address):
        refusal.because("panel: desk is zero")
    self.desk = desk
    self.pool = pool
    self.directory = directory
    if len(arbiters) != 0 or threshold != 0:
        self._appoint(1, arbiters, threshold)
        p: words.PanelState = empty(words.PanelState)
        p.epoch = 1
        p.newest = 1
        self._panels = words.pack_panels(p)
        log IArbiterPanel.PanelAdopted(epoch=1, arbiters=arbiters, threshold=threshold)


# ---------------------------------------------------------------- requester


@external
@payable
@nonreentrant
def contest(ticket_id: bytes32, kind: uint256, amount: uint256, evidence_digest: bytes32) -> uint256:
    """
    @notice Asks the arbiters. Only the ticket's requester, once a kind; the desk says until when. Never refused for
            want of funds: what an incident asks beyond free funds would be debt.
    @param ticket_id The ticket.
    @param kind 1 first_reply, 2 next_reply, 4 resolution, 8 incident; not compensated yet.
    @param amount What is asked: for a clock kind the policy's compensation, for an incident up to its cap.
    @param evidence_digest SHA-256 of the salted evidence; not zero.
    @return The dispute's number. The bond, the policy's contest bond and for an incident its share of the amount, is
            the value of the call, or is taken from what the caller approved to the pool.
    """
    if evidence_digest == empty(bytes32):
        refusal.because("panel: evidence digest is zero")
    if self._disputes[ticket_id][kind] != 0:
        refusal.because("panel: kind was contested before")
    bond: uint256 = 0
    rules_until: uint256 = 0
    bond, rules_until = extcall ISupportDesk(self.desk).begin_dispute(ticket_id, kind, msg.sender, amount)

    p: words.PanelState = words.unpack_panels(self._panels)
    p.disputes += 1
    self._panels = words.pack_panels(p)
    d: words.DisputeState = words.DisputeState(
        state=UNDER_DISPUTE, epoch=p.epoch, rules_until=rules_until, number=p.disputes, signers=0, money=bond
    )
    # Written before the asset is called, so that nobody finds the ticket without its dispute.
    self._disputes[ticket_id][kind] = words.pack_dispute(d)
    self._evidence[ticket_id][kind] = evidence_digest
    reserved: uint256 = 0
    if kind == words.INCIDENT:
        reserved = extcall ICompensationPool(self.pool).reserve_up_to(amount)
        self._incidents[ticket_id] = words.pack_incident(amount, reserved)

    if bond != 0 or msg.value != 0:
        received: uint256 = extcall ICompensationPool(self.pool).take_bond(msg.sender, bond, value=msg.value)
        if received != bond:
            # An asset that keeps a part on the way: what came in is what can go back.
            d.money = received
            self._disputes[ticket_id][kind] = words.pack_dispute(d)
    log IArbiterPanel.Contested(
        dispute=d.number,
        ticket_id=ticket_id,
        requester=msg.sender,
        kind=kind,
        amount=amount,
        reserved=reserved,
        evidence_digest=evidence_digest,
        bond=d.money,
        epoch=d.epoch,
        rules_until=rules_until,
    )
    return d.number


# ---------------------------------------------------------------- operator


@external
def propose_panel(arbiters: DynArray[address, MAX_ARBITERS], threshold: uint256) -> uint256:
    """
    @notice Announces other arbiters. Only the operator; one proposal at a time. It can be adopted for seven days
            after the pool's notice, then it has lapsed.
    @param arbiters One to 15, ascending, so that none is there twice.
    @param threshold How many of them a verdict takes; more than half.
    @return The epoch that begins if it is adopted.
    """
    self._only_operator()
    p: words.PanelState = words.unpack_panels(self._panels)
    if p.proposed != 0 and block.timestamp <= p.usable_until:
        refusal.because("panel: proposal pending")
    # An epoch is never used twice: what a lapsed proposal left behind counts for nothing.
    p.newest += 1
    p.proposed = p.newest
    p.usable_from = block.timestamp + staticcall ICompensationPool(self.pool).notice()
    p.usable_until = p.usable_from + USABLE
    self._appoint(p.proposed, arbiters, threshold)
    self._panels = words.pack_panels(p)
    log IArbiterPanel.PanelProposed(
        epoch=p.proposed,
        arbiters=arbiters,
        threshold=threshold,
        usable_from=p.usable_from,
        usable_until=p.usable_until,
    )
    return p.proposed


@external
def cancel_panel():
    """
    @notice Takes a proposal back. Only the operator.
    """
    self._only_operator()
    p: words.PanelState = words.unpack_panels(self._panels)
    cancelled: uint256 = p.proposed
    self._panels = words.pack_panels(self._without_proposal(p))
    log IArbiterPanel.PanelProposalCancelled(epoch=cancelled)


@external
def adopt_panel():
    """
    @notice Makes the proposed panel the one that decides what is contested from here on. Only the operator, after
            the notice.
    """
    self._only_operator()
    p: words.PanelState = words.unpack_panels(self._panels)
    adopted: uint256 = p.proposed
    if adopted != 0 and block.timestamp < p.usable_from:
        refusal.because("panel: notice still runs")
    if adopted != 0 and block.timestamp > p.usable_until:
        refusal.because("panel: proposal lapsed")
    p = self._without_proposal(p)
    p.epoch = adopted
    self._panels = words.pack_panels(p)
    log IArbiterPanel.PanelAdopted(
        epoch=adopted, arbiters=self._arbiters[adopted], threshold=self._thresholds[adopted]
    )


# ---------------------------------------------------------------- anyone


@external
@nonreentrant
def submit_verdict(
    verdict: IArbiterPanel.Verdict,
    signed: DynArray[IArbiterPanel.Signature, MAX_ARBITERS],
    collect: bool = False,
):
    """
    @notice Rules a dispute as its arbiters signed. Anyone; not after the ruling window. Each signer can then collect
            a share of the fee, whichever way they ruled.
    @param verdict What was signed: it names this dispute, its evidence and its panel's epoch.
    @param signed At least the threshold of signatures, ascending by arbiter.
    @param collect Whether the pool sends the requester what it gets, with all else that it can collect, at once.
    """
    word: uint256 = self._disputes[verdict.ticket_id][verdict.kind]
    d: words.DisputeState = self._open(word)
    if verdict.dispute != d.number:
        refusal.because("panel: verdict on another dispute")
    if verdict.evidence_digest != self._evidence[verdict.ticket_id][verdict.kind]:
        refusal.because("panel: verdict on other evidence")
    if block.timestamp > d.rules_until:
        refusal.because("panel: ruling window is over")
    if verdict.outcome != OUTCOME_UPHELD and verdict.outcome != OUTCOME_REJECTED:
        refusal.because("panel: outcome unknown")
    digest: bytes32 = self._to_sign(verdict, len(signed), d.epoch)
    for i: uint256 in range(len(signed), bound=MAX_ARBITERS):
        d.signers = self._with_signer(d.signers, d.epoch, digest, signed[i])
    d.state = UPHELD if verdict.outcome == OUTCOME_UPHELD else REJECTED
    self._rule(verdict.ticket_id, verdict.kind, d, verdict.amount, len(signed), collect)


@external
@nonreentrant
def report_breach(
    verdict: IArbiterPanel.Verdict, signed: DynArray[IArbiterPanel.Signature, MAX_ARBITERS]
):
    """
    @notice Records a breach of a clock kind that nobody contested, as today's arbiters signed; it counts like an
            upheld dispute. Anyone. There is no bond and no fee.
    @param verdict What was signed: dispute 0, outcome upheld, the policy's compensation.
    @param signed At least the threshold of signatures, ascending by arbiter.
    """
    if verdict.dispute != 0:
        refusal.because("panel: verdict on a dispute")
    if verdict.outcome != OUTCOME_UPHELD:
        refusal.because("panel: outcome is not upheld")
    if self._disputes[verdict.ticket_id][verdict.kind] != 0:
        refusal.because("panel: kind was contested before")
    epoch: uint256 = words.unpack_panels(self._panels).epoch
    digest: bytes32 = self._to_sign(verdict, len(signed), epoch)
    signers: uint256 = 0
    for i: uint256 in range(len(signed), bound=MAX_ARBITERS):
        signers = self._with_signer(signers, epoch, digest, signed[i])
    if extcall ISupportDesk(self.desk).report(verdict.ticket_id, verdict.kind) != verdict.amount:
        refusal.because("panel: amount is not the policy's")
    log IArbiterPanel.BreachReported(
        ticket_id=verdict.ticket_id,
        kind=verdict.kind,
        amount=verdict.amount,
        evidence_digest=verdict.evidence_digest,
        epoch=epoch,
        signers=signers,
    )


@external
@nonreentrant
def rule_by_default(ticket_id: bytes32, kind: uint256, collect: bool = False):
    """
    @notice Ends a dispute whose arbiters stayed silent: the requester wins all that it asked, the bond returns, and
            no arbiter gets anything. Anyone, after the ruling window.
    @param ticket_id The ticket.
    @param kind The contested kind.
    @param collect Whether the pool sends the requester what it gets, with all else that it can collect, at once.
    """
    d: words.DisputeState = self._open(self._disputes[ticket_id][kind])
    if block.timestamp <= d.rules_until:
        refusal.because("panel: ruling window still runs")
    d.state = DEFAULTED
    self._rule(ticket_id, kind, d, 0, 0, collect)


@external
@nonreentrant
def collect_fees(arbiter: address, disputes: DynArray[IArbiterPanel.DisputeName, MAX_ITEMS]) -> uint256:
    """
    @notice Sends an arbiter its shares of the fees of disputes whose verdict it signed, with all else that it can
            collect. Anyone; it always goes to the arbiter. Where it has no share left, a dispute is skipped.
    @param arbiter Who is paid.
    @param disputes At most 100.
    @return The shares, in units of the asset.
    """
    total: uint256 = 0
    for i: uint256 in range(len(disputes), bound=MAX_ITEMS):
        d: words.DisputeState = words.unpack_dispute(self._disputes[disputes[i].ticket_id][disputes[i].kind])
        bit: uint256 = self._bit_of(d.epoch, arbiter)
        if d.signers & bit == 0:
            continue
        d.signers ^= bit
        self._disputes[disputes[i].ticket_id][disputes[i].kind] = words.pack_dispute(d)
        total += d.money
        log IArbiterPanel.FeeCollected(dispute=d.number, arbiter=arbiter, amount=d.money)
    if total == 0:
        refusal.because("panel: no fee to collect")
    extcall ICompensationPool(self.pool).settle(arbiter, total, 0, total, 0, True)
    return total


# ---------------------------------------------------------------- views


@view
@external
def dispute(ticket_id: bytes32, kind: uint256) -> IArbiterPanel.Dispute:
    """
    @notice A dispute as it stands.
    @param ticket_id Any id.
    @param kind 1 first_reply, 2 next_reply, 4 resolution, 8 incident.
    @return The dispute; number 0 where there is none.
    """
    d: words.DisputeState = words.unpack_dispute(self._disputes[ticket_id][kind])
    shown: IArbiterPanel.Dispute = empty(IArbiterPanel.Dispute)
    shown.number = d.number
    shown.state = d.state
    shown.epoch = d.epoch
    shown.rules_until = d.rules_until
    shown.evidence_digest = self._evidence[ticket_id][kind]
    reserved: uint256 = 0
    if kind == words.INCIDENT:
        shown.amount, reserved = words.unpack_incident(self._incidents[ticket_id])
    if d.state == UNDER_DISPUTE:
        shown.reserved = reserved
        shown.bond = d.money
    else:
        shown.fee_share = d.money
    for i: uint256 in range(MAX_ARBITERS):
        if (d.signers >> i) & 1 == 1:
            shown.fee_open.append(self._arbiters[d.epoch][i])
    return shown


@view
@external
def dispute_count() -> uint256:
    """
    @notice How many disputes there have been; also the number of the newest.
    @return The count.
    """
    return words.unpack_panels(self._panels).disputes


@view
@external
def has_open_dispute(ticket_id: bytes32) -> bool:
    """
    @notice Whether a ticket waits for a ruling.
    @param ticket_id Any id.
    @return True or false.
    """
    for i: uint256 in range(4):
        if words.dispute_state(self._disputes[ticket_id][1 << i]) == UNDER_DISPUTE:
            return True
    return False


@view
@external
def epoch() -> uint256:
    """
    @notice Whose panel decides what is contested now.
    @return The epoch; 0 where no panel was ever adopted.
    """
    return words.unpack_panels(self._panels).epoch


@view
@external
def panel(epoch: uint256) -> IArbiterPanel.Panel:
    """
    @notice The panel of an epoch, which never changes; also of one that was proposed and not adopted.
    @param epoch Any number.
    @return Arbiters and threshold; none and 0 where there is no such panel.
    """
    return IArbiterPanel.Panel(arbiters=self._arbiters[epoch], threshold=self._thresholds[epoch])


@view
@external
def proposal() -> IArbiterPanel.Proposal:
    """
    @notice The panel that was proposed, also one that has lapsed.
    @return Epoch 0 where there is none.
    """
    p: words.PanelState = words.unpack_panels(self._panels)
    return IArbiterPanel.Proposal(epoch=p.proposed, usable_from=p.usable_from, usable_until=p.usable_until)


@view
@external
def verdict_digest(verdict: IArbiterPanel.Verdict) -> bytes32:
    """
    @notice What an arbiter signs.
    @param verdict A verdict.
    @return Its EIP-712 digest in this panel's domain.
    """
    return self._digest(verdict)


# ---------------------------------------------------------------- internal: who


@internal
@view
def _only_operator():
    if msg.sender != staticcall IAgentDirectory(self.directory).owner():
        refusal.because("panel: caller is not the operator")


@internal
def _appoint(epoch: uint256, arbiters: DynArray[address, MAX_ARBITERS], threshold: uint256):
    count: uint256 = len(arbiters)
    if count == 0:
        refusal.because("panel: no arbiter")
    if threshold > count or threshold * 2 <= count:
        refusal.because("panel: threshold out of range")
    before: address = empty(address)
    for i: uint256 in range(count, bound=MAX_ARBITERS):
        if convert(arbiters[i], uint256) <= convert(before, uint256):
            refusal.because("panel: arbiters not ascending")
        before = arbiters[i]
        self._seats[epoch][before] = i + 1
    self._arbiters[epoch] = arbiters
    self._thresholds[epoch] = threshold


@internal
@view
def _bit_of(epoch: uint256, arbiter: address) -> uint256:
    # 0 for one who has no seat in this epoch's panel.
    return (1 << self._seats[epoch][arbiter]) >> 1


@internal
@pure
def _without_proposal(state: words.PanelState) -> words.PanelState:
    p: words.PanelState = state
    if p.proposed == 0:
        refusal.because("panel: no panel proposed")
    p.proposed = 0
    p.usable_from = 0
    p.usable_until = 0
    return p


# ---------------------------------------------------------------- internal: verdicts


@internal
@view
def _digest(verdict: IArbiterPanel.Verdict) -> bytes32:
    return eip712._hash_typed_data_v4(keccak256(abi_encode(VERDICT_TYPE, verdict)))


@internal
@view
def _to_sign(verdict: IArbiterPanel.Verdict, count: uint256, epoch: uint256) -> bytes32:
    # The digest that `count` of this epoch's arbiters must have signed; refuses what they can be no quorum for.
    if verdict.epoch != epoch:
        refusal.because("panel: verdict of another epoch")
    if block.timestamp > verdict.deadline:
        refusal.because("panel: verdict expired")
    # An empty panel has threshold 0, and decides nothing.
    if count == 0 or count < self._thresholds[epoch]:
        refusal.because("panel: too few signatures")
    return self._digest(verdict)


@internal
@view
def _with_signer(
    signers: uint256, epoch: uint256, digest: bytes32, signed: IArbiterPanel.Signature
) -> uint256:
    # One signature at a time: an array of them as an argument would be copied whole.
    bit: uint256 = self._bit_of(epoch, signed.arbiter)
    if bit == 0:
        refusal.because("panel: signer is no arbiter")
    # Seats ascend by address, so a later signer's bit is higher than all before; a second one of the same is not.
    if bit <= signers:
        refusal.because("panel: signatures not ascending")
    if not signatures.is_signed_by(signed.arbiter, digest, signed.signature):
        refusal.because("panel: signature is not the arbiter's")
    return signers | bit


@internal
@view
def _open(word: uint256) -> words.DisputeState:
    d: words.DisputeState = words.unpack_dispute(word)
    if d.state == 0:
        refusal.because("panel: dispute unknown")
    if d.state != UNDER_DISPUTE:
        refusal.because("panel: dispute was ruled before")
    return d


@internal
def _rule(
    ticket_id: bytes32, kind: uint256, ruled: words.DisputeState, amount: uint256, count: uint256, collect: bool
):
    # `amount` is what a verdict says; without a verdict, `count` signers being 0, it is what was asked.
    d: words.DisputeState = ruled
    asked: uint256 = 0
    reserved: uint256 = 0
    if kind == words.INCIDENT:
        asked, reserved = words.unpack_incident(self._incidents[ticket_id])
    worth: uint256 = amount if count != 0 else asked
    upheld: bool = d.state != REJECTED

    # The desk and the pool are ours and call nobody here but, at the very end, whom the pool pays.
    requester: address = empty(address)
    compensation: uint256 = 0
    fee: uint256 = 0
    requester, compensation, fee = extcall ISupportDesk(self.desk).rule(ticket_id, kind, upheld, worth)
    if not upheld:
        if worth != 0:
            refusal.because("panel: amount of a rejection")
    elif kind == words.INCIDENT:
        if worth == 0 or worth > asked:
            refusal.because("panel: amount is not what was asked")
    else:
        if count != 0 and worth != compensation:
            refusal.because("panel: amount is not the policy's")
        worth = compensation

    bond: uint256 = d.money
    share: uint256 = 0
    if count != 0:
        share = min(fee, bond) // count
    d.money = share
    self._disputes[ticket_id][kind] = words.pack_dispute(d)
    log IArbiterPanel.DisputeRuled(
        dispute=d.number,
        ticket_id=ticket_id,
        kind=kind,
        state=d.state,
        amount=worth,
        signers=d.signers,
        fee_share=share,
    )
    # The fee stays bonded until its signers collect it. A winner gets it back out of the pool.
    fees: uint256 = share * count
    credited: uint256 = 0
    due: uint256 = 0
    if upheld:
        credited = bond - fees
        due = fees
        if kind == words.INCIDENT:
            backed: uint256 = min(worth, reserved)
            credited += backed
            due += worth - backed
    extcall ICompensationPool(self.pool).settle(requester, bond - fees, reserved, credited, due, collect)
