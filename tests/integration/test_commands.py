# SPDX-License-Identifier: Apache-2.0
"""The `ape run` commands on a real node: each role's way through, --json, --dry-run, and bad input.

Most run in this process, through the commands' own entry points; what depends on `ape run` itself is started
as users start it.
"""

import hashlib
import json
import os
import runpy
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from click.testing import CliRunner
from eth_abi import encode
from eth_account import Account
from eth_utils import keccak
from web3 import Web3

from benchmarks.node import anvil
from makegood import artifacts
from makegood.desk import Factory

PROJECT = Path(__file__).resolve().parents[2]
POLICY = PROJECT / "examples" / "policy.yaml"
DAY = 86_400
# The public test mnemonic's accounts, in the order of the roles.
MNEMONIC = "test test test test test test test test test test test junk"
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
    """A funded desk with a policy, a human agent with an allowance, a bot and a covered requester."""
    deployed = command("deploy", "--json", "--notice", "7d").data
    for arguments in (
        ("fund", "0.5"),
        ("publish_policy", str(POLICY)),
        ("register_agent", "agent", "--did", "did:web:agent.example"),
        ("register_agent", "bot", "--kind", "bot", "--did", "did:web:bot.example"),
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


def test_no_line_of_status_passes_100_columns(command: Command, ticket: str) -> None:
    text = command("status").out + command("status", ticket).out
    assert max(len(line) for line in text.splitlines()) <= 100


# ---------------------------------------------------------------- --dry-run, --yes and talk


@pytest.mark.parametrize(
    "arguments",
    [
        ("fund", "1"),
        ("publish_policy", str(POLICY)),
        ("open", "--text", "Help"),
        ("deploy",),
        ("announce_withdrawal", "0.1"),
        ("register_agent", "anyone", "--did", "did:web:other.example"),
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
    blueprints = Factory(node, desk["factory"]).blueprints()
    remembered = json.loads((data_folder / "deployments.json").read_text())
    (record,) = remembered["chains"].values()
    record.update(factory=None, desks=[], blueprints={"SupportDesk": blueprints.desk})
    (data_folder / "deployments.json").write_text(json.dumps(remembered))
    deployed = command("deploy", "--json").data
    assert [each["function"] for each in deployed["transactions"]] == [
        "create CompensationPool",
        "create AgentDirectory",
        "create DeskFactory",
        "deploy_desk",
    ]
    assert Factory(node, deployed["factory"]).blueprints().desk == blueprints.desk


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
    assert refused(command("status", "0x12"), 2, saying="is not 32 bytes in hex")


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
    mint = keccak(text="mint(address,uint256)")[:4] + encode(["address", "uint256"], [holder, amount])
    send(node, made, mint)
    return str(made)


def token_balance(node: Web3, token: str, holder: str) -> int:
    data = keccak(text="balanceOf(address)")[:4] + encode(["address"], [holder])
    answer = node.eth.call({"to": Web3.to_checksum_address(token), "data": Web3.to_hex(data)})
    return int.from_bytes(answer, "big")


def send(node: Web3, to: str | None, data: bytes) -> Any:
    fields: Any = {"from": node.eth.accounts[9], "data": Web3.to_hex(data)}
    if to is not None:
        fields["to"] = to
    return node.eth.wait_for_transaction_receipt(node.eth.send_transaction(fields))


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


def test_ape_run_lists_every_command(url: str, tmp_path: Path) -> None:
    listed = ape_run("--help", host=url, data_folder=tmp_path).out
    names = {path.stem for path in (PROJECT / "scripts").glob("*.py")}
    assert {line.split()[0] for line in listed.split("Commands:")[1].splitlines() if line.strip()} >= names
