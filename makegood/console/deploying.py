# SPDX-License-Identifier: Apache-2.0
"""Deploying a desk: the factory and its parts where the chain has none, then the desk."""

from collections.abc import Sequence
from dataclasses import dataclass

from makegood import artifacts
from makegood.console.arbiters import threshold_of
from makegood.console.deployments import RememberedDesk
from makegood.console.dispute_words import listed, quorum_of
from makegood.console.run import Run, Step
from makegood.console.words import span
from makegood.desk import ETH, PARTS, Call, Deployment, Factory, Parts, Seats, factory_call, part_call, seated
from makegood.errors import MakegoodError, UsageError
from makegood.policy import parse_duration

# Yellow Paper, appendix G, and EIP-2028: a transaction that creates, a byte of code, a byte of data.
_CREATION_GAS = 53_000
_CODE_GAS = 200
_DATA_GAS = 16
# Storage, events and constructor of one desk through the factory.
_WIRING_GAS = 500_000
# A panel is a small proxy, and the rules are all desks'.
_NOT_COPIED = ("ArbiterPanel", "PolicyRules")
# An arbiter in the list, and its seat: two words that were zero.
_SEAT_GAS = 45_000


@dataclass(frozen=True)
class _Plan:
    """What the factory is asked for."""

    owner: str
    asset: str
    notice: int
    name: str
    arbiters: tuple[str, ...]
    threshold: int

    def call(self, factory: Factory) -> Call[Deployment]:
        return factory.deploy_desk(
            self.owner, self.asset, self.notice, self.name, self.arbiters, self.threshold
        )


def deploy(
    run: Run,
    asset: str,
    notice: str,
    name: str,
    factory: str | None,
    operator: str | None,
    arbiters: Sequence[str] = (),
    threshold: int | None = None,
) -> None:
    """Deploy a desk and remember it for the chain. What was deployed of a factory before it is taken up."""
    notice_seconds = parse_duration(notice, days=True)
    token = ETH if asset.upper() == "ETH" else run.address(asset)
    if not name or len(name.encode()) > 64:
        raise UsageError("The desk's name must have 1 to 64 bytes.", hint="Give another --name.")
    owner = run.address(operator) if operator else run.signer.address
    seats = tuple(seated(run.address(one) for one in arbiters))
    plan = _Plan(owner, token, notice_seconds, name, seats, threshold_of(len(seats), threshold))
    if not seats:
        run.output.say(
            "No arbiters: silence decides every dispute for the requester until a panel is adopted."
        )
    ready = _known_factory(run, factory)
    steps = _steps(run, ready, plan)
    if not run.goes_ahead(steps):
        return
    ready = ready or _deploy_factory(run)
    outcome = run.send("Desk", plan.call(ready))
    made = Factory.deployed(outcome)
    run.deployments.remember_desk(
        RememberedDesk(
            desk=made.desk, pool=made.pool, directory=made.directory, name=name, block=outcome.block_number
        )
    )
    if not run.chain.lasting:
        run.output.say(
            "This chain ends now, so the desk is not remembered. `make node` starts one that lasts."
        )
    _tell(run, plan, made, ready.address)


def _tell(run: Run, plan: _Plan, made: Deployment, factory: str) -> None:
    run.done(
        {
            "desk": made.desk,
            "pool": made.pool,
            "panel": made.panel,
            "lane": made.lane,
            "directory": made.directory,
            "factory": factory,
            "operator": plan.owner,
            "asset": plan.asset,
            "notice": plan.notice,
            "name": plan.name,
            "arbiters": list(plan.arbiters),
            "threshold": plan.threshold,
            "chain_id": run.chain.chain_id,
        },
        [
            ("desk", made.desk),
            ("pool", made.pool),
            ("panel", made.panel),
            ("lane", made.lane),
            ("directory", made.directory),
            ("factory", factory),
            ("operator", plan.owner),
            ("asset", "ETH" if plan.asset == ETH else plan.asset),
            ("notice", span(plan.notice)),
            ("disputes", quorum_of(Seats(plan.arbiters, plan.threshold))),
            ("arbiters", listed(plan.arbiters)),
        ],
    )


def _known_factory(run: Run, address: str | None) -> Factory | None:
    if address is not None:
        return Factory(run.chain.w3, run.address(address))
    remembered = run.deployments.record().factory
    return Factory(run.chain.w3, remembered) if remembered else None


def _steps(run: Run, factory: Factory | None, plan: _Plan) -> list[Step]:
    if factory is not None:
        return [Step(f"deploy the desk “{plan.name}”", plan.call(factory))]
    known = run.deployments.record().blueprints or {}
    steps = [
        Step(f"put {part} on the chain, for the factory", part_call(run.chain.w3, part))
        for part in PARTS.values()
        if part not in known
    ]
    made = artifacts.load("DeskFactory")
    # With 20 bytes an address, as in contracts/modules/create_address.vy; only a rough figure is needed here.
    factory_gas = _CREATION_GAS + _CODE_GAS * made.runtime_size + _DATA_GAS * made.initcode_size
    copied = [part for part in PARTS.values() if part not in _NOT_COPIED]
    sizes = sum(artifacts.load(part).runtime_size for part in copied)
    desk_gas = len(copied) * _CREATION_GAS + _CODE_GAS * sizes + _WIRING_GAS + _SEAT_GAS * len(plan.arbiters)
    return [
        *steps,
        Step("deploy the factory", gas=factory_gas),
        Step(f"deploy the desk “{plan.name}”", gas=desk_gas),
    ]


def _deploy_factory(run: Run) -> Factory:
    addresses = dict(run.deployments.record().blueprints or {})
    for part in PARTS.values():
        if part not in addresses:
            outcome = run.send(part, part_call(run.chain.w3, part))
            addresses[part] = _created(outcome.created)
            run.deployments.remember_blueprint(part, addresses[part])
    parts = Parts(**{field: addresses[part] for field, part in PARTS.items()})
    created = _created(run.send("Factory", factory_call(run.chain.w3, parts)).created)
    run.deployments.remember_factory(created)
    return Factory(run.chain.w3, created)


def _created(address: str | None) -> str:
    if address is None:
        raise MakegoodError("The node does not tell the address of what was created.")
    return address
