# SPDX-License-Identifier: Apache-2.0
"""DeskFactory: one transaction deploys and wires a desk, and nothing can be rewired afterwards."""

from typing import Any

import boa
import pytest
from eth_utils import keccak, to_checksum_address
from house import DAY, ETH, HUMAN, Policy, deploy_factory, deployer
from treasury import events
from vyper.compiler.output import build_abi_output

NOTICE = 30 * DAY
NOTHING = (ETH, ETH, ETH)
NAMES = ("SupportDesk", "CompensationPool", "AgentDirectory")


@pytest.fixture
def factory() -> Any:
    return deploy_factory()


@pytest.fixture
def operator() -> str:
    return str(boa.env.generate_address("operator"))


def rlp_create_address(creator: str, nonce: int) -> str:
    """Where CREATE puts a contract, by RLP written out (Yellow Paper 7 and appendix B)."""
    number = nonce.to_bytes((nonce.bit_length() + 7) // 8, "big")
    item = number if len(number) == 1 and nonce < 0x80 else bytes([0x80 + len(number)]) + number
    payload = bytes([0x80 + 20]) + bytes.fromhex(str(creator)[2:]) + item
    return to_checksum_address(keccak(bytes([0xC0 + len(payload)]) + payload)[-20:])


def deploy(factory: Any, operator: str, asset: str = ETH, notice: int = NOTICE) -> Any:
    return factory.deploy_desk(operator, asset, notice, "Test desk", sender=operator)


def put_at(factory: Any, count: int) -> None:
    """The factory as it is after `count` desks: its own count, and the nonce that the chain keeps for it."""
    factory.eval(f"self.desk_count = {count}")
    boa.env.evm.vm.state.set_nonce(bytes.fromhex(str(factory.address)[2:]), 1 + 3 * count)


# ---------------------------------------------------------------- constructor


def test_constructor_fixes_the_blueprints() -> None:
    made = [deployer(name).deploy_as_blueprint().address for name in NAMES]
    assert list(deployer("DeskFactory").deploy(*made).blueprints()) == made


@pytest.mark.parametrize("missing", range(3))
def test_constructor_refuses_a_blueprint_without_code(missing: int) -> None:
    made = [deployer(name).deploy_as_blueprint().address for name in NAMES]
    made[missing] = boa.env.generate_address("nobody")
    with boa.reverts("factory: blueprint has no code"):
        deployer("DeskFactory").deploy(*made)


# ---------------------------------------------------------------- wiring


def test_deploy_wires_the_three_to_each_other(factory: Any, operator: str) -> None:
    made = deploy(factory, operator)
    desk = deployer("SupportDesk").at(made.desk)
    pool = deployer("CompensationPool").at(made.pool)
    assert (desk.pool(), desk.directory()) == (made.pool, made.directory)
    assert (pool.desk(), pool.directory()) == (made.desk, made.directory)


def test_deploy_makes_the_operator_the_owner_and_nobody_else(factory: Any, operator: str) -> None:
    made = factory.deploy_desk(
        operator, ETH, NOTICE, "Test desk", sender=boa.env.generate_address("stranger")
    )
    directory = deployer("AgentDirectory").at(made.directory)
    assert (directory.owner(), directory.pending_owner()) == (operator, ETH)


def test_deploy_passes_asset_and_notice(factory: Any, operator: str) -> None:
    token = deployer("mocks/PlainToken").deploy(6).address
    pool = deployer("CompensationPool").at(deploy(factory, operator, token, 45 * DAY).pool)
    assert (pool.asset(), pool.notice()) == (token, 45 * DAY)


def test_deploy_logs_what_it_made(factory: Any, operator: str) -> None:
    made = factory.deploy_desk(operator, ETH, NOTICE, "A name", sender=operator)
    assert events(factory)[-1] == (
        "DeskDeployed",
        {
            "desk": made.desk,
            "operator": operator,
            "asset": ETH,
            "pool": made.pool,
            "directory": made.directory,
            "notice": NOTICE,
            "name": "A name",
        },
    )


def test_deployed_desk_works(factory: Any, operator: str) -> None:
    made = deploy(factory, operator)
    desk = deployer("SupportDesk").at(made.desk)
    directory = deployer("AgentDirectory").at(made.directory)
    requester = boa.env.generate_address("requester")
    desk.publish_policy(Policy().on_chain(), "policy", "", b"\0" * 32, sender=operator)
    directory.register_agent(requester, HUMAN, b"\x01" * 32, 2**40 - 1, sender=operator)
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
    assert deploy(factory, operator).desk == rlp_create_address(factory.address, 3)


@pytest.mark.parametrize("count", [1, 2, 10**6])
def test_deploy_refuses_a_wrong_prediction(factory: Any, operator: str, count: int) -> None:
    # As on a chain that derives addresses otherwise: the count says one nonce, the chain another.
    factory.eval(f"self.desk_count = {count}")
    with boa.reverts("factory: desk address differs"):
        deploy(factory, operator)
    assert factory.desk_count() == count
    assert factory.deployment(count) == NOTHING


def test_deploy_refuses_when_the_nonces_have_run_out(factory: Any, operator: str) -> None:
    # The desk's nonce would be 3 * count + 3.
    put_at(factory, 2**32 // 3)
    with boa.reverts("factory: no nonce left"):
        deploy(factory, operator)
    assert factory.desk_count() == 2**32 // 3


# ---------------------------------------------------------------- addresses


# The desk's nonce is 3 * count + 3; around each length of the nonce in RLP.
COUNTS = [0, 1, 40, 41, 42, 43, 83, 84, 85, 21_843, 21_844, 21_845, 5_592_404, 5_592_405, 2**32 // 3 - 1]


@pytest.mark.parametrize("count", COUNTS)
def test_deploy_works_at_every_length_of_nonce(factory: Any, operator: str, count: int) -> None:
    put_at(factory, count)
    made = deploy(factory, operator)
    assert made == factory.deployment(count)
    assert list(made) == [rlp_create_address(factory.address, 3 * count + 1 + n) for n in (2, 1, 0)]
    assert deployer("CompensationPool").at(made.pool).desk() == made.desk


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
        assert harness.at(creator, nonce) == rlp_create_address(creator, nonce)


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


@pytest.mark.parametrize("name", NAMES)
def test_every_desk_has_the_same_code(factory: Any, operator: str, name: str) -> None:
    other = boa.env.generate_address("other operator")
    token = deployer("mocks/PlainToken").deploy(6).address
    field = {"SupportDesk": "desk", "CompensationPool": "pool", "AgentDirectory": "directory"}[name]
    compiled = deployer(name).compiler_data.bytecode_runtime
    for made in (deploy(factory, operator), deploy(factory, other, token, 60 * DAY)):
        # Immutables stand behind the code.
        assert boa.env.get_code(getattr(made, field))[: len(compiled)] == compiled


# No upgrade, no pause, no rewiring, no renouncing.
CHANGING = {
    "SupportDesk": """
        open_ticket follow_up open_ticket_for reply reply_many bot_reply publish_policy grant_coverage
        set_allowance open_ticket_signed follow_up_signed redeem_coverage claim claim_many close close_many
    """,
    "CompensationPool": """
        reserve release pay announce_withdrawal cancel_withdrawal withdraw fund sync collect
    """,
    "AgentDirectory": "register_agent revoke_agent transfer_ownership accept_ownership",
    "DeskFactory": "deploy_desk",
}


@pytest.mark.parametrize(("name", "functions"), CHANGING.items(), ids=CHANGING.keys())
def test_there_is_no_way_to_change_state_but_these(name: str, functions: str) -> None:
    # Promise 7.
    abi = [item for item in build_abi_output(deployer(name).compiler_data) if item["type"] != "event"]
    changing = {item.get("name") for item in abi if item.get("stateMutability") not in ("view", "pure")}
    assert changing - {None} == set(functions.split())
    assert {item["type"] for item in abi} == {"constructor", "function"}


@pytest.mark.parametrize("name", [*NAMES, "DeskFactory"])
def test_no_contract_can_delegate_or_destroy_itself(name: str) -> None:
    opcodes = set(map(str, deployer(name).compiler_data.assembly_runtime))
    assert "SSTORE" in opcodes
    assert not opcodes & {"CALLCODE", "DELEGATECALL", "SELFDESTRUCT"}
