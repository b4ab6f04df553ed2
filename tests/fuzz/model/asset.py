# SPDX-License-Identifier: Apache-2.0
"""What ETH and each test token do when the pool asks for money or sends some: known before it is done."""

from collections.abc import Callable

ONE = 10**18
NO_MONEY_AT_ALL = "token: broken"

Hook = Callable[[int], None]


class Asset:
    """Balances and approvals, as far as the pool is concerned. `kind` is the mock's name, or ETH."""

    def __init__(self, kind: str, pool: int, settings: dict[str, int]) -> None:
        self.kind, self.pool = kind, pool
        self.is_token = kind != "ETH"
        self.fee = settings.get("fee", 0)
        self.factor = ONE
        self.is_broken = self.is_off = False  # off: paused, switched off, burning
        self.blocked: set[int] = set()
        self.called: set[int] = set()
        self.raw: dict[int, int] = {}  # before the factor of a rebase
        self.approved: dict[int, int] = {}
        self.refusers: set[int] = set()  # recipients of ETH
        self.feeders: dict[int, int] = {}  # what a recipient forces back
        self.callers: set[int] = set()  # recipients that call back
        self.hook: Hook = lambda _account: None

    def of(self, account: int) -> int:
        """What an account holds."""
        return self.raw.get(account, 0) * self.factor // ONE

    def held(self) -> int:
        """What the pool holds."""
        return self.of(self.pool)

    # What a transfer does: taken from the sender's raw balance, given to the receiver's

    def _effect(self, sender: int, to: int, amount: int) -> tuple[int, int] | None:
        has, kind = self.raw.get(sender, 0), self.kind
        taken = given = amount
        if self.is_off and kind == "TrueOnFailureToken":
            return 0, 0
        if self.is_off or sender in self.blocked or to in self.blocked:
            return None
        if kind == "FeeOnTransferToken":
            given = amount - amount * self.fee // 10_000
        elif kind == "TransfersLessToken":
            taken = given = amount - amount // 2
        elif kind == "TakesMoreToken":
            taken = amount + amount // 100
            if sender == to and has >= amount:
                return (amount // 100, 0) if has >= amount // 100 else None
        elif kind == "GivesMoreToken":
            given = amount + amount // 10
            if sender == to:
                return (0, amount // 10) if has >= amount else None
        elif kind == "RebasingToken":
            taken = given = amount * ONE // self.factor
        return (taken, given) if has >= taken else None

    def comes_in(self, payer: int, amount: int) -> int:
        """What the pool gets if it asks for an amount; 0 where it gets none."""
        if self.approved.get(payer, 0) < amount:
            return 0
        effect = self._effect(payer, self.pool, amount)
        if effect is None:
            return 0
        before = self.raw.get(self.pool, 0)
        return (before + effect[1]) * self.factor // ONE - before * self.factor // ONE

    def take_in(self, payer: int, amount: int) -> None:
        """The transfer that `comes_in` foresaw."""
        effect = self._effect(payer, self.pool, amount)
        assert effect is not None
        self.approved[payer] -= amount
        if payer in self.called and payer in self.callers:
            self.hook(payer)
        self.raw[payer] -= effect[0]
        self.raw[self.pool] = self.raw.get(self.pool, 0) + effect[1]

    def goes_out(self, to: int, amount: int) -> int:
        """By how much the pool's balance falls if it sends an amount; 0 where nothing goes."""
        has = self.raw.get(self.pool, 0)
        if not self.is_token:
            if to in self.refusers or has < amount:
                return 0
            return max(0, amount - self.feeders.get(to, 0))
        effect = self._effect(self.pool, to, amount)
        if effect is None:
            return 0
        left = has - effect[0] + (effect[1] if to == self.pool else 0)
        return max(0, has * self.factor // ONE - left * self.factor // ONE)

    def send_out(self, to: int, amount: int) -> None:
        """The transfer that `goes_out` foresaw."""
        if not self.is_token:
            self.raw[self.pool] -= amount - self.feeders.get(to, 0)
            if to in self.callers:
                self.hook(to)
            return
        effect = self._effect(self.pool, to, amount)
        assert effect is not None
        self.raw[self.pool] -= effect[0]
        self.raw[to] = self.raw.get(to, 0) + effect[1]
        if to in self.called and to in self.callers:
            self.hook(to)

    def is_within_promises(self) -> bool:
        """Whether its balance changes only by transfers that the pool sees."""
        return self.kind not in ("RebasingToken", "ConfiscatingToken")
