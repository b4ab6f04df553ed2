# SPDX-License-Identifier: Apache-2.0
"""A desk, wired by its factory, its asset, and recipients that receive badly."""

from dataclasses import asdict, dataclass, field
from typing import Any

from fuzz.cast import CONTRACT_SIGNERS, MUTE_CODE, SIGNER_CODE, cast
from fuzz.chain import CHAIN_ID, DEPLOYER, Chain
from fuzz.encode import array, call, encode, join, keccak, number, octets, word
from fuzz.model import Addresses, Model
from fuzz.model.asset import Asset

BLUEPRINTS = ("SupportDesk", "CompensationPool", "BatchLane", "AgentDirectory")
ENOUGH = 2**124
FED = 7  # what ForceFeedsOnReceive forces back, in wei

CONSTRUCTORS = {
    "BrokenBalanceToken": lambda _: join(0),
    "FeeOnTransferToken": lambda settings: join(settings["fee"]),
    "PlainToken": lambda settings: join(settings["decimals"]),
}
RECIPIENTS = {
    "reverts": ("mocks/RevertsOnReceive", b""),
    "burns gas": ("mocks/BurnsGasOnReceive", b""),
    "returns a megabyte": ("mocks/ReturnsMegabyteOnReceive", b""),
    "forces back": ("mocks/ForceFeedsOnReceive", word(FED)),
    "calls back": ("mocks/ReentersOnReceive", b""),
}


@dataclass(frozen=True)
class Setting:
    """All that an episode begins with."""

    asset: str  # ETH, or the name of a test token
    start: int
    notice: int
    arbiters: tuple[int, ...]
    threshold: int
    token: dict[str, int] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """For a script."""
        return asdict(self)

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> "Setting":
        """The reverse."""
        return cls(**{**fields, "arbiters": tuple(fields["arbiters"])})


@dataclass
class House:
    """Where everything is."""

    at: Addresses
    factory: int
    rules: int
    token: int  # 0 for ETH
    recipients: dict[str, int]


def deploy(chain: Chain, setting: Setting) -> House:
    """Factory, desk, asset and recipients, in an order that fixes all addresses."""
    chain.at(setting.start)
    people = cast()
    for name in CONTRACT_SIGNERS:
        chain.put_code(people[name], SIGNER_CODE)
    chain.put_code(people["delegated"], SIGNER_CODE)
    chain.put_code(people["mute"], MUTE_CODE)
    desk, pool, lane, directory = (chain.deploy(name, blueprint=True) for name in BLUEPRINTS)
    panel, rules = chain.deploy("ArbiterPanel"), chain.deploy("PolicyRules")
    factory = chain.deploy("DeskFactory", join(desk, pool, panel, lane, directory, rules))
    token = 0
    if setting.asset != "ETH":
        arguments = CONSTRUCTORS.get(setting.asset, lambda _: b"")(setting.token)
        token = chain.deploy(f"mocks/{setting.asset}", arguments)
    recipients = {name: chain.deploy(code, data) for name, (code, data) in RECIPIENTS.items()}
    made = chain.call(
        DEPLOYER,
        factory,
        call(
            "deploy_desk(address,address,uint256,string,address[],uint256)",
            people["operator"],
            token,
            setting.notice,
            octets(b"fuzz"),
            array(list(setting.arbiters)),
            setting.threshold,
        ),
    )
    assert made.ok, made.reason()
    desk, pool, panel, lane, directory = (number(made.output[i : i + 32]) for i in range(0, 160, 32))
    house = House(Addresses(desk, pool, panel, lane, directory), factory, rules, token, recipients)
    give_money(chain, house)
    return house


def payers(house: House) -> tuple[int, ...]:
    """Who may pay something."""
    return (*cast().senders, house.recipients["calls back"])


def give_money(chain: Chain, house: House) -> None:
    """Enough of the asset for everybody, all of it approved."""
    for account in payers(house):
        if house.token:
            given = chain.call(DEPLOYER, house.token, call("mint(address,uint256)", account, ENOUGH))
            assert given.ok
            approve = call("approve(address,uint256)", house.at.pool, ENOUGH)
            if account in cast().keys:
                assert chain.call(account, house.token, approve).ok
            else:
                through = call("call(address,bytes)", house.token, octets(approve))
                assert chain.call(DEPLOYER, account, through).ok
        chain.set_balance(account, ENOUGH)
    chain.set_balance(house.recipients["forces back"], ENOUGH)


def model_of(house: House, setting: Setting) -> Model:
    """The model of a fresh house."""
    asset = Asset(setting.asset, house.at.pool, setting.token)
    people, at = cast(), house.at
    model = Model(
        at, CHAIN_ID, asset, people["operator"], setting.notice, setting.arbiters, setting.threshold
    )
    asset.raw = dict.fromkeys(payers(house), ENOUGH) | {at.pool: 0}
    asset.approved = dict.fromkeys(payers(house), ENOUGH)
    asset.callers = {house.recipients["calls back"]}
    if not asset.is_token:
        bad = ("reverts", "burns gas")
        contracts = (at.desk, at.pool, at.panel, at.lane, at.directory, house.factory, house.rules)
        asset.refusers = {house.recipients[name] for name in bad} | set(contracts)
        asset.feeders = {house.recipients["forces back"]: FED}
    return model


def map_slot(slot: int, *keys: int) -> int:
    """Where Vyper keeps an entry of a mapping."""
    for key in keys:
        slot = number(keccak(join(slot, key)))
    return slot


def entry_data(data: bytes, target: int) -> bytes:
    """A call that `calls back` makes for its own account."""
    return call("call(address,bytes)", target, octets(data))


def arguments(*parts: Any) -> bytes:
    """Encoded, without a selector."""
    return encode(*parts)
