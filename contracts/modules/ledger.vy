# pragma version 0.4.3
# SPDX-License-Identifier: AGPL-3.0-only
"""
@title  ledger
@author Makegood
@license AGPL-3.0-only
@notice The books of a pool; it moves no money. Every unit that is owed is `committed`: reserved for a backed ticket
        or an incident, credited to somebody, held as a bond, or debt. What is left of `funds` is free.

            free = max(0, funds - committed),  committed = reserved + credited + bonded + debt

        Debt is a queue: each one takes the place [position, position + amount) in a running total of all debt ever
        incurred, and is paid as far as the running total of what was paid reaches. No loop over others' debts.
        Since unpaid debt is committed, no new reserve and no withdrawal can come before it.
"""

from ..interfaces import ICompensationPool
from . import refusal
from . import storage_words as words

# How many of one beneficiary's debts turn into credit in one call; the next call goes on.
DEBTS_A_CALL: constant(uint256) = 32

# funds | committed: the one word that recording a ticket touches.
_ledger: uint256
# credited | bonded: the sum of all accounts' credit and of debt that was paid and not yet turned into credit; and
# the sum of all bonds. Both are parts of what is committed, so that neither half can overflow.
_split: uint256
# incurred | paid
_debts: uint256
# By beneficiary: credited | first unpaid debt | debts.
_accounts: HashMap[address, uint256]
# By beneficiary, then index: position | amount, of what is not yet credited.
_queue: HashMap[address, HashMap[uint256, uint256]]


# ---------------------------------------------------------------- funds


@internal
@view
def funds() -> uint256:
    """
    @notice What the pool holds by its own books.
    @return In units of the asset.
    """
    return words.low_half(self._ledger)


@internal
def set_funds(amount: uint256):
    """
    @notice Sets what the pool holds.
    @param amount In units of the asset.
    """
    if amount > words.MAX_MONEY:
        refusal.because("pool: amount too large")
    self._ledger = words.pack_halves(amount, words.high_half(self._ledger))


@internal
def add_funds(amount: uint256):
    """
    @notice Adds what came in.
    @param amount In units of the asset.
    """
    held: uint256 = self.funds()
    if amount > words.MAX_MONEY - held:
        refusal.because("pool: amount too large")
    self.set_funds(held + amount)


@internal
@view
def free() -> uint256:
    """
    @notice What nobody is owed.
    @return In units of the asset.
    """
    word: uint256 = self._ledger
    held: uint256 = words.low_half(word)
    committed: uint256 = words.high_half(word)
    return unsafe_sub(held, committed) if held > committed else 0


# ---------------------------------------------------------------- reserves and bonds


@internal
def reserve(amount: uint256) -> bool:
    """
    @notice Sets free funds aside.
    @param amount In units of the asset.
    @return False, and nothing changed, where free funds do not suffice.
    """
    word: uint256 = self._ledger
    committed: uint256 = words.high_half(word) + amount
    if committed > words.low_half(word):
        return False
    self._ledger = words.pack_halves(words.low_half(word), committed)
    return True


@internal
def release(amount: uint256):
    """
    @notice Makes reserved funds free again, for debt first.
    @param amount At most what is reserved for the caller's tickets.
    """
    word: uint256 = self._ledger
    self._ledger = words.pack_halves(words.low_half(word), words.high_half(word) - amount)


# ---------------------------------------------------------------- credit and debt


@internal
def reserve_up_to(amount: uint256) -> uint256:
    """
    @notice Sets aside as much as free funds allow.
    @param amount The most, in units of the asset.
    @return How much it was.
    """
    part: uint256 = min(amount, self.free())
    word: uint256 = self._ledger
    self._ledger = words.pack_halves(words.low_half(word), words.high_half(word) + part)
    return part


@internal
def add_bond(amount: uint256):
    """
    @notice Adds a bond that came in: to the funds, and to what is not free.
    @param amount In units of the asset.
    """
    self.add_reserved(amount)
    self._split += amount << 128


@internal
def add_reserved(amount: uint256):
    """
    @notice Adds what came in to the funds, and to what is reserved.
    @param amount In units of the asset.
    """
    word: uint256 = self._ledger
    held: uint256 = words.low_half(word)
    committed: uint256 = words.high_half(word)
    if amount > words.MAX_MONEY - max(held, committed):
        refusal.because("pool: amount too large")
    self._ledger = words.pack_halves(held + amount, committed + amount)


@internal
def end_bond(amount: uint256):
    """
    @notice What was a bond is reserved from here on, for the caller to credit or to release.
    @param amount At most what is bonded.
    """
    self._split -= amount << 128


@internal
def credit(beneficiary: address, amount: uint256):
    """
    @notice Moves what is committed already into a beneficiary's account.
    @param beneficiary Whose account.
    @param amount In units of the asset.
    """
    self._split += amount
    # The credit is the lowest field, and all money together is within it.
    self._accounts[beneficiary] += amount


@internal
def owe(beneficiary: address, amount: uint256):
    """
    @notice Puts a debt at the end of the queue.
    @param beneficiary To whom.
    @param amount In units of the asset.
    """
    word: uint256 = self._ledger
    committed: uint256 = words.high_half(word) + amount
    incurred: uint256 = words.low_half(self._debts)
    if committed > words.MAX_MONEY or incurred + amount > words.MAX_MONEY:
        refusal.because("pool: amount too large")
    self._ledger = words.pack_halves(words.low_half(word), committed)

    credited: uint256 = 0
    first: uint256 = 0
    count: uint256 = 0
    credited, first, count = words.unpack_account(self._accounts[beneficiary])
    self._queue[beneficiary][count] = words.pack_halves(incurred, amount)
    self._accounts[beneficiary] = words.pack_account(credited, first, count + 1)
    self._debts = words.pack_halves(incurred + amount, words.high_half(self._debts))
    log ICompensationPool.Owed(beneficiary=beneficiary, index=count, position=incurred, amount=amount)


@internal
@view
def payable_debt() -> uint256:
    """
    @notice How much of the queue today's funds pay: all that is left of them when everybody else has theirs.
    @return In units of the asset.
    """
    unpaid: uint256 = self.debt()
    if unpaid == 0:
        return 0
    word: uint256 = self._ledger
    others: uint256 = words.high_half(word) - unpaid
    held: uint256 = words.low_half(word)
    return min(unpaid, held - others) if held > others else 0


@internal
def pay_debt():
    """
    @notice Pays the queue from free funds, oldest first: debt becomes credit.
    """
    amount: uint256 = self.payable_debt()
    if amount == 0:
        return
    self._debts = words.pack_halves(words.low_half(self._debts), words.high_half(self._debts) + amount)
    self._split += amount
    log ICompensationPool.DebtPaid(amount=amount)


@internal
@view
def has_debts(beneficiary: address) -> bool:
    """
    @notice Whether a beneficiary has debts that are not all credited.
    @param beneficiary Anyone.
    @return True or false.
    """
    credited: uint256 = 0
    first: uint256 = 0
    count: uint256 = 0
    credited, first, count = words.unpack_account(self._accounts[beneficiary])
    return first != count


@internal
def credit_debts(beneficiary: address):
    """
    @notice Puts what was paid of a beneficiary's debts into the account, oldest first.
    @param beneficiary Whose debts; at most 32 of them at a time.
    """
    credited: uint256 = 0
    first: uint256 = 0
    count: uint256 = 0
    credited, first, count = words.unpack_account(self._accounts[beneficiary])
    paid: uint256 = words.high_half(self._debts)
    matured: uint256 = 0
    for _: uint256 in range(DEBTS_A_CALL):
        if first == count:
            break
        word: uint256 = self._queue[beneficiary][first]
        position: uint256 = words.low_half(word)
        amount: uint256 = words.high_half(word)
        part: uint256 = self._paid_part(position, amount, paid)
        matured += part
        if part != amount:
            self._queue[beneficiary][first] = words.pack_halves(position + part, amount - part)
            break
        self._queue[beneficiary][first] = 0
        first += 1
    if matured != 0:
        self._accounts[beneficiary] = words.pack_account(credited + matured, first, count)
        log ICompensationPool.DebtCredited(beneficiary=beneficiary, amount=matured)


# ---------------------------------------------------------------- going out


@internal
def take_credit(beneficiary: address) -> uint256:
    """
    @notice Empties a beneficiary's account.
    @param beneficiary Whose account.
    @return What was in it. It is no longer committed, and still in the funds.
    """
    credited: uint256 = 0
    first: uint256 = 0
    count: uint256 = 0
    credited, first, count = words.unpack_account(self._accounts[beneficiary])
    if credited != 0:
        self._accounts[beneficiary] = words.pack_account(0, first, count)
        self._split -= credited
        self.release(credited)
    return credited


@internal
def put_back(beneficiary: address, amount: uint256):
    """
    @notice Puts back into an account what could not go out.
    @param beneficiary Whose account.
    @param amount At most what was just taken.
    """
    word: uint256 = self._ledger
    self._ledger = words.pack_halves(words.low_half(word), words.high_half(word) + amount)
    self.credit(beneficiary, amount)


# ---------------------------------------------------------------- views


@internal
@view
def debt() -> uint256:
    """
    @notice What is owed and was not paid.
    @return In units of the asset; includes what today's funds would pay.
    """
    word: uint256 = self._debts
    return words.low_half(word) - words.high_half(word)


@internal
@view
def books() -> ICompensationPool.Books:
    """
    @notice All of it at a glance.
    @return Funds = reserved + credited + bonded + free wherever debt is 0 and the asset has lost nothing.
    """
    paying: uint256 = self.payable_debt()
    unpaid: uint256 = self.debt()
    credited: uint256 = words.low_half(self._split)
    bonded: uint256 = words.high_half(self._split)
    return ICompensationPool.Books(
        funds=self.funds(),
        reserved=words.high_half(self._ledger) - credited - bonded - unpaid,
        credited=credited + paying,
        bonded=bonded,
        debt=unpaid - paying,
        free=self.free(),
    )


@internal
@view
def collectable(beneficiary: address) -> uint256:
    """
    @notice What a beneficiary could be sent now: its credit, and what is paid or payable of its oldest 32 debts.
    @param beneficiary Anyone.
    @return In units of the asset, at most the funds.
    """
    credited: uint256 = 0
    matured: uint256 = 0
    unpaid: uint256 = 0
    credited, matured, unpaid = self._account(beneficiary)
    return min(credited + matured, self.funds())


@internal
@view
def owed(beneficiary: address) -> uint256:
    """
    @notice What is unpaid of a beneficiary's oldest 32 debts.
    @param beneficiary Anyone.
    @return In units of the asset.
    """
    credited: uint256 = 0
    matured: uint256 = 0
    unpaid: uint256 = 0
    credited, matured, unpaid = self._account(beneficiary)
    return unpaid


@internal
@view
def _account(beneficiary: address) -> (uint256, uint256, uint256):
    # Credit, what is paid or payable of the debts, and the rest of them.
    credited: uint256 = 0
    first: uint256 = 0
    count: uint256 = 0
    credited, first, count = words.unpack_account(self._accounts[beneficiary])
    paid: uint256 = words.high_half(self._debts) + self.payable_debt()
    matured: uint256 = 0
    unpaid: uint256 = 0
    for i: uint256 in range(DEBTS_A_CALL):
        index: uint256 = first + i
        if index >= count:
            break
        word: uint256 = self._queue[beneficiary][index]
        amount: uint256 = words.high_half(word)
        part: uint256 = self._paid_part(words.low_half(word), amount, paid)
        matured += part
        unpaid += amount - part
    return credited, matured, unpaid


@internal
@pure
def _paid_part(position: uint256, amount: uint256, paid: uint256) -> uint256:
    # How much of [position, position + amount) lies below `paid`.
    return min(amount, paid - position) if paid > position else 0
