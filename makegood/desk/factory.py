# SPDX-License-Identifier: Apache-2.0
"""Client of the DeskFactory, and how a factory and its parts come to a chain."""

from collections.abc import Iterable
from dataclasses import dataclass

from web3 import Web3

from makegood import artifacts
from makegood.desk.call import Call, Outcome
from makegood.desk.contract import Contract, creation
from makegood.desk.panel import majority, seated
from makegood.desk.signer import Signer
from makegood.errors import NotFound


@dataclass(frozen=True)
class Deployment:
    """The addresses of one desk's contracts, or of what a factory makes them from."""

    desk: str
    pool: str
    panel: str
    lane: str
    directory: str


@dataclass(frozen=True)
class Parts(Deployment):
    """What a factory makes desks from: blueprints (EIP-5202) of four, and two contracts as they are.

    All panels are proxies (ERC-1167) of one; all desks ask the same rules.
    """

    rules: str


PARTS = {
    "desk": "SupportDesk",
    "pool": "CompensationPool",
    "panel": "ArbiterPanel",
    "lane": "BatchLane",
    "directory": "AgentDirectory",
    "rules": "PolicyRules",
}
"""The contract of each part, by its field of `Parts`."""

_AS_THEY_ARE = ("ArbiterPanel", "PolicyRules")


class Factory(Contract):
    """Deploys wired desks and lists them."""

    ARTIFACT = "DeskFactory"

    def deploy_desk(
        self,
        operator: str,
        asset: str,
        notice: int,
        name: str,
        arbiters: Iterable[str] = (),
        threshold: int | None = None,
    ) -> Call[Deployment]:
        """Deploys a desk, its pool, panel, lane and directory. `asset` may be `ETH`; `notice` in seconds.

        Without arbiters, silence decides every dispute for the requester. The threshold is a majority where
        none is given. Raises UsageError for arbiters that can be no panel.
        """
        seats = seated(arbiters)
        return self._call(
            lambda answer: Deployment(*answer),
            "deploy_desk",
            operator,
            asset,
            notice,
            name,
            seats,
            majority(len(seats)) if threshold is None else threshold,
        )

    @staticmethod
    def deployed(outcome: Outcome) -> Deployment:
        """What a sent `deploy_desk` deployed."""
        event = outcome.event("DeskDeployed")
        return Deployment(event["desk"], event["pool"], event["panel"], event["lane"], event["directory"])

    def desk_count(self) -> int:
        """How many desks it has deployed."""
        return int(self.read("desk_count"))

    def deployment(self, index: int) -> Deployment:
        """The desk of this index, from 0 on. Raises NotFound beyond the last."""
        count = self.desk_count()
        if not 0 <= index < count:
            raise NotFound(
                f"The factory {self.address} has deployed {count} desks; there is none of index {index}."
            )
        return Deployment(*self.read("deployment", index))

    def deployments(self) -> tuple[Deployment, ...]:
        """All desks, in the order of their deployment."""
        return tuple(Deployment(*self.read("deployment", index)) for index in range(self.desk_count()))

    def is_desk(self, desk: str) -> bool:
        """Whether this factory deployed it."""
        return bool(self.read("is_desk", desk))

    def parts(self) -> Parts:
        """What its desks are made from."""
        desk, pool, panel, lane, directory = self.read("blueprints")
        return Parts(desk, pool, panel, lane, directory, str(self.read("rules")))


def part_call(w3: Web3, name: str) -> Call[None]:
    """The creation of what a factory makes the contract `name` from, one of `PARTS`."""
    artifact = artifacts.load(name)
    return creation(w3, name, artifact.bytecode if name in _AS_THEY_ARE else artifact.blueprint)


def factory_call(w3: Web3, parts: Parts) -> Call[None]:
    """The creation of a factory that makes desks from these parts."""
    arguments = tuple(getattr(parts, name) for name in PARTS)
    return creation(w3, "DeskFactory", artifacts.load("DeskFactory").bytecode, arguments)


def deploy_parts(w3: Web3, signer: Signer) -> Parts:
    """Puts a factory's parts on the chain, a transaction each."""
    return Parts(**{field: _created(part_call(w3, name), signer) for field, name in PARTS.items()})


def deploy_factory(w3: Web3, signer: Signer, parts: Parts | None = None) -> Factory:
    """Puts a factory on the chain, and where none are given its parts first."""
    return Factory(w3, _created(factory_call(w3, parts or deploy_parts(w3, signer)), signer))


def _created(call: Call[None], signer: Signer) -> str:
    created = call.send(signer).created
    if created is None:
        raise NotFound(f"The node does not tell the address of what {call.function} made.")
    return created
