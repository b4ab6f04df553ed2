# SPDX-License-Identifier: Apache-2.0
"""DeskFactory: one transaction deploys and wires a desk, and nothing can be rewired afterwards."""

from collections.abc import Sequence
from typing import Any

import boa
import pytest
from addresses import create_address, proxy_code
from eth_utils import to_checksum_address
from house import DAY, ETH, Policy, deploy_factory, deployer, key_pair, register
from treasury import events
from vyper.compiler.output import build_abi_output

NOTICE = 30 * DAY
NOTHING = (ETH,) * 5
# As `Deployment` orders them.
FIELDS = {
    "desk": "SupportDesk",
    "pool": "CompensationPool",
    "panel": "ArbiterPanel",
    "lane": "BatchLane",
    "directory": "AgentDirectory",
}
NAMES = tuple(FIELDS.values())
A_DESK = 5  # contracts
LAST_COUNT = (2**32 - 1) // A_DESK - 1  # of desks before one whose nonces four bytes hold


@pytest.fixture
def factory() -> Any:
    return deploy_factory()


@pytest.fixture
def operator() -> str:
    return str(boa.env.generate_address("operator"))


def deploy(
    factory: Any,
    operator: str,
    asset: str = ETH,
    notice: int = NOTICE,
    arbiters: Sequence[str] = (),
    threshold: int = 0,
) -> Any:
    return factory.deploy_desk(operator, asset, notice, "Test desk", arbiters, threshold, sender=operator)


def put_at(factory: Any, count: int) -> None:
    """The factory as it is after `count` desks: its own count, and the nonce that the chain keeps for it."""
    factory.eval(f"self.desk_count = {count}")
    boa.env.evm.vm.state.set_nonce(bytes.fromhex(str(factory.address)[2:]), 1 + A_DESK * count)


# ---------------------------------------------------------------- constructor


def parts() -> list[str]:
    """What a factory takes: blueprints, a panel that all panels are proxies of, and the rules."""
    made = [
        deployer(name).deploy().address
        if name == "ArbiterPanel"
        else deployer(name).deploy_as_blueprint().address
        for name in NAMES
    ]
    return [*made, deployer("PolicyRules").deploy().address]


def test_constructor_fixes_what_desks_are_made_from() -> None:
    made = parts()
    factory = deployer("DeskFactory").deploy(*made)
    assert [*factory.blueprints(), factory.rules()] == made
    assert factory.desk_count() == 0


@pytest.mark.parametrize("missing", range(6))
def test_constructor_refuses_a_part_without_code(missing: int) -> None:
    made = parts()
    made[missing] = boa.env.generate_address("nobody")
    with boa.reverts("factory: blueprint has no code"):
        deployer("DeskFactory").deploy(*made)


# ---------------------------------------------------------------- wiring


def at(made: Any) -> dict[str, Any]:
    """The contracts of a deployment, by their field."""
    return {field: deployer(name).at(getattr(made, field)) for field, name in FIELDS.items()}


# Who knows whom.
KNOWN = {
    "desk": ("pool", "panel", "lane", "directory"),
    "pool": ("desk", "panel", "lane", "directory"),
    "panel": ("desk", "pool", "directory"),
    "lane": ("desk", "pool", "directory"),
}


def test_deploy_wires_the_five_to_each_other(factory: Any, operator: str) -> None:
    made = deploy(factory, operator)
    for field, others in KNOWN.items():
        contract = at(made)[field]
        assert [getattr(contract, each)() for each in others] == [getattr(made, each) for each in others]


def test_every_second_desk_is_wired_to_its_own(factory: Any, operator: str) -> None:
    first, second = deploy(factory, operator), deploy(factory, operator)
    assert not {*first} & {*second}
    for made in (first, second):
        for field, others in KNOWN.items():
            contract = at(made)[field]
            assert [getattr(contract, each)() for each in others] == [getattr(made, each) for each in others]


def test_every_desk_asks_the_factorys_rules(factory: Any, operator: str) -> None:
    """The desk has no view of them, so they are made to answer otherwise."""
    made = at(deploy(factory, operator))
    assert boa.env.get_code(factory.rules()) == deployer("PolicyRules").compiler_data.bytecode_runtime
    boa.env.set_code(factory.rules(), bytes.fromhex("5f5ffd"))  # PUSH0, PUSH0, REVERT
    with boa.reverts():
        made["desk"].publish_policy(Policy().on_chain(), "", "", b"\0" * 32, sender=operator)
    assert made["desk"].policy_count() == 0


def test_every_panel_is_a_proxy_of_one_panel(factory: Any, operator: str) -> None:
    for _ in range(2):
        code = boa.env.get_code(deploy(factory, operator).panel)
        assert code == proxy_code(factory.blueprints().panel)


# ---------------------------------------------------------------- arbiters


def test_deploy_appoints_the_arbiters_that_were_given(factory: Any, operator: str) -> None:
    arbiters = [f"0x{number:040x}" for number in (3, 5, 8)]
    panel = deployer("ArbiterPanel").at(deploy(factory, operator, arbiters=arbiters, threshold=2).panel)
    assert panel.epoch() == 1
    assert panel.panel(1) == (arbiters, 2)


def test_deploy_takes_fifteen_arbiters(factory: Any, operator: str) -> None:
    arbiters = [to_checksum_address(f"0x{number:040x}") for number in range(1, 16)]
    panel = deployer("ArbiterPanel").at(deploy(factory, operator, arbiters=arbiters, threshold=8).panel)
    assert panel.panel(1) == (arbiters, 8)


def test_deploy_without_arbiters_makes_a_panel_that_has_none(factory: Any, operator: str) -> None:
    panel = deployer("ArbiterPanel").at(deploy(factory, operator).panel)
    assert panel.epoch() == 0
    assert panel.panel(0) == panel.panel(1) == ([], 0)
    assert panel.proposal().epoch == 0


@pytest.mark.parametrize(
    ("arbiters", "threshold", "reason"),
    [
        ((), 1, "panel: no arbiter"),
        ((3, 5, 8), 1, "panel: threshold out of range"),
        ((3, 5, 8), 4, "panel: threshold out of range"),
        ((3, 5), 1, "panel: threshold out of range"),
        ((3, 5, 8), 0, "panel: threshold out of range"),
        ((5, 3, 8), 2, "panel: arbiters not ascending"),
        ((3, 3, 8), 2, "panel: arbiters not ascending"),
        ((0, 3, 8), 2, "panel: arbiters not ascending"),
    ],
)
def test_deploy_refuses_arbiters_who_could_not_decide_and_lists_nothing(
    factory: Any, operator: str, arbiters: tuple[int, ...], threshold: int, reason: str
) -> None:
    with boa.reverts(reason):
        deploy(factory, operator, arbiters=[f"0x{number:040x}" for number in arbiters], threshold=threshold)
    assert factory.desk_count() == 0
    assert factory.deployment(0) == NOTHING


def test_deploy_makes_the_operator_the_owner_and_nobody_else(factory: Any, operator: str) -> None:
    made = factory.deploy_desk(
        operator, ETH, NOTICE, "Test desk", [], 0, sender=boa.env.generate_address("stranger")
    )
    directory = deployer("AgentDirectory").at(made.directory)
    assert (directory.owner(), directory.pending_owner()) == (operator, ETH)


def test_deploy_passes_asset_and_notice(factory: Any, operator: str) -> None:
    token = deployer("mocks/PlainToken").deploy(6).address
    pool = deployer("CompensationPool").at(deploy(factory, operator, token, 45 * DAY).pool)
    assert (pool.asset(), pool.notice()) == (token, 45 * DAY)


def test_deploy_logs_what_it_made(factory: Any, operator: str) -> None:
    made = factory.deploy_desk(operator, ETH, NOTICE, "A name", [], 0, sender=operator)
    assert events(factory)[-1] == (
        "DeskDeployed",
        {
            "desk": made.desk,
            "operator": operator,
            "asset": ETH,
            "pool": made.pool,
            "panel": made.panel,
            "lane": made.lane,
            "directory": made.directory,
            "notice": NOTICE,
            "name": "A name",
        },
    )


def test_deployed_desk_works(factory: Any, operator: str) -> None:
    made = deploy(factory, operator)
    desk = deployer("SupportDesk").at(made.desk)
    directory = deployer("AgentDirectory").at(made.directory)
    requester = key_pair("requester").address
    desk.publish_policy(Policy().on_chain(), "policy", "", b"\0" * 32, sender=operator)
    register(directory, key_pair("requester"), sender=operator)
    desk.set_allowance(requester, 10_000, sender=operator)
    ticket = desk.open_ticket_for(requester, 1, 0, b"\x02" * 32, sender=requester)
    assert desk.ticket(ticket).requester == requester


# ---------------------------------------------------------------- listing


def test_deploy_lists_desks_in_order(factory: Any, operator: str) -> None:
    first, second = deploy(factory, operator), deploy(factory, operator)
    assert factory.desk_count() == 2
    assert [factory.deployment(index) for index in range(3)] == [first, second, NOTHING]


def test_only_desks_of_this_factory_are_its_desks(factory: Any, operator: str) -> None:
    made = deploy(factory, operator)
    assert factory.is_desk(made.desk) is True
    assert factory.is_desk(made.pool) is False
    assert deploy_factory().is_desk(made.desk) is False


def test_one_operator_can_have_several_desks(factory: Any, operator: str) -> None:
    made = {deploy(factory, operator).desk for _ in range(3)}
    assert len(made) == 3


# ---------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("reason", "changed"),
    [
        ("directory: operator is zero", {"operator": ETH}),
        ("pool: asset is no token", {"asset": "0x" + "12" * 20}),
        ("pool: notice out of range", {"notice": DAY - 1}),
    ],
)
def test_deploy_refuses_what_a_part_refuses_and_lists_nothing(
    factory: Any, operator: str, reason: str, changed: dict[str, Any]
) -> None:
    with boa.reverts(reason):
        deploy(factory, **{"operator": operator, **changed})
    assert factory.desk_count() == 0
    assert factory.deployment(0) == NOTHING


def test_a_refused_deployment_does_not_spoil_the_next_prediction(factory: Any, operator: str) -> None:
    with boa.reverts("pool: notice out of range"):
        deploy(factory, operator, notice=0)
    assert deploy(factory, operator).desk == create_address(factory.address, A_DESK)


@pytest.mark.parametrize("count", [1, 2, 10**6])
def test_deploy_refuses_a_wrong_prediction(factory: Any, operator: str, count: int) -> None:
    # As on a chain that derives addresses otherwise: the count says one nonce, the chain another.
    factory.eval(f"self.desk_count = {count}")
    with boa.reverts("factory: desk address differs"):
        deploy(factory, operator)
    assert factory.desk_count() == count
    assert factory.deployment(count) == NOTHING


def test_deploy_refuses_when_the_nonces_have_run_out(factory: Any, operator: str) -> None:
    # The desk's nonce would be 5 * count + 5, and not fit into four bytes.
    put_at(factory, LAST_COUNT + 1)
    with boa.reverts("factory: no nonce left"):
        deploy(factory, operator)
    assert factory.desk_count() == LAST_COUNT + 1


# ---------------------------------------------------------------- addresses


# The nonces of panel, lane and desk are 5 * count + 3, 4, 5; around each length of a nonce in RLP.
EDGES = [edge // A_DESK + n for edge in (2**7, 2**8, 2**16, 2**24) for n in (-2, -1, 0)]
COUNTS = [0, 1, *EDGES, LAST_COUNT]


@pytest.mark.parametrize("count", COUNTS)
def test_deploy_works_at_every_length_of_nonce(factory: Any, operator: str, count: int) -> None:
    put_at(factory, count)
    made = deploy(factory, operator)
    assert made == factory.deployment(count)
    nonces = {"directory": 1, "pool": 2, "panel": 3, "lane": 4, "desk": 5}
    assert {field: getattr(made, field) for field in FIELDS} == {
        field: create_address(factory.address, A_DESK * count + nonce) for field, nonce in nonces.items()
    }
    pool = deployer("CompensationPool").at(made.pool)
    assert (pool.desk(), pool.panel(), pool.lane()) == (made.desk, made.panel, made.lane)


@pytest.fixture
def harness() -> Any:
    return deployer("mocks/CreateAddressHarness").deploy()


NONCES = [
    1,
    2,
    0x7F,
    0x80,
    0x81,
    0xFF,
    0x100,
    0x101,
    0xFFFF,
    0x10000,
    0x10001,
    0xFFFFFF,
    0x1000000,
    2**32 - 1,
]


@pytest.mark.parametrize("nonce", NONCES)
def test_create_address_is_keccak_of_rlp(harness: Any, nonce: int) -> None:
    for creator in (harness.address, "0x" + "00" * 19 + "01", "0x" + "ff" * 20):
        assert harness.at(creator, nonce) == create_address(creator, nonce)


def test_create_address_gives_known_addresses(harness: Any) -> None:
    # An account of the main net and the contracts that it created with nonces 1 to 3.
    creator = "0x6ac7ea33f8831ea9dcc53393aaa88b25a785dbf0"
    created = [
        "0x343c43a37d37dff08ae8c4a11544c718abb4fcf8",
        "0xf778b86fa74e846c4f0a1fbd1335fe81c00a0c91",
        "0xfffd933a0bc612844eaf0c6fe3e5b8e9b6c1d19c",
    ]
    assert [harness.at(creator, nonce) for nonce in (1, 2, 3)] == [to_checksum_address(a) for a in created]


@pytest.mark.parametrize("nonce", [2**32, 2**64, 2**256 - 1])
def test_create_address_refuses_a_nonce_beyond_four_bytes(harness: Any, nonce: int) -> None:
    with boa.reverts("factory: no nonce left"):
        harness.at(harness.address, nonce)


# ---------------------------------------------------------------- nothing can be changed afterwards


@pytest.mark.parametrize("field", FIELDS)
def test_every_desk_has_the_same_code(factory: Any, operator: str, field: str) -> None:
    other = boa.env.generate_address("other operator")
    token = deployer("mocks/PlainToken").deploy(6).address
    compiled = deployer(FIELDS[field]).compiler_data.bytecode_runtime
    if field == "panel":
        compiled = proxy_code(factory.blueprints().panel)
    for made in (deploy(factory, operator), deploy(factory, other, token, 60 * DAY)):
        # Immutables stand behind the code.
        assert boa.env.get_code(getattr(made, field))[: len(compiled)] == compiled


# No upgrade, no pause, no rewiring, no renouncing.
CHANGING = {
    "SupportDesk": """
        open_ticket follow_up open_ticket_for reply reply_many bot_reply publish_policy grant_coverage
        set_allowance open_ticket_signed follow_up_signed redeem_coverage claim claim_many close close_many
        begin_dispute rule report begin_batch prove_ticket apply_entry end_challenge breach_clocks
    """,
    "CompensationPool": """
        reserve release pay reserve_up_to take_bond settle announce_withdrawal cancel_withdrawal withdraw fund
        sync collect
    """,
    "ArbiterPanel": """
        initialize contest propose_panel cancel_panel adopt_panel submit_verdict report_breach rule_by_default
        collect_fees
    """,
    "BatchLane": "anchor_batch prove_ticket prove_entries end_challenge prove_equivocation release_batch",
    "AgentDirectory": """
        register_agent revoke_agent publish_channel revoke_channel transfer_ownership accept_ownership
        name_successor name_keeper name_keeper_signed
    """,
    "PolicyRules": "",
    "DeskFactory": "deploy_desk",
}


@pytest.mark.parametrize(("name", "functions"), CHANGING.items(), ids=CHANGING.keys())
def test_there_is_no_way_to_change_state_but_these(name: str, functions: str) -> None:
    # Promise 7.
    abi = [item for item in build_abi_output(deployer(name).compiler_data) if item["type"] != "event"]
    changing = {item.get("name") for item in abi if item.get("stateMutability") not in ("view", "pure")}
    assert changing - {None} == set(functions.split())
    assert {item["type"] for item in abi} <= {"constructor", "function"}


@pytest.mark.parametrize("name", [*NAMES, "PolicyRules", "DeskFactory"])
def test_no_contract_can_delegate_or_destroy_itself(name: str) -> None:
    """A panel's proxy delegates to the one panel that stands in its code, and can do nothing else."""
    opcodes = set(map(str, deployer(name).compiler_data.assembly_runtime))
    assert ("SSTORE" in opcodes) == (name != "PolicyRules")
    assert not opcodes & {"CALLCODE", "DELEGATECALL", "SELFDESTRUCT"}
