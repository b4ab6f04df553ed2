# pragma version 0.4.3
# pragma evm-version cancun
# SPDX-License-Identifier: AGPL-3.0-only
"""
@title  CompensationPool
@author Makegood
@license AGPL-3.0-only
@notice The money of one desk, in ETH or in one ERC-20, and nothing else. The desk reserves, releases and pays; its panel
        and its lane hold bonds and settle; beneficiaries collect; the operator can take out free funds after its
        notice, and has no other power here.

        Nothing that records a ticket calls the asset. What comes in and what goes out is measured by the balance.
        An asset that rebases by itself is outside what this pool promises: `sync` adopts what it did.
"""

from .interfaces import IAgentDirectory
from .interfaces import ICompensationPool
from .modules import asset_transfer
from .modules import ledger
from .modules import refusal

implements: ICompensationPool
initializes: ledger

MIN_NOTICE: constant(uint256) = 86_400
MAX_NOTICE: constant(uint256) = 315_576_000
USABLE: constant(uint256) = 7 * 86_400

DESK: immutable(address)
PANEL: immutable(address)
LANE: immutable(address)
DIRECTORY: immutable(address)
ASSET: immutable(address)
NOTICE: immutable(uint256)

_withdrawal: ICompensationPool.Withdrawal


@deploy
def __init__(
    desk: address, panel: address, lane: address, directory: address, asset: address, notice: uint256
):
    """
    @notice Fixes what this pool serves, for good.
    @param desk The desk whose tickets it backs.
    @param panel The desk's panel, whose bonds and rulings it settles.
    @param lane The desk's batch lane, whose bonds and expired batches it settles.
    @param directory Whose owner is the operator.
    @param asset Zero for ETH, else an ERC-20.
    @param notice Seconds before an announced withdrawal can be made: one day to ten years.
    """
    if asset != empty(address) and not asset_transfer.is_token(asset):
        refusal.because("pool: asset is no token")
    if notice < MIN_NOTICE or notice > MAX_NOTICE:
        refusal.because("pool: notice out of range")
    DESK = desk
    PANEL = panel
    LANE = lane
    DIRECTORY = directory
    ASSET = asset
    NOTICE = notice


# ---------------------------------------------------------------- desk


@external
def reserve(amount: uint256) -> bool:
    """
    @notice Sets free funds aside for a ticket's worst case. Only the desk. Calls nobody.
    @param amount In units of the asset.
    @return False, and nothing changed, where free funds do not suffice.
    """
    self._only_desk()
    if not ledger.reserve(amount):
        return False
    log ICompensationPool.Reserved(amount=amount)
    return True


@external
def release(amount: uint256):
    """
    @notice Frees what closed tickets had reserved. Only the desk. Calls nobody.
    @param amount In units of the asset.
    """
    self._only_desk()
    ledger.release(amount)
    log ICompensationPool.Released(amount=amount)


@external
@nonreentrant
def pay(beneficiary: address, amount: uint256, backed: bool, collect: bool):
    """
    @notice Gives a requester its compensation. Only the desk.
    @param beneficiary The requester.
    @param amount In units of the asset.
    @param backed Whether the amount is reserved; otherwise it becomes debt.
    @param collect Whether to send it, and all else that the beneficiary can collect, at once; only then is
           anybody called, and what cannot be sent reverts.
    """
    self._only_desk()
    if backed:
        self._give(beneficiary, amount, collect)
    else:
        ledger.owe(beneficiary, amount)
        self._give(beneficiary, 0, collect)


# ---------------------------------------------------------------- panel, lane


@external
def reserve_up_to(amount: uint256) -> uint256:
    """
    @notice Sets aside for a contested incident what free funds allow. Only the panel. Calls nobody.
    @param amount The most, in units of the asset.
    @return How much it was.
    """
    self._only_panel()
    part: uint256 = ledger.reserve_up_to(amount)
    if part != 0:
        log ICompensationPool.Reserved(amount=part)
    return part


@external
@payable
@nonreentrant
def take_bond(payer: address, amount: uint256) -> uint256:
    """
    @notice Takes a bond. Only the panel or the lane. What an asset keeps on the way is not counted, nor what it gives beyond:
            that is for `sync` to adopt.
    @param payer Whose bond; for a token it has approved this pool.
    @param amount In units of the asset; for ETH the value of the call.
    @return What came in, at most `amount`.
    """
    self._only_panel_or_lane()
    received: uint256 = min(self._receive(payer, amount), amount)
    if msg.sender == PANEL:
        ledger.add_bond(received)
        log ICompensationPool.Bonded(payer=payer, amount=received)
    else:
        # A proof's bond counts as reserved: proving costs one storage word less.
        ledger.add_reserved(received)
        log ICompensationPool.BondReserved(payer=payer, amount=received)
    return received


@external
@nonreentrant
def settle(
    beneficiary: address, bond: uint256, reserved: uint256, credited: uint256, due: uint256, collect: bool
):
    """
    @notice Ends a bond, and the reserve of an incident or a batch: part of it is the beneficiary's, the rest is free. Only
            the panel or the lane.
    @param beneficiary Who gets what there is to get.
    @param bond How much is no bond any more.
    @param reserved How much is no longer set aside for an incident or a batch.
    @param credited What of these two is the beneficiary's.
    @param due What it gets beyond: out of free funds, or where they do not reach as debt.
    @param collect Whether to send it, and all else that the beneficiary can collect, at once; only then is
           anybody called, and what cannot be sent reverts.
    """
    self._only_panel_or_lane()
    if collect:
        # A loss comes first here too: what is gone must not look free to `due`.
        self._lower_to_balance()
    if bond != 0:
        ledger.end_bond(bond)
        log ICompensationPool.Unbonded(amount=bond)
    released: uint256 = bond + reserved - credited
    if released != 0:
        ledger.release(released)
        log ICompensationPool.Released(amount=released)
    gets: uint256 = credited
    if due != 0:
        if ledger.reserve(due):
            log ICompensationPool.Reserved(amount=due)
            gets += due
        else:
            ledger.owe(beneficiary, due)
    self._give(beneficiary, gets, collect)


# ---------------------------------------------------------------- operator


@external
def announce_withdrawal(amount: uint256):
    """
    @notice Announces that free funds will be taken out. Only the operator; one at a time. Usable for seven days
            after the notice, then lapsed.
    @param amount The most that can be taken, in units of the asset; need not be free yet.
    """
    self._only_operator()
    if amount == 0:
        refusal.because("pool: amount is zero")
    if self._withdrawal.amount != 0 and block.timestamp <= self._withdrawal.usable_until:
        refusal.because("pool: withdrawal pending")
    usable_from: uint256 = block.timestamp + NOTICE
    usable_until: uint256 = usable_from + USABLE
    self._withdrawal = ICompensationPool.Withdrawal(
        amount=amount, usable_from=usable_from, usable_until=usable_until
    )
    log ICompensationPool.WithdrawalAnnounced(amount=amount, usable_from=usable_from, usable_until=usable_until)


@external
def cancel_withdrawal():
    """
    @notice Takes an announcement back. Only the operator.
    """
    self._only_operator()
    amount: uint256 = self._withdrawal.amount
    if amount == 0:
        refusal.because("pool: no withdrawal announced")
    self._withdrawal = empty(ICompensationPool.Withdrawal)
    log ICompensationPool.WithdrawalCancelled(amount=amount)


@external
@nonreentrant
def withdraw(amount: uint256, to: address):
    """
    @notice Takes out free funds as announced, once. Only the operator. Debt and everything reserved or credited
            come first, and so does any loss: the books are lowered to the real balance before.
    @param amount At most what was announced, and at most what is free.
    @param to Who gets it; not zero.
    """
    self._only_operator()
    announced: ICompensationPool.Withdrawal = self._withdrawal
    if announced.amount == 0:
        refusal.because("pool: no withdrawal announced")
    if block.timestamp < announced.usable_from:
        refusal.because("pool: notice still runs")
    if block.timestamp > announced.usable_until:
        refusal.because("pool: withdrawal lapsed")
    if amount == 0:
        refusal.because("pool: amount is zero")
    if amount > announced.amount:
        refusal.because("pool: more than announced")
    if to == empty(address):
        refusal.because("pool: recipient is zero")
    self._lower_to_balance()
    if amount > ledger.free():
        refusal.because("pool: free funds too low")

    self._withdrawal = empty(ICompensationPool.Withdrawal)
    ledger.set_funds(ledger.funds() - amount)
    moved: uint256 = self._push(to, amount)
    if moved != amount:
        ledger.set_funds(ledger.funds() + amount - moved)
    log ICompensationPool.Withdrawn(to=to, amount=moved)


# ---------------------------------------------------------------- anyone


@external
@payable
@nonreentrant
def fund(amount: uint256):
    """
    @notice Adds to the funds; nothing is given for it. Anyone. What an asset keeps on the way is not counted.
    @param amount In units of the asset; for ETH the value of the call, for a token what was approved.
    """
    if amount == 0:
        refusal.because("pool: amount is zero")
    received: uint256 = self._receive(msg.sender, amount)
    ledger.add_funds(received)
    log ICompensationPool.Funded(funder=msg.sender, amount=received)


@external
@nonreentrant
def sync():
    """
    @notice Makes the books' funds equal to the real balance, up or down. Anyone.
    """
    balance_now: uint256 = asset_transfer.balance_of(ASSET)
    ledger.set_funds(balance_now)
    log ICompensationPool.Synced(funds=balance_now)


@external
@nonreentrant
def collect(beneficiary: address) -> uint256:
    """
    @notice Sends a beneficiary what it is owed and funds cover. Anyone can call; it always goes to the beneficiary,
            and one that refuses it hurts nobody else. At most 32 of its debts are settled in a call.
    @param beneficiary Who is paid.
    @return What went out, in units of the asset.
    """
    ready: uint256 = self._take(beneficiary)
    if ready == 0:
        refusal.because("pool: nothing to collect")
    return self._send(beneficiary, ready)


# ---------------------------------------------------------------- views


@view
@external
def asset() -> address:
    """
    @notice What the pool holds.
    @return A token, or zero for ETH.
    """
    return ASSET


@view
@external
def notice() -> uint256:
    """
    @notice How long a withdrawal is announced before it can be made.
    @return Seconds.
    """
    return NOTICE


@view
@external
def desk() -> address:
    """
    @notice The desk whose tickets this pool backs.
    @return Its address.
    """
    return DESK


@view
@external
def lane() -> address:
    """
    @notice Whose bonds and expired batches it settles, beside the panel's.
    @return The desk's batch lane.
    """
    return LANE


@view
@external
def panel() -> address:
    """
    @notice The panel whose bonds and rulings this pool settles.
    @return Its address.
    """
    return PANEL


@view
@external
def directory() -> address:
    """
    @notice The directory whose owner is the operator.
    @return Its address.
    """
    return DIRECTORY


@view
@external
def books() -> ICompensationPool.Books:
    """
    @notice Funds, reserved, credited, bonded, debt and free.
    @return All in units of the asset.
    """
    return ledger.books()


@view
@external
def free() -> uint256:
    """
    @notice What could back new tickets, or be withdrawn after notice.
    @return In units of the asset.
    """
    return ledger.free()


@view
@external
def collectable(beneficiary: address) -> uint256:
    """
    @notice What `collect` would send now.
    @param beneficiary Anyone.
    @return In units of the asset.
    """
    return ledger.collectable(beneficiary)


@view
@external
def owed(beneficiary: address) -> uint256:
    """
    @notice What is owed to a beneficiary and not covered by funds yet.
    @param beneficiary Anyone.
    @return In units of the asset; only the beneficiary's oldest 32 debts are counted.
    """
    return ledger.owed(beneficiary)


@view
@external
def withdrawal() -> ICompensationPool.Withdrawal:
    """
    @notice The announced withdrawal, also one that has lapsed.
    @return Amount 0 where there is none.
    """
    return self._withdrawal


# ---------------------------------------------------------------- internal


@internal
@view
def _only_desk():
    if msg.sender != DESK:
        refusal.because("pool: caller is not the desk")


@internal
@view
def _only_panel():
    if msg.sender != PANEL:
        refusal.because("pool: caller is not the panel")


@internal
@view
def _only_panel_or_lane():
    if msg.sender != PANEL and msg.sender != LANE:
        refusal.because("pool: caller is not panel or lane")


@internal
@view
def _only_operator():
    if msg.sender != staticcall IAgentDirectory(DIRECTORY).owner():
        refusal.because("pool: caller is not the operator")


@internal
@payable
def _receive(payer: address, amount: uint256) -> uint256:
    # What came in of `amount`; not in the books yet.
    if msg.value != (amount if ASSET == empty(address) else 0):
        refusal.because("pool: value differs from amount")
    if ASSET == empty(address) or amount == 0:
        return amount
    received: uint256 = asset_transfer.pull(ASSET, payer, amount)
    if received == 0:
        refusal.because("pool: asset did not come in")
    return received


@internal
def _give(beneficiary: address, amount: uint256, collect: bool):
    # `amount` is reserved. Only with `collect` is anybody called.
    if amount != 0:
        log ICompensationPool.Credited(beneficiary=beneficiary, amount=amount)
    if collect:
        # Before the release: an amount that looked free would pay debts, and be sent a second time.
        ready: uint256 = self._take(beneficiary)
        ledger.release(amount)
        if amount + ready != 0:
            self._send(beneficiary, amount + ready)
    elif amount != 0:
        ledger.credit(beneficiary, amount)


@internal
def _lower_to_balance():
    # ETH cannot leave by itself; a token's balance can.
    if ASSET != empty(address):
        balance_now: uint256 = asset_transfer.balance_of(ASSET)
        if balance_now < ledger.funds():
            ledger.set_funds(balance_now)
            log ICompensationPool.Synced(funds=balance_now)


@internal
def _take(beneficiary: address) -> uint256:
    # All that the beneficiary can have now; no longer committed, still in the funds. A loss comes first: funds that
    # are gone must pay no debt.
    self._lower_to_balance()
    if ledger.has_debts(beneficiary):
        ledger.pay_debt()
        ledger.credit_debts(beneficiary)
    return ledger.take_credit(beneficiary)


@internal
def _send(beneficiary: address, amount: uint256) -> uint256:
    # Books first, then the asset, then what did not go out back to the beneficiary's account.
    sending: uint256 = min(amount, ledger.funds())
    if sending == 0:
        refusal.because("pool: funds are gone")
    ledger.set_funds(ledger.funds() - sending)
    if sending != amount:
        ledger.put_back(beneficiary, amount - sending)
    moved: uint256 = self._push(beneficiary, sending)
    if moved != sending:
        ledger.set_funds(ledger.funds() + sending - moved)
        ledger.put_back(beneficiary, sending - moved)
    log ICompensationPool.Collected(beneficiary=beneficiary, amount=moved)
    return moved


@internal
def _push(to: address, amount: uint256) -> uint256:
    moved: uint256 = asset_transfer.push(ASSET, to, amount)
    if moved == 0:
        refusal.because("pool: asset did not go out")
    if moved > amount:
        # The excess would be somebody else's.
        refusal.because("pool: asset took too much")
    return moved
