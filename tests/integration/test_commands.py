# SPDX-License-Identifier: Apache-2.0
"""The `ape run` commands on a real node: each role's way through, --json, --dry-run, and bad input.

Most run in this process, through the commands' own entry points; what depends on `ape run` itself is started
as users start it.
"""

import hashlib
import json
import os
import runpy
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import rfc8785
import yaml
from click.testing import CliRunner
from eth_abi import encode
from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_utils import keccak
from web3 import Web3

from benchmarks.node import anvil
from makegood import artifacts
from makegood.desk import Factory
from makegood.disputes import read_verdict

PROJECT = Path(__file__).resolve().parents[2]
POLICY = PROJECT / "examples" / "policy.yaml"
DAY = 86_400
# The public test mnemonic's accounts, in the order of the roles.
MNEMONIC = "test test test test test test test test test test test junk"
ARBITER_ROLES = ("arbiter-1", "arbiter-2", "arbiter-3")
UNKNOWN_TICKET = "0x" + "11" * 32


@dataclass(frozen=True)
class Result:
    """What a command said and how it ended."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> dict[str, Any]:
        value = json.loads(self.out)
        assert isinstance(value, dict)
        return value


Command = Callable[..., Result]


@pytest.fixture(scope="module")
def node() -> Iterator[Web3]:
    with anvil() as w3:
        yield w3


@pytest.fixture(scope="module")
def url(node: Web3) -> str:
    return str(node.provider.endpoint_uri)  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def data_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("data")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MAKEGOOD_DATA_FOLDER", str(folder))
        yield folder


@pytest.fixture(scope="module")
def command(url: str, data_folder: Path) -> Command:
    assert data_folder.is_dir()

    def run(name: str, *arguments: str, network: str | None = url, stdin: str | None = None) -> Result:
        cli = runpy.run_path(str(PROJECT / "scripts" / f"{name}.py"))["cli"]
        options = ["--network", network] if network else []
        done = CliRunner(mix_stderr=False).invoke(cli, [*arguments, *options], input=stdin)
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return Result(done.exit_code, done.stdout, done.stderr)

    return run


@pytest.fixture(scope="module")
def desk(command: Command) -> Mapping[str, Any]:
    """A funded desk with a policy, three arbiters, an agent with an allowance, a bot, a covered requester."""
    arbiters = [word for role in ARBITER_ROLES for word in ("--arbiter", role)]
    deployed = command("deploy", "--json", "--notice", "7d", *arbiters).data
    for arguments in (
        ("fund", "0.5"),
        ("publish_policy", str(POLICY)),
        ("register_agent", "agent"),
        ("register_agent", "bot", "--kind", "bot"),
        ("set_allowance", "agent", "1"),
        ("grant_coverage", "requester"),
    ):
        result = command(*arguments)
        assert result.code == 0, result.err
    return deployed


@pytest.fixture(autouse=True)
def as_before(node: Web3, desk: Mapping[str, Any], data_folder: Path) -> Iterator[None]:
    """Every test finds the desk as it was set up, at the same time, and remembered."""
    assert desk
    snapshot = ask(node, "evm_snapshot")
    remembered = (data_folder / "deployments.json").read_bytes()
    yield
    ask(node, "evm_revert", snapshot)
    (data_folder / "deployments.json").write_bytes(remembered)


@pytest.fixture
def ticket(command: Command) -> str:
    """An urgent ticket of the requester's."""
    return str(command("open", "--priority", "urgent", "--text", "Help", "--json").data["ticket_id"])


@pytest.fixture
def unchanged(node: Web3, data_folder: Path) -> Callable[[], bool]:
    """Whether neither the chain nor what is remembered has changed since the test began."""
    before = (node.eth.block_number, files_of(data_folder))
    return lambda: before == (node.eth.block_number, files_of(data_folder))


def ask(node: Web3, method: str, *arguments: Any) -> Any:
    response = node.provider.make_request(method, list(arguments))  # type: ignore[arg-type]
    assert "error" not in response, response
    return response["result"]


def travel(node: Web3, seconds: int) -> None:
    ask(node, "evm_increaseTime", seconds)


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def address_of(role_index: int) -> str:
    Account.enable_unaudited_hdwallet_features()
    return str(Account.from_mnemonic(MNEMONIC, account_path=f"m/44'/60'/0'/0/{role_index}").address)


OPERATOR, AGENT, REQUESTER = (address_of(index) for index in range(3))
ARBITERS = [address_of(index) for index in (7, 8, 9)]


def refused(result: Result, code: int, *, saying: str) -> bool:
    """Exactly this code, one sentence (and its hint) after "Error:", nothing on stdout, no traceback."""
    assert result.code == code, result.err
    errors = [line for line in result.err.splitlines() if line.startswith("Error:")]
    assert len(errors) == 1, result.err
    assert saying in errors[0]
    assert "Traceback" not in result.err
    assert result.out == ""
    return True


# ---------------------------------------------------------------- each role's way through


def test_deploy_wires_the_desk_to_the_operator_of_the_network(
    desk: Mapping[str, Any], command: Command
) -> None:
    assert desk["operator"] == OPERATOR
    status = command("status", "--json").data
    assert (status["desk"], status["pool"], status["operator"]) == (desk["desk"], desk["pool"], OPERATOR)
    assert status["notice"] == 7 * DAY


def test_deploy_takes_the_remembered_factory_the_second_time(
    desk: Mapping[str, Any], command: Command
) -> None:
    second = command("deploy", "--json", "--name", "Second").data
    assert second["factory"] == desk["factory"]
    assert [each["function"] for each in second["transactions"]] == ["deploy_desk"]
    assert command("status", "--json").data["desk"] == second["desk"]
    assert command("status", "--json", "--desk", desk["desk"]).data["desk"] == desk["desk"]


def test_status_counts_agents_and_tells_policy_and_books(command: Command) -> None:
    status = command("status", "--json").data
    assert sorted(status["agents"].values()) == ["bot", "human"]
    assert status["policies"]["1"]["targets"]["urgent"]["first_reply"] == "15m"
    assert status["books"] == {
        "funds": str(5 * 10**17),
        "reserved": "0",
        "credited": "0",
        "bonded": "0",
        "debt": "0",
        "free": str(5 * 10**17),
    }


def test_status_with_an_account_tells_what_it_holds(command: Command) -> None:
    held = command("status", "--json", "--account", "requester").data["account"]
    assert held["address"] == REQUESTER
    assert held["coverage"][0]["places"] == 5
    agent = command("status", "--json", "--account", "agent").data["account"]
    assert (agent["standing"], agent["allowance"]) == ("human agent", str(10**18))


def test_open_reserves_the_worst_case_and_keeps_a_document_with_that_commitment(command: Command) -> None:
    opened = command("open", "--priority", "urgent", "--text", "Help", "--json").data
    assert opened["backed"] is True
    assert opened["requester"] == REQUESTER
    document = json.loads(Path(opened["document"]).read_text())
    assert document["text"] == "Help"
    assert opened["commitment"] == "0x" + hashlib.sha256(rfc8785.dumps(document)).hexdigest()
    assert command("status", "--json").data["books"]["reserved"] == str(8 * 10**16)


def test_an_agent_opens_for_a_requester(command: Command) -> None:
    opened = command("open", "--for", "anyone", "--text", "-", "--json", stdin="By mail").data
    assert (opened["lane"], opened["requester"]) == (1, address_of(4))


def test_a_ticket_goes_through_every_status(command: Command, ticket: str) -> None:
    seen = [command("status", ticket, "--json").data["status"]]
    for arguments in (
        ("reply", ticket, "--text", "Looking"),
        ("reply", ticket, "--as", "pending", "--text", "Which phone?"),
        ("follow_up", ticket, "--text", "This one"),
        ("reply", ticket, "--as", "solved", "--text", "Done"),
        ("close", ticket),
    ):
        assert command(*arguments).code == 0
        seen.append(command("status", ticket, "--json").data["status"])
    assert seen == ["open", "hold", "pending", "open", "solved", "closed"]


def test_a_bots_message_stops_no_clock(command: Command, ticket: str) -> None:
    before = command("status", ticket, "--json").data
    assert command("reply", ticket, "--bot", "--text", "We got it").code == 0
    after = command("status", ticket, "--json").data
    assert [each["event"] for each in after["history"]] == ["TicketOpened", "BotReplied"]
    assert (after["status"], after["reply_due"]) == ("open", before["reply_due"])


def test_claim_credits_and_collect_sends_the_compensation(command: Command, node: Web3, ticket: str) -> None:
    travel(node, 7 * DAY)
    claimed = command("claim", ticket, "--json").data["tickets"][0]
    assert (claimed["compensated"], claimed["amount"], claimed["as"]) == (
        ["first_reply", "resolution"],
        str(7 * 10**16),
        "credit",
    )
    before = node.eth.get_balance(Web3.to_checksum_address(REQUESTER))
    collected = command("collect", REQUESTER, "--account", "anyone", "--json").data
    assert collected["collected"] == str(7 * 10**16)
    assert node.eth.get_balance(Web3.to_checksum_address(REQUESTER)) - before == 7 * 10**16


def test_collecting_nothing_says_for_whom(command: Command, unchanged: Callable[[], bool]) -> None:
    own = command("collect")
    assert refused(own, 5, saying=f"Nothing can be collected for {REQUESTER} now (pool: nothing to collect).")
    assert "For somebody else give their address, or their --account." in own.err
    other = command("collect", AGENT)
    assert refused(other, 5, saying=f"Nothing can be collected for {AGENT} now (pool: nothing to collect).")
    assert "somebody else" not in other.err
    assert f"`ape run status --account {AGENT}`" in other.err
    assert unchanged()


def test_claim_with_collect_pays_at_once(command: Command, node: Web3, ticket: str) -> None:
    travel(node, 7 * DAY)
    before = node.eth.get_balance(Web3.to_checksum_address(REQUESTER))
    assert command("claim", ticket, "--collect", "--json").data["collected"] == str(7 * 10**16)
    assert node.eth.get_balance(Web3.to_checksum_address(REQUESTER)) - before == 7 * 10**16


def test_claim_of_several_skips_what_does_not_apply(command: Command, node: Web3, ticket: str) -> None:
    answered = command("open", "--priority", "low", "--text", "Hm", "--json").data["ticket_id"]
    assert command("reply", answered, "--as", "pending", "--text", "?").code == 0
    travel(node, 7 * DAY)
    rows = command("claim", ticket, answered, "--json").data["tickets"]
    assert [row["amount"] for row in rows] == [str(7 * 10**16), "0"]


def test_anyone_closes_several_once_their_contest_window_is_over(
    command: Command, node: Web3, ticket: str
) -> None:
    other = command("open", "--priority", "low", "--text", "Hm", "--json").data["ticket_id"]
    assert command("reply", ticket, "--as", "solved", "--text", "Done").code == 0
    travel(node, 6 * DAY)
    rows = command("close", ticket, other, "--account", "anyone", "--json").data["tickets"]
    assert [row["closed"] for row in rows] == [True, False]


def test_withdraw_takes_free_funds_after_the_notice(command: Command, node: Web3) -> None:
    announced = command("announce_withdrawal", "0.2", "--json").data
    assert announced["amount"] == str(2 * 10**17)
    travel(node, 7 * DAY + 1)
    withdrawn = command("withdraw", "0.15", "--to", "anyone", "--json").data
    assert (withdrawn["withdrawn"], withdrawn["to"]) == (str(15 * 10**16), address_of(4))
    assert withdrawn["books"]["funds"] == str(35 * 10**16)


def test_cancel_withdrawal_leaves_none(command: Command) -> None:
    assert command("announce_withdrawal", "0.2").code == 0
    assert command("cancel_withdrawal").code == 0
    assert command("status", "--json").data["withdrawal"] is None


def test_sync_changes_nothing_where_books_are_right(command: Command) -> None:
    assert command("sync", "--json").data["books"]["funds"] == str(5 * 10**17)


def test_a_signed_ticket_and_follow_up_are_relayed_by_anyone(command: Command, tmp_path: Path) -> None:
    opening, following = str(tmp_path / "open.json"), str(tmp_path / "follow.json")
    signed = command("open", "--priority", "high", "--text", "Help", "--sign", opening, "--json").data
    assert (signed["signer"], signed["transactions"]) == (REQUESTER, [])
    opened = command("open", "--relay", opening, "--account", "anyone", "--json").data
    assert (opened["requester"], opened["lane"]) == (REQUESTER, 0)
    assert command("follow_up", opened["ticket_id"], "--text", "And?", "--sign", following).code == 0
    assert command("follow_up", "--relay", following, "--account", "anyone").code == 0
    events = [each["event"] for each in command("status", opened["ticket_id"], "--json").data["history"]]
    assert events == ["TicketOpened", "FollowUpNonceUsed", "TicketFollowedUp"]


def test_a_voucher_is_redeemed_by_anyone(command: Command, tmp_path: Path) -> None:
    voucher = str(tmp_path / "voucher.json")
    assert (
        command("grant_coverage", "anyone", "--priority", "high", "--places", "2", "--voucher", voucher).code
        == 0
    )
    redeemed = command("grant_coverage", "--redeem", voucher, "--account", "bot", "--json").data
    assert (redeemed["holder"], redeemed["priority"], redeemed["places"]) == (address_of(4), "high", 2)


def test_the_first_line_of_a_ticket_says_whose_turn_it_is(command: Command, node: Web3, ticket: str) -> None:
    assert command("status", ticket).out.startswith("The desk owes a first reply by ")
    travel(node, 7 * DAY)
    late = command("status", ticket).out.splitlines()[0]
    assert late.startswith("The desk owes a first reply and is late: it was due by ")
    assert late.endswith("0.07 ETH can be claimed.")


def test_the_first_line_of_the_desk_says_what_waits_and_what_is_late(
    command: Command, node: Web3, ticket: str
) -> None:
    assert command("status").out.startswith("1 ticket waits for a reply; ")
    assert command("reply", ticket, "--as", "hold", "--text", "We look").code == 0
    assert command("status").out.startswith("No ticket waits for a reply; ")
    travel(node, 7 * DAY)
    late = "No ticket waits for a reply, the desk is late with 1 ticket; "
    assert command("status").out.startswith(late)


def test_no_line_of_status_passes_100_columns(command: Command, ticket: str) -> None:
    text = command("status").out + command("status", ticket).out
    assert max(len(line) for line in text.splitlines()) <= 100


# ---------------------------------------------------------------- another operator


def test_a_desk_moves_to_another_operator_once_that_one_accepts(command: Command) -> None:
    old, new = address_of(0), address_of(4)
    offered = command("transfer_ownership", "anyone", "--json").data
    assert (offered["operator"], offered["offered_to"]) == (old, new)
    status = command("status", "--json").data
    assert (status["operator"], status["offered_to"]) == (old, new)
    assert f"{old}, offered to {new}" in " ".join(command("status").out.split())
    assert command("set_allowance", "agent", "2").code == 0
    accepted = command("transfer_ownership", "--accept", "--account", "anyone", "--json").data
    assert (accepted["operator"], accepted["was"], accepted["offered_to"]) == (new, old, None)
    assert command("set_allowance", "agent", "1").code == 5
    assert command("set_allowance", "agent", "1", "--account", "anyone").code == 0


def test_an_offer_of_the_desk_is_taken_back(command: Command) -> None:
    assert command("transfer_ownership", "anyone").code == 0
    taken = command("transfer_ownership", "nobody")
    assert (taken.code, "nobody any more" in taken.out) == (0, True)
    late = command("transfer_ownership", "--accept", "--account", "anyone")
    assert refused(late, 5, saying="it is offered to nobody")


def test_only_who_is_offered_the_desk_accepts_it(command: Command, unchanged: Callable[[], bool]) -> None:
    assert refused(command("transfer_ownership", "anyone", "--account", "bot"), 5, saying="owner")
    assert refused(command("transfer_ownership", "operator"), 2, saying="is the desk's operator already")
    assert refused(command("transfer_ownership", "0x12"), 2, saying="is not an address")
    assert command("transfer_ownership").code == 2
    assert command("transfer_ownership", "anyone", "--accept").code == 2
    assert unchanged()
    assert command("transfer_ownership", "anyone").code == 0
    other = command("transfer_ownership", "--accept", "--account", "bot")
    assert refused(other, 5, saying=f"it is offered to {address_of(4)}")


def test_a_dry_run_of_handing_over_changes_nothing(command: Command, unchanged: Callable[[], bool]) -> None:
    planned = command("transfer_ownership", "anyone", "--dry-run", "--json")
    assert planned.data["steps"][0]["function"] == "transfer_ownership"
    assert unchanged()


# ---------------------------------------------------------------- agents and channels


@pytest.mark.usefixtures("desk")
def test_a_binding_that_an_agent_signed_elsewhere_registers_it(command: Command, tmp_path: Path) -> None:
    binding, key = tmp_path / "li.json", tmp_path / "li-did.json"
    reader, writer = os.pipe()
    os.write(writer, b"a long passphrase\n")
    os.close(writer)
    signed = command(
        "register_agent", "--sign", str(binding), "--key", str(key), "--passphrase-fd", str(reader),
        "--account", "TEST::6",
    )  # fmt: skip
    assert signed.code == 0, signed.err
    assert key.stat().st_mode & 0o777 == 0o600
    registered = command("register_agent", "--binding", str(binding), "--json")
    assert registered.code == 0, registered.err
    assert registered.data["did"].startswith("did:key:z6Mk")
    digest = hashlib.sha256(registered.data["credential"].encode()).hexdigest()
    assert registered.data["credential_digest"] == f"0x{digest}"


@pytest.mark.usefixtures("desk")
def test_a_binding_that_was_changed_is_refused(command: Command, tmp_path: Path) -> None:
    binding = tmp_path / "binding.json"
    assert command("register_agent", "--sign", str(binding), "--account", "TEST::6").code == 0
    binding.write_text(binding.read_text().replace('"human"', '"bot"'))
    refused = command("register_agent", "--binding", str(binding))
    assert refused.code == 4
    assert "The signature is not " in refused.err


@pytest.mark.usefixtures("desk")
def test_an_address_alone_is_no_agent(command: Command) -> None:
    refused = command("register_agent", REQUESTER)
    assert refused.code == 2
    assert "an address does not sign" in refused.err


@pytest.mark.usefixtures("desk")
def test_a_channel_is_official_until_it_is_revoked(command: Command) -> None:
    published = command("publish_channel", "https://t.me/Example_Support/", "--json")
    assert published.code == 0, published.err
    digest = hashlib.sha256(b"telegram:example_support").hexdigest()
    assert (published.data["channel"], published.data["digest"]) == (
        "telegram:example_support",
        f"0x{digest}",
    )
    assert published.data["official"] is True
    assert command("publish_channel", "t.me/example_support").code == 5
    revoked = command("revoke_channel", "t.me/example_support", "--json")
    assert (revoked.code, revoked.data["official"]) == (0, False)
    assert command("revoke_channel", "t.me/example_support").code == 5


# ---------------------------------------------------------------- --dry-run, --yes and talk


@pytest.mark.parametrize(
    "arguments",
    [
        ("fund", "1"),
        ("publish_policy", str(POLICY)),
        ("open", "--text", "Help"),
        ("deploy",),
        ("announce_withdrawal", "0.1"),
        ("propose_panel", "anyone"),
        ("register_agent", "anyone"),
        ("grant_coverage", "anyone"),
        ("open", "--text", "Help", "--sign", "never-written.json"),
    ],
)
def test_a_dry_run_changes_nothing(
    command: Command, unchanged: Callable[[], bool], arguments: tuple[str, ...]
) -> None:
    result = command(*arguments, "--dry-run", "--json")
    assert result.code == 0
    assert result.data["dry_run"] is True
    assert unchanged()
    assert not (PROJECT / "never-written.json").exists()


def test_a_dry_run_tells_gas_and_what_is_sent_along(command: Command) -> None:
    plan = command("fund", "1", "--dry-run", "--json").data
    spent = command("fund", "1", "--json").data["transactions"][0]
    assert plan["value"] == str(10**18)
    assert plan["gas"] == spent["gas_used"]


def test_talk_goes_to_stderr(command: Command, url: str) -> None:
    result = command("fund", "1", "--json")
    assert f"Network: the local node at {url} (chain 31337)" in result.err
    assert json.loads(result.out)["books"]["funds"] == str(15 * 10**17)


# ---------------------------------------------------------------- bad input


def test_an_unknown_priority_is_refused(command: Command, unchanged: Callable[[], bool]) -> None:
    assert refused(command("open", "--priority", "urgnt", "--text", "x"), 2, saying='Did you mean "urgent"?')
    assert unchanged()


def test_a_policy_with_a_zero_window_is_refused_with_its_line(
    command: Command, unchanged: Callable[[], bool], tmp_path: Path
) -> None:
    bad = POLICY.read_text().replace("contest: 5d", "contest: 0d")
    line = bad[: bad.index("contest: 0d")].count("\n") + 1
    file = tmp_path / "policy.yaml"
    file.write_text(bad)
    expected = f"{file}, line {line}: windows.contest: The window is empty."
    assert refused(command("publish_policy", str(file)), 2, saying=expected)
    assert unchanged()


def test_a_policy_without_an_open_hour_is_refused_with_its_line(
    command: Command, unchanged: Callable[[], bool], tmp_path: Path
) -> None:
    head, hours, rest = POLICY.read_text().partition("hours:\n")
    bad = head + "hours: {}\n" + rest[rest.index("\n\n") :]
    assert hours
    file = tmp_path / "policy.yaml"
    file.write_text(bad)
    line = head.count("\n") + 1
    expected = f"{file}, line {line}: hours: No hour of the week is open."
    assert refused(command("publish_policy", str(file)), 2, saying=expected)
    assert unchanged()


@pytest.mark.parametrize(
    ("amount", "saying"),
    [
        ("-1", "An amount is not negative."),
        ("0.0000000000000000001", "has 19 decimals, but the asset has 18"),
    ],
)
def test_a_bad_amount_is_refused(
    command: Command, unchanged: Callable[[], bool], amount: str, saying: str
) -> None:
    assert refused(command("fund", amount), 2, saying=saying)
    assert unchanged()


def test_the_same_document_opens_no_second_ticket(command: Command, node: Web3, tmp_path: Path) -> None:
    document = str(tmp_path / "document.json")
    assert command("open", "--text", "Help", "--save", document).code == 0
    block = node.eth.block_number
    assert refused(command("open", "--document", document), 5, saying="desk: ticket exists")
    assert node.eth.block_number == block


def test_a_revoked_agent_cannot_reply(command: Command, node: Web3, ticket: str) -> None:
    assert command("revoke_agent", "agent").code == 0
    block = node.eth.block_number
    assert refused(command("reply", ticket, "--text", "x"), 5, saying="desk: caller is no human agent")
    assert node.eth.block_number == block


def test_a_bot_cannot_reply(command: Command, ticket: str, unchanged: Callable[[], bool]) -> None:
    result = command("reply", ticket, "--account", "bot", "--text", "x")
    assert refused(result, 5, saying="desk: caller is no human agent")
    assert unchanged()


def test_an_expired_signature_is_refused(
    command: Command, node: Web3, tmp_path: Path, data_folder: Path
) -> None:
    file = str(tmp_path / "open.json")
    assert command("open", "--text", "Help", "--valid", "1h", "--sign", file).code == 0
    travel(node, 3_601)
    before = (node.eth.block_number, files_of(data_folder))
    assert refused(command("open", "--relay", file), 4, saying="The signature expired on")
    assert before == (node.eth.block_number, files_of(data_folder))


def test_a_replayed_opening_is_refused(command: Command, node: Web3, tmp_path: Path) -> None:
    file = str(tmp_path / "open.json")
    assert command("open", "--text", "Help", "--sign", file).code == 0
    assert command("open", "--relay", file).code == 0
    block = node.eth.block_number
    assert refused(command("open", "--relay", file), 4, saying="The signature was used already")
    assert node.eth.block_number == block


def test_a_replayed_follow_up_is_refused(command: Command, node: Web3, ticket: str, tmp_path: Path) -> None:
    file = str(tmp_path / "follow.json")
    assert command("follow_up", ticket, "--text", "And?", "--sign", file).code == 0
    assert command("follow_up", "--relay", file).code == 0
    block = node.eth.block_number
    assert refused(command("follow_up", "--relay", file), 4, saying="the next is 1")
    assert node.eth.block_number == block


def test_a_changed_request_is_refused(
    command: Command, tmp_path: Path, unchanged: Callable[[], bool]
) -> None:
    file = tmp_path / "voucher.json"
    assert command("grant_coverage", "anyone", "--places", "1", "--voucher", str(file)).code == 0
    file.write_text(file.read_text().replace('"places": 1', '"places": 9'))
    assert refused(command("grant_coverage", "--redeem", str(file)), 4, saying=f"is not {OPERATOR}'s")
    assert unchanged()


def test_a_claim_before_time_is_refused(command: Command, ticket: str, unchanged: Callable[[], bool]) -> None:
    assert refused(command("claim", ticket), 5, saying="desk: nothing to claim")
    assert unchanged()


@pytest.mark.usefixtures("ticket")
def test_a_withdrawal_of_reserved_funds_is_refused(command: Command, node: Web3) -> None:
    assert command("announce_withdrawal", "0.5").code == 0
    travel(node, 7 * DAY + 1)
    block = node.eth.block_number
    assert refused(command("withdraw", "0.5"), 5, saying="pool: free funds too low")
    assert node.eth.block_number == block


def test_an_unknown_account_is_refused(command: Command, unchanged: Callable[[], bool]) -> None:
    assert refused(command("fund", "1", "--account", "nobody"), 3, saying='There is no account "nobody".')
    assert unchanged()


def test_a_node_that_is_down_is_refused(command: Command, unchanged: Callable[[], bool]) -> None:
    result = command("fund", "1", network="http://127.0.0.1:1")
    assert refused(result, 1, saying="No node answers at http://127.0.0.1:1.")
    assert unchanged()


def test_an_unknown_network_is_refused(command: Command) -> None:
    assert refused(command("status", network="ethereum:nowhere"), 2, saying="no network that Ape knows")


def test_an_unknown_ticket_is_refused(command: Command) -> None:
    assert refused(command("status", UNKNOWN_TICKET), 3, saying=f"has no ticket {UNKNOWN_TICKET}")


def test_an_address_with_a_typing_error_is_refused(command: Command, unchanged: Callable[[], bool]) -> None:
    wrong = OPERATOR[:-1] + ("7" if OPERATOR[-1] != "7" else "8")
    assert refused(command("collect", wrong), 2, saying="fails its checksum")
    assert unchanged()


def test_someone_elses_desk_is_refused(command: Command, unchanged: Callable[[], bool]) -> None:
    result = command("fund", "1", "--account", "requester", "--desk", address_of(9))
    assert refused(result, 3, saying="There is no contract at")
    assert unchanged()


def test_an_account_without_coin_is_told_so(command: Command, node: Web3, ticket: str) -> None:
    ask(node, "anvil_setBalance", AGENT, "0x0")
    assert refused(command("reply", ticket, "--text", "x"), 1, saying="too little of the network's own coin")


def test_an_error_is_an_object_with_json(command: Command, ticket: str) -> None:
    result = command("claim", ticket, "--json")
    assert result.code == 5
    assert result.data["error"]["reason"] == "desk: nothing to claim"
    assert result.data["error"]["exit_code"] == 5
    assert result.err.count("Error:") == 1


def test_a_usage_error_is_an_object_with_json(command: Command) -> None:
    result = command("claim", "--json")
    assert result.code == 2
    assert result.data["error"]["exit_code"] == 2


def test_nothing_is_remembered_of_the_in_process_chain(command: Command, data_folder: Path) -> None:
    before = files_of(data_folder)
    deployed = command("deploy", "--json", network="ethereum:local:test")
    assert deployed.code == 0
    assert "This chain ends now, so the desk is not remembered." in deployed.err
    assert files_of(data_folder) == before
    assert refused(command("status", network="ethereum:local:test"), 3, saying="`make node`")


# ---------------------------------------------------------------- deploying in parts, and in a token


def test_a_deployment_that_stopped_half_way_goes_on_from_there(
    command: Command, node: Web3, desk: Mapping[str, Any], data_folder: Path
) -> None:
    parts = Factory(node, desk["factory"]).parts()
    remembered = json.loads((data_folder / "deployments.json").read_text())
    (record,) = remembered["chains"].values()
    record.update(factory=None, desks=[], blueprints={"SupportDesk": parts.desk})
    (data_folder / "deployments.json").write_text(json.dumps(remembered))
    deployed = command("deploy", "--json").data
    assert [each["function"] for each in deployed["transactions"]] == [
        "create CompensationPool",
        "create ArbiterPanel",
        "create BatchLane",
        "create AgentDirectory",
        "create PolicyRules",
        "create DeskFactory",
        "deploy_desk",
    ]
    assert Factory(node, deployed["factory"]).parts().desk == parts.desk


def test_a_desk_in_a_token_approves_funds_and_pays_in_it(command: Command, node: Web3) -> None:
    token = deploy_token(node, decimals=6, holder=OPERATOR, amount=10**9)
    pool = command("deploy", "--asset", token, "--json").data["pool"]
    funded = command("fund", "12.5", "--json").data
    assert [each["function"] for each in funded["transactions"]] == ["approve", "fund"]
    assert funded["received"] == "12500000"
    assert token_balance(node, token, pool) == 12_500_000
    assert refused(command("fund", "0.0000001"), 2, saying="has 7 decimals, but the asset has 6")


def test_funding_beyond_what_the_account_holds_approves_nothing(command: Command, node: Web3) -> None:
    token = deploy_token(node, decimals=6, holder=OPERATOR, amount=10**9)
    command("deploy", "--asset", token)
    before = node.eth.get_transaction_count(OPERATOR)
    assert refused(command("fund", "1001"), 1, saying="holds only 1000 ")
    assert node.eth.get_transaction_count(OPERATOR) == before


def test_the_operators_page_moves_the_clock_so_that_a_broken_promise_pays(
    command: Command, node: Web3, url: str
) -> None:
    page = (PROJECT / "docs" / "operator.md").read_text("utf-8")
    block = page.partition("### See it pay")[2].split("```")[1]
    opening, clock, claim = (shlex.split(line) for line in block.strip().splitlines())
    ticket = command(*opening[2:], "--json").data["ticket_id"]
    assert clock[:2] == ["node_modules/.bin/cast", "rpc"]
    typed = ["cast", *(url if word == "http://127.0.0.1:8545" else word for word in clock[1:])]
    subprocess.run(typed, cwd=PROJECT, check=True, capture_output=True)
    before = balance(node, REQUESTER)
    paid = command(
        *(ticket if word == "TICKET" else word for word in claim[2:]), "--account", "anyone", "--json"
    )
    assert paid.data["tickets"][0]["compensated"] == ["first_reply", "resolution"]
    assert balance(node, REQUESTER) - before == 7 * 10**16 == int(paid.data["collected"])


def test_status_tells_anybody_what_an_address_can_collect(command: Command) -> None:
    command("deploy")
    holder = Account.create().address
    shown = command("status", "--account", holder, "--json").data["account"]
    assert (shown["address"], shown["collectable"], shown["owed"]) == (holder, "0", "0")


def test_a_ticket_is_named_by_the_first_digits_or_the_shortened_form_of_its_id(command: Command) -> None:
    ticket = str(command("open", "--priority", "low", "--text", "Help", "--json").data["ticket_id"])
    for name in (ticket, ticket[:14], f"{ticket[:6]}…{ticket[-4:]}"):
        assert command("status", name, "--json").data["ticket_id"] == ticket
    wrong = ticket[:13] + ("0" if ticket[13] != "0" else "1")
    assert refused(command("status", wrong), 3, saying=f'The desk has no ticket "{wrong}"')
    assert refused(command("status", "0x12"), 2, saying='"0x12" is no ticket id. Give 0x and its 64 hex')


def test_an_empty_text_opens_nothing(command: Command) -> None:
    assert refused(command("open", "--text", " "), 2, saying="The text is empty.")


def test_a_dry_run_of_publishing_shows_what_was_understood(command: Command) -> None:
    shown = command("publish_policy", str(POLICY), "--dry-run")
    assert "mon-fri 06:00-12:00, 13:00-22:00; sat 08:00-12:00 UTC" in shown.err


def test_a_policy_finer_than_the_token_is_refused(command: Command, node: Web3) -> None:
    command("deploy", "--asset", deploy_token(node, decimals=2, holder=OPERATOR, amount=10**9))
    result = command("publish_policy", str(POLICY))
    assert refused(result, 2, saying="the asset has 2")


def deploy_token(node: Web3, *, decimals: int, holder: str, amount: int) -> str:
    code = bytes.fromhex(artifacts.compile_contract("mocks/PlainToken")["bytecode"][2:])
    made = send(node, None, code + encode(["uint8"], [decimals]))["contractAddress"]
    assert made
    mint(node, made, holder, amount)
    return str(made)


def mint(node: Web3, token: str, holder: str, amount: int) -> None:
    data = keccak(text="mint(address,uint256)")[:4] + encode(["address", "uint256"], [holder, amount])
    send(node, token, data)


def allowance(node: Web3, token: str, owner: str, spender: str) -> int:
    data = keccak(text="allowance(address,address)")[:4] + encode(["address", "address"], [owner, spender])
    answer = node.eth.call({"to": Web3.to_checksum_address(token), "data": Web3.to_hex(data)})
    return int.from_bytes(answer, "big")


def token_balance(node: Web3, token: str, holder: str) -> int:
    data = keccak(text="balanceOf(address)")[:4] + encode(["address"], [holder])
    answer = node.eth.call({"to": Web3.to_checksum_address(token), "data": Web3.to_hex(data)})
    return int.from_bytes(answer, "big")


def send(node: Web3, to: str | None, data: bytes) -> Any:
    fields: Any = {"from": node.eth.accounts[9], "data": Web3.to_hex(data)}
    if to is not None:
        fields["to"] = to
    return node.eth.wait_for_transaction_receipt(node.eth.send_transaction(fields))


# ---------------------------------------------------------------- disputes


@pytest.fixture
def solved(command: Command, ticket: str) -> str:
    """The requester's ticket, solved by the agent."""
    assert command("reply", ticket, "--as", "solved", "--text", "Done").code == 0
    return ticket


@pytest.fixture
def mail(tmp_path: Path) -> Path:
    path = tmp_path / "mail.eml"
    path.write_text("Dear customer, thank you for your message.")
    return path


@pytest.fixture
def contested(command: Command, solved: str, mail: Path) -> Mapping[str, Any]:
    """The dispute on the resolution of the requester's ticket."""
    arguments = ("--kind", "resolution", "--text", "It is not solved", "--evidence", str(mail), "--json")
    return command("contest", solved, *arguments).data


@pytest.fixture
def signed(command: Command, contested: Mapping[str, Any], tmp_path: Path) -> list[str]:
    """All three arbiters' files that uphold it."""
    return [sign(command, contested["ticket_id"], role, tmp_path) for role in ARBITER_ROLES]


def sign(command: Command, ticket: str, role: str, folder: Path, *arguments: str) -> str:
    file = str(folder / f"{role}.json")
    ruling = () if "--reject" in arguments else ("--uphold",)
    result = command("sign_verdict", ticket, *ruling, *arguments, "--yes", "--account", role, "--out", file)
    assert result.code == 0, result.err
    return file


def balance(node: Web3, holder: str) -> int:
    return int(node.eth.get_balance(Web3.to_checksum_address(holder)))


def test_a_dispute_goes_from_contest_to_payment_with_arbiters_offline(
    command: Command, node: Web3, contested: Mapping[str, Any], mail: Path, tmp_path: Path
) -> None:
    ticket, case = contested["ticket_id"], str(tmp_path / "case.json")
    shown = command(
        "inspect_dispute",
        ticket,
        *("--evidence", contested["document"], "--evidence", str(mail)),
        *("--out", case, "--json"),
    ).data
    assert [each["result"] for each in shown["evidence"]["findings"]] == ["matches", "matches"]
    files = []
    for role in ("arbiter-3", "arbiter-1"):
        file = str(tmp_path / f"{role}.json")
        arguments = ("--case", case, "--uphold", "--yes", "--account", role, "--out", file)
        result = command("sign_verdict", *arguments, network="http://127.0.0.1:1")
        assert result.code == 0, result.err
        assert "UPHELD: the requester is right" in result.err
        files.append(file)
    before = balance(node, REQUESTER)
    ruled = command("submit_verdict", *files, "--collect", "--json").data
    assert (ruled["ruling"], ruled["signers"]) == ("upheld", [ARBITERS[0], ARBITERS[2]])
    # 0.05 for the resolution, and the bond of 0.008.
    assert balance(node, REQUESTER) - before == 58 * 10**15 == int(ruled["collected"])
    assert int(shown["effects"]["upheld"]["requester"]) == 58 * 10**15
    assert command("status", "--json").data["books"]["free"] == shown["effects"]["upheld"]["free_after"]
    status = command("status", ticket, "--json").data
    assert (status["status"], status["disputes"][0]["state"]) == ("open", "upheld")


def test_contest_says_the_bond_and_keeps_the_evidence(
    command: Command, contested: Mapping[str, Any], mail: Path
) -> None:
    assert (contested["bond"], contested["amount"]) == (str(8 * 10**15), str(5 * 10**16))
    document = json.loads(Path(contested["document"]).read_text())
    assert contested["evidence_digest"] == "0x" + hashlib.sha256(rfc8785.dumps(document)).hexdigest()
    assert document["files"] == [
        {"name": "mail.eml", "size": 42, "sha256": hashlib.sha256(mail.read_bytes()).hexdigest()}
    ]
    said = command("contest", contested["ticket_id"], "--kind", "first_reply", "--text", "x", "--dry-run")
    assert "Bond: 0.008 ETH." in said.err


def test_an_incident_is_upheld_at_less_than_asked(
    command: Command, node: Web3, solved: str, tmp_path: Path
) -> None:
    arguments = ("--kind", "incident", "--amount", "0.1", "--text", "Sent to the wrong address", "--json")
    opened = command("contest", solved, *arguments).data
    # 0.008 and 4 % of what is asked.
    assert (opened["bond"], opened["reserved"]) == (str(12 * 10**15), str(10**17))
    files = [sign(command, solved, role, tmp_path, "--amount", "0.04") for role in ARBITER_ROLES[:2]]
    before = balance(node, REQUESTER)
    assert command("submit_verdict", *files, "--collect").code == 0
    assert balance(node, REQUESTER) - before == 52 * 10**15


def test_a_rejection_gives_the_signers_their_fee(
    command: Command, node: Web3, contested: Mapping[str, Any], tmp_path: Path
) -> None:
    ticket = contested["ticket_id"]
    files = [sign(command, ticket, role, tmp_path, "--reject") for role in ARBITER_ROLES]
    assert command("submit_verdict", *files, "--json").data["fee_share"] == str(2 * 10**15)
    before = balance(node, ARBITERS[1])
    fees = command("collect_fees", "--arbiter", "arbiter-2", "--account", "anyone", "--json").data
    assert balance(node, ARBITERS[1]) - before == 2 * 10**15 == int(fees["total"])
    again = command("collect_fees", "--arbiter", "arbiter-2", "--account", "anyone")
    assert refused(again, 3, saying=f"{ARBITERS[1]} has no fee to collect.")
    assert command("collect_fees", ticket, "--account", "arbiter-1", "--json").data["total"] == str(
        2 * 10**15
    )


def test_silence_decides_for_the_requester(
    command: Command, node: Web3, contested: Mapping[str, Any], unchanged: Callable[[], bool]
) -> None:
    ticket = contested["ticket_id"]
    assert refused(command("rule_by_default", ticket), 5, saying="panel: ruling window still runs")
    assert unchanged()
    travel(node, 10 * DAY + 1)
    before = balance(node, REQUESTER)
    ruled = command("rule_by_default", ticket, "--collect", "--json").data
    assert ruled["ruling"] == "upheld by default"
    assert balance(node, REQUESTER) - before == 58 * 10**15


def test_a_report_goes_the_same_way(command: Command, solved: str, tmp_path: Path) -> None:
    case, digest = str(tmp_path / "case.json"), "0x" + "ab" * 32
    assert command("inspect_dispute", solved, "--kind", "first_reply", "--out", case).code == 0
    files = []
    for role in ARBITER_ROLES[:2]:
        files.append(str(tmp_path / f"{role}.json"))
        arguments = ("--case", case, "--report", "--digest", digest, "--uphold", "--yes")
        assert command("sign_verdict", *arguments, "--account", role, "--out", files[-1]).code == 0
    reported = command("submit_verdict", *files, "--json").data
    assert (reported["ruling"], reported["amount"]) == ("reported", str(2 * 10**16))
    assert command("status", solved, "--json").data["compensated"] == ["first_reply"]


def test_a_report_makes_its_document_once_and_others_take_it(
    command: Command, solved: str, mail: Path, tmp_path: Path
) -> None:
    case, grounds = str(tmp_path / "case.json"), tmp_path / "grounds.json"
    assert command("inspect_dispute", solved, "--kind", "first_reply", "--out", case).code == 0
    says = ("--text", "Nobody read it", "--file", str(mail), "--save", str(grounds))
    files = []
    for role, ground in (("arbiter-1", says), ("arbiter-2", ("--document", str(grounds)))):
        files.append(str(tmp_path / f"{role}.json"))
        arguments = ("--case", case, "--report", *ground, "--uphold", "--yes", "--account", role)
        result = command("sign_verdict", *arguments, "--out", files[-1])
        assert result.code == 0, result.err
    document = json.loads(grounds.read_text())
    assert (document["kind"], document["files"][0]["name"]) == ("first_reply", "mail.eml")
    digest = hashlib.sha256(rfc8785.dumps(document)).hexdigest()
    assert json.loads(Path(files[0]).read_text())["evidence_digest"] == "0x" + digest
    assert command("submit_verdict", *files, "--json").data["ruling"] == "reported"


@pytest.mark.parametrize(
    ("arguments", "saying"),
    [
        (("--report",), "It is not clear what is said."),
        (("--report", "--digest", "0x" + "1" * 64, "--file", "x"), "--file goes with --text only."),
        (("--report", "--text", "x", "--dry-run", "--arbiter", ARBITERS[0]), "--text makes another document"),
    ],
)
def test_a_report_without_its_grounds_is_not_signed(
    command: Command, solved: str, arguments: tuple[str, ...], saying: str
) -> None:
    result = command("sign_verdict", solved, "--kind", "first_reply", "--uphold", *arguments)
    assert refused(result, 2, saying=saying)


def test_a_dispute_takes_no_grounds_of_its_arbiters(command: Command, contested: Mapping[str, Any]) -> None:
    result = command("sign_verdict", contested["ticket_id"], "--uphold", "--text", "I know better")
    assert refused(result, 2, saying="--text, --document, --save and --file go with --report only.")


def test_a_reply_given_as_evidence_is_found_on_chain(command: Command, ticket: str, tmp_path: Path) -> None:
    reply, note = tmp_path / "reply.json", tmp_path / "note.txt"
    note.write_text("My own note")
    assert command("reply", ticket, "--text", "Thank you", "--save", str(reply)).code == 0
    document = command("contest", ticket, "--kind", "first_reply", "--text", "x", "--json").data["document"]
    evidence = [word for path in (document, reply, note) for word in ("--evidence", str(path))]
    result = command("inspect_dispute", ticket, *evidence, "--json")
    assert result.code == 0, result.err
    findings = {each["name"]: each for each in result.data["evidence"]["findings"]}
    assert findings["reply.json"]["result"] == "matches"
    assert findings["reply.json"]["why"].startswith("the reply of ")
    assert findings["note.txt"]["result"] == "not listed"
    digest = "0x" + hashlib.sha256(rfc8785.dumps(json.loads(reply.read_text()))).hexdigest()
    for shown in (result, command("status", ticket, "--json")):
        (replied,) = [each for each in shown.data["history"] if each["event"] == "TicketReplied"]
        assert replied["digest"] == digest


def test_a_resolution_is_contested_before_anybody_called_it_solved(command: Command, ticket: str) -> None:
    assert command("reply", ticket, "--as", "hold", "--text", "Looking").code == 0
    told = command("contest", ticket, "--kind", "resolution", "--text", "Nobody looks")
    assert "on the resolution: the request is not solved\n" in told.out


def test_the_history_tells_an_incident_as_the_other_kinds(
    command: Command, solved: str, tmp_path: Path
) -> None:
    assert command("contest", solved, "--kind", "incident", "--amount", "0.1", "--text", "Lost").code == 0
    files = [sign(command, solved, role, tmp_path) for role in ARBITER_ROLES[:2]]
    assert command("submit_verdict", *files).code == 0
    assert "0.1 ETH credited for incident\n" in command("status", solved).out


def test_what_the_clock_has_paid_is_not_told_as_paid_again(
    command: Command, ticket: str, node: Web3, tmp_path: Path
) -> None:
    assert command("reply", ticket, "--as", "hold", "--text", "Looking").code == 0
    assert command("contest", ticket, "--kind", "resolution", "--text", "Nobody looks").code == 0
    travel(node, 5 * DAY)
    assert command("claim", ticket).code == 0
    files = [sign(command, ticket, role, tmp_path) for role in ARBITER_ROLES[:2]]
    ruled = command("submit_verdict", *files)
    assert ruled.code == 0, ruled.err
    assert "compensation  0.05 ETH, which was paid before\n" in ruled.out
    assert "is credited 0.008 ETH\n" in ruled.out, "the bond alone"
    assert "dispute 1 on the resolution upheld by 2 arbiters, at 0.05 ETH" in command("status", ticket).out


def test_status_tells_an_arbiters_seat_and_fees(
    command: Command, contested: Mapping[str, Any], signed: list[str]
) -> None:
    before = command("status", "--account", "arbiter-1", "--json").data["account"]
    assert (before["arbiter_of"], before["fees"]) == (1, "0")
    assert command("submit_verdict", *signed[:2]).code == 0
    account = command("status", "--account", "arbiter-1", "--json").data["account"]
    assert (account["arbiter_of"], account["fees"], account["fees_of"]) == (1, str(3 * 10**15), 1)
    text = command("status", "--account", "arbiter-1").out
    assert "in the panel of epoch 1" in text
    assert "0.003 ETH of 1 dispute can be collected" in text
    assert command("status", "--account", "arbiter-3", "--json").data["account"]["fees"] == "0"
    assert contested["dispute"] == 1


def test_status_tells_who_has_a_seat_proposed(command: Command) -> None:
    assert command("propose_panel", "anyone").code == 0
    account = command("status", "--account", "anyone", "--json").data["account"]
    assert (account["arbiter_of"], account["proposed_for"]) == (None, 2)


def test_the_open_disputes_are_listed(command: Command, contested: Mapping[str, Any]) -> None:
    (only,) = command("inspect_dispute", "--json").data["disputes"]
    assert (only["dispute"], only["ticket_id"], only["kind"]) == (1, contested["ticket_id"], "resolution")
    assert "1 dispute waits for a ruling." in command("inspect_dispute").out


def test_inspecting_fits_100_columns_and_shows_every_end(
    command: Command, contested: Mapping[str, Any]
) -> None:
    text = command("inspect_dispute", contested["ticket_id"], "--evidence", contested["document"]).out
    assert max(len(line) for line in text.splitlines()) <= 100
    for end in ("upheld", "rejected", "silence"):
        assert any(line.startswith(end) for line in text.splitlines())


# ---------------------------------------------------------------- disputes: what is refused


def test_evidence_that_differs_ends_with_6_and_is_named(
    command: Command, contested: Mapping[str, Any], mail: Path
) -> None:
    mail.write_text("Dear customer, you are right.")
    arguments = ("--evidence", contested["document"], "--evidence", str(mail))
    result = command("inspect_dispute", contested["ticket_id"], *arguments)
    assert result.code == 6
    assert "is not the evidence on chain: mail.eml differs." in result.err
    assert "mail.eml" in result.out
    data = command("inspect_dispute", contested["ticket_id"], *arguments, "--json").data
    assert (data["evidence"]["matches"], data["error"]["exit_code"]) == (False, 6)


def test_a_missing_signer_is_named_and_nothing_is_sent(
    command: Command, signed: list[str], unchanged: Callable[[], bool]
) -> None:
    result = command("submit_verdict", signed[0])
    assert refused(result, 4, saying=f"1 more of these must sign: {ARBITERS[1]} or {ARBITERS[2]}.")
    assert unchanged()


def test_a_tampered_amount_is_refused(
    command: Command, solved: str, tmp_path: Path, node: Web3, data_folder: Path
) -> None:
    arguments = ("--kind", "incident", "--amount", "0.1", "--text", "Lost")
    assert command("contest", solved, *arguments).code == 0
    files = [sign(command, solved, role, tmp_path, "--amount", "0.04") for role in ARBITER_ROLES[:2]]
    before = (node.eth.block_number, files_of(data_folder))
    raise_amount(files[0])
    result = command("submit_verdict", *files)
    assert refused(result, 2, saying="not of one verdict: amount is 50000000000000000 in")
    raise_amount(files[1])
    assert refused(command("submit_verdict", *files), 4, saying=f"is not {ARBITERS[0]}'s over what the file")
    assert before == (node.eth.block_number, files_of(data_folder))


def raise_amount(file: str) -> None:
    text = Path(file).read_text()
    assert '"40000000000000000"' in text
    Path(file).write_text(text.replace('"40000000000000000"', '"50000000000000000"'))


def test_a_file_that_is_no_verdict_is_refused(
    command: Command, contested: Mapping[str, Any], unchanged: Callable[[], bool], mail: Path
) -> None:
    result = command("submit_verdict", contested["document"])
    assert refused(result, 2, saying='This is no file of the type "makegood/verdict/1".')
    assert refused(command("submit_verdict", str(mail)), 2, saying="The file is not JSON")
    assert refused(command("submit_verdict", "absent.json"), 3, saying="There is no file absent.json.")
    assert unchanged()


def test_an_expired_verdict_is_refused(
    command: Command, node: Web3, contested: Mapping[str, Any], tmp_path: Path, data_folder: Path
) -> None:
    ticket = contested["ticket_id"]
    deadline = datetime.fromtimestamp(node.eth.get_block("latest")["timestamp"] + 3_600, UTC).isoformat()
    files = [sign(command, ticket, role, tmp_path, "--deadline", deadline) for role in ARBITER_ROLES]
    travel(node, 3_700)
    before = (node.eth.block_number, files_of(data_folder))
    assert refused(command("submit_verdict", *files), 4, saying="The verdict has expired")
    assert before == (node.eth.block_number, files_of(data_folder))


def test_after_the_ruling_window_a_verdict_is_refused(
    command: Command, node: Web3, signed: list[str], unchanged: Callable[[], bool]
) -> None:
    travel(node, 10 * DAY + 1)
    assert refused(command("submit_verdict", *signed), 4, saying="The ruling window of dispute 1 is over")
    assert unchanged()


def test_a_verdict_counts_once(command: Command, signed: list[str], node: Web3) -> None:
    assert command("submit_verdict", *signed).code == 0
    block = node.eth.block_number
    assert refused(command("submit_verdict", *signed), 4, saying="Dispute 1 was ruled before")
    assert node.eth.block_number == block


def test_a_verdict_of_another_desk_is_refused(command: Command, signed: list[str]) -> None:
    assert command("deploy", "--name", "Second").code == 0
    assert refused(command("submit_verdict", *signed), 3, saying="The files are for the desk")


def test_only_an_arbiter_signs(command: Command, contested: Mapping[str, Any], tmp_path: Path) -> None:
    case, out = str(tmp_path / "case.json"), tmp_path / "out.json"
    assert command("inspect_dispute", contested["ticket_id"], "--out", case).code == 0
    for which in ((contested["ticket_id"],), ("--case", case)):
        arguments = (*which, "--uphold", "--yes", "--account", "operator", "--out", str(out))
        saying = f"{OPERATOR} is no arbiter of epoch 1"
        assert refused(command("sign_verdict", *arguments), 4, saying=saying)
        assert not out.exists()


@pytest.mark.parametrize("answer", ["n\n", ""], ids=["no", "none"])
def test_signing_asks_and_without_a_yes_signs_nothing(
    command: Command, contested: Mapping[str, Any], tmp_path: Path, answer: str
) -> None:
    out = tmp_path / "out.json"
    arguments = (contested["ticket_id"], "--reject", "--out", str(out))
    result = command("sign_verdict", *arguments, stdin=answer)
    assert refused(result, 1, saying="Error: Nothing was signed.")
    assert "REJECTED: the desk is right" in result.err
    assert not out.exists()


def test_a_signed_verdict_is_never_overwritten(
    command: Command, contested: Mapping[str, Any], tmp_path: Path
) -> None:
    file = Path(sign(command, contested["ticket_id"], "arbiter-1", tmp_path))
    before = file.read_bytes()
    arguments = (contested["ticket_id"], "--reject", "--yes", "--out", str(file))
    assert refused(command("sign_verdict", *arguments), 2, saying="is there already and is not overwritten")
    assert file.read_bytes() == before


def test_a_dry_run_of_signing_writes_nothing(
    command: Command, contested: Mapping[str, Any], tmp_path: Path
) -> None:
    out = tmp_path / "out.json"
    arguments = (contested["ticket_id"], "--uphold", "--dry-run", "--json", "--out", str(out))
    assert command("sign_verdict", *arguments).data["to_sign"]["primaryType"] == "Verdict"
    assert not out.exists()


@pytest.mark.parametrize("offline", [False, True], ids=["online", "offline"])
def test_a_dry_run_shows_what_an_arbiter_elsewhere_signs(
    command: Command, contested: Mapping[str, Any], tmp_path: Path, offline: bool
) -> None:
    case = str(tmp_path / "case.json")
    assert command("inspect_dispute", contested["ticket_id"], "--out", case).code == 0
    which = ("--case", case) if offline else (contested["ticket_id"],)
    arguments = (*which, "--uphold", "--dry-run", "--account", "anyone", "--arbiter", ARBITERS[2])
    shown = command("sign_verdict", *arguments, "--json").data
    # The numbers are strings where JSON would lose digits; wallets take both.
    signable = encode_typed_data(full_message=shown["to_sign"])
    digest = "0x" + keccak(b"\x19\x01" + signable.header + signable.body).hex()
    assert (shown["digest"], shown["arbiter"]) == (digest, ARBITERS[2])
    assert (shown["domain_hash"], shown["message_hash"]) == (
        "0x" + signable.header.hex(),
        "0x" + signable.body.hex(),
    )
    assert shown["to_sign"]["message"]["amount"] == str(5 * 10**16)
    text = command("sign_verdict", *arguments).out
    assert digest in text
    assert json.loads(text[text.index("{") :]) == shown["to_sign"]


def test_an_arbiter_elsewhere_goes_with_a_dry_run_only(
    command: Command, contested: Mapping[str, Any], tmp_path: Path
) -> None:
    out = tmp_path / "out.json"
    arguments = (contested["ticket_id"], "--uphold", "--yes", "--out", str(out), "--arbiter", ARBITERS[0])
    assert refused(command("sign_verdict", *arguments), 2, saying="--arbiter goes with --dry-run only")
    assert not out.exists()


def test_signing_shows_the_verdict_once(
    command: Command, contested: Mapping[str, Any], tmp_path: Path
) -> None:
    out = str(tmp_path / "verdict.json")
    done = command("sign_verdict", contested["ticket_id"], "--uphold", "--yes", "--out", out)
    assert done.code == 0, done.err
    assert (done.out + done.err).count("UPHELD: the requester is right") == 1
    assert "UPHELD: the requester is right" in done.err.partition("To sign:")[0]
    words = " ".join(done.out.split())
    assert words == f"signed by {ARBITERS[0]} file {out}; anyone can submit it"


def test_signing_says_the_digest_that_the_panel_answers(
    command: Command, contested: Mapping[str, Any], tmp_path: Path
) -> None:
    out = tmp_path / "out.json"
    arguments = (contested["ticket_id"], "--uphold", "--yes", "--out", str(out))
    result = command("sign_verdict", *arguments)
    message = read_verdict(out).message()
    signable = encode_typed_data(full_message=message)
    digest = keccak(b"\x19\x01" + signable.header + signable.body)
    for value in (signable.header, signable.body, digest):
        assert "0x" + value.hex() in result.err


def test_after_the_ruling_window_nothing_is_signed(
    command: Command, contested: Mapping[str, Any], node: Web3, tmp_path: Path
) -> None:
    out, case = tmp_path / "out.json", tmp_path / "case.json"
    travel(node, 10 * DAY + 60)
    result = command("sign_verdict", contested["ticket_id"], "--uphold", "--out", str(out))
    assert refused(result, 2, saying="The ruling window of dispute 1 ended on ")
    assert "`ape run rule_by_default TICKET`" in result.err
    assert not out.exists()
    result = command("inspect_dispute", contested["ticket_id"], "--out", str(case))
    assert refused(result, 2, saying="The ruling window of dispute 1 ended on ")
    assert not case.exists()


def test_after_the_ruling_window_only_silence_is_told(
    command: Command, contested: Mapping[str, Any], node: Web3
) -> None:
    travel(node, 10 * DAY + 60)
    text = command("inspect_dispute", contested["ticket_id"]).out
    ending = text[text.index("What silence does") :]
    ticket = contested["ticket_id"]
    assert f"`ape run rule_by_default {ticket[:6]}…{ticket[-4:]} --kind resolution`" in ending
    for word in ("sign", "upheld", "rejected", "fee"):
        assert word not in ending
    assert "the arbiters can rule" not in command("status", ticket).out


@pytest.mark.parametrize(
    ("arguments", "code", "saying"),
    [
        (("--kind", "resolution", "--text", "x"), 5, "panel: kind was contested before"),
        (("--kind", "first_reply", "--amount", "1", "--text", "x"), 2, "--amount goes with incidents only."),
        (("--kind", "incident", "--text", "x"), 2, "An incident asks for an amount."),
        (("--kind", "incident", "--amount", "9", "--text", "x"), 5, "desk: amount over the incident cap"),
        (("--kind", "first_reply"), 2, "It is not clear what is said."),
        (("--kind", "first_reply", "--digest", "0x" + "1" * 64, "--evidence", "x"), 2, "goes with --text"),
        (("--kind", "first_reply", "--text", "x", "--evidence", "absent"), 3, "There is no file absent."),
        (("--kind", "first_reply", "--text", "x", "--account", "agent"), 5, "caller is not the requester"),
        (("--kind", "resolution", "--text", "x", "--account", "agent"), 5, "caller is not the requester"),
    ],
)
def test_a_contest_that_cannot_be_is_refused(
    command: Command,
    contested: Mapping[str, Any],
    unchanged: Callable[[], bool],
    arguments: tuple[str, ...],
    code: int,
    saying: str,
) -> None:
    assert refused(command("contest", contested["ticket_id"], *arguments), code, saying=saying)
    assert unchanged()


def test_before_the_first_reply_there_is_nothing_to_contest(
    command: Command, ticket: str, unchanged: Callable[[], bool]
) -> None:
    result = command("contest", ticket, "--kind", "first_reply", "--text", "x")
    assert refused(result, 5, saying="desk: no reply to contest yet")
    assert "Bond" not in result.err
    assert unchanged()


def test_a_ticket_waits_for_its_dispute(
    command: Command, contested: Mapping[str, Any], unchanged: Callable[[], bool]
) -> None:
    for account in ("requester", "anyone"):
        result = command("close", contested["ticket_id"], "--account", account)
        assert refused(result, 5, saying="nobody can close it (desk: dispute is open)")
    assert unchanged()
    other = command("open", "--text", "Another", "--json").data["ticket_id"]
    both = command("close", contested["ticket_id"], other).out.splitlines()
    assert "not closed: not there, closed already, disputed, or too early" in both[0]
    assert " closed, " in both[1]


def test_the_first_line_of_a_disputed_ticket_says_that_it_is_the_arbiters_turn(
    command: Command, contested: Mapping[str, Any], node: Web3
) -> None:
    ticket = contested["ticket_id"]

    def first_line() -> str:
        return command("status", ticket).out.splitlines()[0]

    says = "Solved, the desk says, and the requester disputes it: "
    assert first_line().startswith(f"{says}the arbiters' turn, until ")
    assert f"{says}the arbiters' turn" in " ".join(command("inspect_dispute", ticket).out.split())
    travel(node, 30 * DAY)
    assert first_line().startswith(f"{says}no ruling came by ")
    assert command("rule_by_default", ticket).code == 0
    assert first_line().startswith("The desk ")


def test_of_several_disputes_the_kind_must_be_named(
    command: Command, contested: Mapping[str, Any], solved: str
) -> None:
    assert command("contest", solved, "--kind", "first_reply", "--text", "x").code == 0
    result = command("inspect_dispute", solved)
    assert refused(result, 2, saying="has several disputes: first_reply, resolution.")
    assert command("inspect_dispute", solved, "--kind", "resolution").code == 0
    assert contested["dispute"] == 1


def test_without_a_dispute_there_is_none_to_inspect_or_sign(command: Command, solved: str) -> None:
    assert refused(command("inspect_dispute", solved), 3, saying="is or was contested")
    result = command("sign_verdict", solved, "--kind", "resolution", "--uphold")
    assert refused(result, 3, saying="was not contested")


# ---------------------------------------------------------------- the panel


def test_a_panel_is_proposed_adopted_and_shown(command: Command, node: Web3) -> None:
    proposed = command("propose_panel", "arbiter-3", "anyone", "--json").data
    assert (proposed["epoch"], proposed["threshold"]) == (2, 2)
    status = command("status", "--json").data["panel"]
    assert (status["epoch"], status["proposal"]["epoch"]) == (1, 2)
    assert refused(command("adopt_panel"), 5, saying="panel: notice still runs")
    travel(node, 7 * DAY + 1)
    assert command("adopt_panel", "--json").data["epoch"] == 2
    status = command("status", "--json").data["panel"]
    assert (status["epoch"], status["proposal"]) == (2, None)
    assert sorted(status["arbiters"]) == sorted([ARBITERS[2], address_of(4)])


def test_a_proposed_panel_is_cancelled(command: Command) -> None:
    assert command("propose_panel", "anyone").code == 0
    assert refused(command("propose_panel", "bot"), 5, saying="panel: proposal pending")
    assert command("cancel_panel", "--json").data["epoch"] == 2
    assert command("status", "--json").data["panel"]["proposal"] is None


def test_a_threshold_that_cannot_be_is_refused(command: Command, unchanged: Callable[[], bool]) -> None:
    result = command("propose_panel", *ARBITER_ROLES, "--threshold", "1")
    assert refused(result, 2, saying="A panel of 3 decides by 2 or 3, not by 1.")
    assert refused(command("propose_panel", "bot", "bot"), 2, saying="is among the arbiters twice")
    assert refused(command("deploy", "--threshold", "1"), 2, saying="--threshold goes with arbiters.")
    assert unchanged()


def test_a_desk_without_arbiters_says_what_silence_means(command: Command) -> None:
    deployed = command("deploy", "--json")
    assert "No arbiters: silence decides every dispute for the requester" in deployed.err
    assert command("status", "--json").data["panel"]["epoch"] == 0
    assert "no panel: silence decides for the requester" in command("status").out


def test_on_a_desk_without_arbiters_every_command_says_that_nobody_can_rule(
    command: Command, tmp_path: Path
) -> None:
    assert command("deploy").code == 0
    for arguments in (
        ("publish_policy", str(POLICY)),
        ("register_agent", "agent"),
        ("grant_coverage", "requester"),
    ):
        assert command(*arguments).code == 0
    opened = str(command("open", "--priority", "urgent", "--text", "Help", "--json").data["ticket_id"])
    assert command("reply", opened, "--text", "Thank you").code == 0
    contest = command("contest", opened, "--kind", "first_reply", "--text", "x")
    assert "The desk has no arbiters, so nobody can rule. Silence decides for the requester" in contest.err
    assert "they can rule until" not in contest.out
    assert "nobody can: the desk has no arbiters" in contest.out
    inspected = command("inspect_dispute", opened).out.splitlines()
    assert inspected[0] == "Nobody can rule dispute 1: the desk had no arbiters when it was contested."
    assert inspected[1].startswith("Silence decides for the requester from ")
    assert "What silence does, by today's books:" in inspected
    assert max(len(line) for line in inspected) <= 100
    for which in ("inspect_dispute", "sign_verdict"):
        out = tmp_path / f"{which}.json"
        ruling = ("--uphold",) if which == "sign_verdict" else ()
        result = command(which, opened, *ruling, "--out", str(out))
        assert refused(result, 3, saying="Nobody can rule dispute 1: the desk had no arbiters when it was")
        assert "Silence decides for the requester from" in result.err
        assert not out.exists()
    assert "nobody, " in command("inspect_dispute").out


def test_a_bond_in_a_token_is_approved_exactly(command: Command, node: Web3) -> None:
    token = deploy_token(node, decimals=18, holder=OPERATOR, amount=10**18)
    pool = command("deploy", "--asset", token, "--json").data["pool"]
    for arguments in (
        ("publish_policy", str(POLICY)),
        ("register_agent", "agent"),
        ("grant_coverage", "requester"),
    ):
        assert command(*arguments).code == 0
    opened = str(command("open", "--priority", "urgent", "--text", "Help", "--json").data["ticket_id"])
    contest = ("contest", opened, "--kind", "first_reply", "--text", "x")
    before = node.eth.get_transaction_count(REQUESTER)
    assert refused(command(*contest), 1, saying="The account holds only 0 ")
    mint(node, token, REQUESTER, 10**16)
    # What is refused for another reason than the bond is refused before anything is approved.
    assert refused(command(*contest), 5, saying="desk: no reply to contest yet")
    assert node.eth.get_transaction_count(REQUESTER) == before
    assert command("reply", opened, "--text", "Looking").code == 0
    sent = command(*contest, "--json").data
    assert [each["function"] for each in sent["transactions"]] == ["approve", "contest"]
    assert token_balance(node, token, pool) == 8 * 10**15 == int(sent["bond"])
    assert allowance(node, token, REQUESTER, pool) == 0


# ---------------------------------------------------------------- small things


def test_status_of_an_open_ticket_tells_when_the_resolution_is_due(command: Command, ticket: str) -> None:
    assert any(line.startswith("resolution due  ") for line in command("status", ticket).out.splitlines())


def test_a_dry_run_of_granting_tells_priority_places_and_end(command: Command) -> None:
    arguments = ("--priority", "high", "--places", "2", "--until", "2040-12-31", "--dry-run", "--json")
    (step,) = command("grant_coverage", "anyone", *arguments).data["steps"]
    assert "up to priority high, 2 tickets open at once, until Mon 31 Dec 2040 23:59 UTC" in step["what"]


def test_of_several_claims_the_one_that_is_refused_is_named(
    command: Command, node: Web3, ticket: str
) -> None:
    travel(node, 7 * DAY)
    other = str(command("open", "--priority", "low", "--text", "Hm", "--json").data["ticket_id"])
    block = node.eth.block_number
    result = command("claim", ticket, other, "--collect")
    assert refused(result, 5, saying=f"claim {other}: Nothing of this ticket is breached")
    assert node.eth.block_number == block


def test_announcing_more_than_is_free_warns(command: Command) -> None:
    result = command("announce_withdrawal", "2")
    assert result.code == 0
    assert "Only 0.5 ETH is free now." in result.err
    assert "is free now" not in command("cancel_withdrawal").err


# ---------------------------------------------------------------- replay

LOG = """\
ticket,event,at,priority
1,opened,2024-01-01T08:00:00Z,urgent
2,opened,2024-01-01T08:00:00Z,low
2,solved,2024-01-01T08:10:00Z,
1,replied,2024-01-01T09:00:00Z,
"""


def test_replay_tells_what_a_policy_would_have_cost(command: Command, tmp_path: Path) -> None:
    log, rows = tmp_path / "log.csv", tmp_path / "tickets.csv"
    log.write_text(LOG)
    arguments = (str(log), "--policy", str(POLICY), "--per-ticket", str(rows), "--json")
    result = command("replay", *arguments, network=None)
    assert "Network: the in-process chain" in result.err
    summary = result.data
    assert (summary["tickets"], summary["events"], summary["breached_tickets"]) == (2, 4, 1)
    # First reply 45 minutes late, and never solved.
    assert (summary["compensation"], summary["collected"]) == ("0.07", "0.07")
    assert rows.read_text() == (
        "ticket,priority,breached,compensation\n1,urgent,first_reply resolution,0.07\n2,low,,0\n"
    )


def test_replay_on_the_batch_lane_tells_the_same(command: Command, tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    log.write_text(LOG)
    arguments = (str(log), "--policy", str(POLICY), "--lane", "batch", "--every", "5m", "--false-claims")
    summary = command("replay", *arguments, "--json", network=None).data
    assert (summary["lane"], summary["breached_tickets"], summary["compensation"]) == ("batch", 1, "0.07")
    assert summary["batches"]["every"] == 300
    assert summary["batches"]["anchoring_gas_a_ticket"] == summary["batches"]["anchoring_gas"] // 2


def test_replay_shows_what_anchoring_took(command: Command, tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    log.write_text(LOG)
    out = command("replay", str(log), "--policy", str(POLICY), "--lane", "batch", network=None).out
    assert "3, anchored every 10m" in out
    assert "1, of which 0 refuted" in out
    assert "anchor_batch" in out


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--every", "5m"), "--every is about batches"),
        (("--false-claims",), "--false-claims is about batches"),
        (("--lane", "batch", "--every", "5x"), '"5x" is no duration'),
        (("--lane", "batch", "--every", "0s"), "every 0 seconds"),
        (("--lane", "batch", "--every", "16m"), "the policy's anchor lag is 15m"),
    ],
)
def test_replay_refuses_options_that_do_not_fit(
    command: Command, unchanged: Callable[[], bool], tmp_path: Path, options: tuple[str, ...], says: str
) -> None:
    log = tmp_path / "log.csv"
    log.write_text(LOG)
    assert refused(command("replay", str(log), "--policy", str(POLICY), *options), 2, saying=says)
    assert unchanged()


def test_replay_stops_at_a_bad_row_with_its_line(
    command: Command, unchanged: Callable[[], bool], tmp_path: Path
) -> None:
    log = tmp_path / "log.csv"
    log.write_text(LOG + "3,replied,2024-01-01T10:00:00Z,\n")
    result = command("replay", str(log), "--policy", str(POLICY))
    assert refused(result, 2, saying=f"{log}, line 6: Ticket 3 has")
    assert unchanged()


def test_a_dry_replay_only_checks(command: Command, unchanged: Callable[[], bool], tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    log.write_text(LOG)
    result = command("replay", str(log), "--policy", str(POLICY), "--dry-run", "--json")
    assert (result.data["tickets"], result.data["events"]) == (2, 4)
    assert unchanged()


# ---------------------------------------------------------------- as users start them


def ape_run(*arguments: str, host: str, data_folder: Path) -> Result:
    environment = os.environ | {
        "APE_FOUNDRY_HOST": host,
        "MAKEGOOD_DATA_FOLDER": str(data_folder),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    done = subprocess.run(
        ["ape", "run", *arguments], cwd=PROJECT, env=environment, capture_output=True, text=True, check=False
    )
    return Result(done.returncode, done.stdout, done.stderr)


def test_ape_run_takes_the_local_node_without_flags(url: str, tmp_path: Path) -> None:
    deployed = ape_run("deploy", "--json", host=url, data_folder=tmp_path)
    assert deployed.code == 0, deployed.err
    status = ape_run("status", "--json", host=url, data_folder=tmp_path)
    assert status.data["desk"] == deployed.data["desk"]


def test_ape_run_passes_exit_codes_on(url: str, desk: Mapping[str, Any], tmp_path: Path) -> None:
    result = ape_run("claim", UNKNOWN_TICKET, "--desk", desk["desk"], host=url, data_folder=tmp_path)
    assert refused(result, 3, saying="has no ticket")


def test_ape_run_says_that_the_named_node_is_down(tmp_path: Path) -> None:
    result = ape_run("status", host="http://127.0.0.1:1", data_folder=tmp_path)
    assert refused(result, 1, saying="No node answers at http://127.0.0.1:1")


def test_ape_run_says_the_line_that_names_a_networks_node(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("APE_DATA_FOLDER", str(tmp_path))
    words = ("status", "--network", "ethereum:sepolia:node")
    result = ape_run(*words, host="http://127.0.0.1:1", data_folder=tmp_path)
    assert refused(result, 2, saying="Ape knows no node of ethereum:sepolia. Give its address to --network")
    config = tmp_path / "ape-config.yaml"
    assert f"this line to {config}: " in result.err
    line = result.err.split("`")[1]
    assert yaml.safe_load(line)["node"] == {"ethereum": {"sepolia": {"uri": "https://your.node.example"}}}
    config.write_text(line.replace("https://your.node.example", "http://127.0.0.1:1"), "utf-8")
    again = ape_run(*words, host="http://127.0.0.1:1", data_folder=tmp_path)
    assert refused(again, 1, saying="The network ethereum:sepolia:node cannot be reached")


def test_ape_run_signs_a_case_without_a_node(
    command: Command, contested: Mapping[str, Any], tmp_path: Path
) -> None:
    case, out = str(tmp_path / "case.json"), tmp_path / "out.json"
    assert command("inspect_dispute", contested["ticket_id"], "--out", case).code == 0
    arguments = ("sign_verdict", "--case", case, "--reject", "--yes", "--json", "--out", str(out))
    result = ape_run(*arguments, host="http://127.0.0.1:1", data_folder=tmp_path)
    assert result.code == 0, result.err
    assert result.data["arbiter"] == ARBITERS[0] == json.loads(out.read_text())["arbiter"]


def test_ape_run_lists_every_command(url: str, tmp_path: Path) -> None:
    listed = ape_run("--help", host=url, data_folder=tmp_path).out
    names = {path.stem for path in (PROJECT / "scripts").glob("*.py")}
    assert {line.split()[0] for line in listed.split("Commands:")[1].splitlines() if line.strip()} >= names
