# SPDX-License-Identifier: Apache-2.0
"""A desk at a glance: its money, its people, its panel, its tickets, its policies in words."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from web3 import Web3

from makegood.clock import TicketState
from makegood.console import words
from makegood.console.desk_account import holding_rows, holdings_of, seat_of, seat_rows
from makegood.console.desk_batches import Batches, batch_lines, batches_data, read_batches, reserved_for
from makegood.console.desk_panel import panel_data, panel_lines, read_panel
from makegood.console.desk_tickets import headline, read_tickets, ticket_lines, tickets_data
from makegood.console.ownership import offered_to
from makegood.console.run import Run
from makegood.console.table import facts
from makegood.desk import BOT, ETH, HUMAN
from makegood.policy import Policy, Terms


def show_desk(run: Run) -> None:
    """Print the desk's state; with --account also what that account holds there."""
    now = run.chain.now()
    tickets = read_tickets(run)
    batches = read_batches(run, tickets, now)
    agents = _agents(run)
    policies = _policies(run)
    panel = read_panel(run)
    lines = [headline(run, tickets, now), ""]
    lines += facts([*_who(run, agents), *_books(run, batches), ("withdrawal", _withdrawal(run, now))])
    lines += ["", *panel_lines(panel, now)]
    lines += ticket_lines(tickets, now)
    lines += batch_lines(run, batches, now)
    for policy_id, policy in policies.items():
        lines += ["", f"Policy {policy_id}", *facts(policy.describe(run.token.symbol), indent=2)]
    data = _data(run, tickets, agents, policies, now)
    data |= {"batches": batches_data(batches), "panel": panel_data(run, panel)}
    if run.account_name is not None:
        address = run.address(run.account_name)
        holdings = holdings_of(run, policies, address)
        seat = seat_of(run, panel, address)
        data["account"] = holdings | seat
        rows = [*holding_rows(run, holdings), *seat_rows(run, seat)]
        lines += ["", f"Account {address}", *facts(rows, indent=2)]
    run.output.result(data, lines)


# ---------------------------------------------------------------- what is read


def _agents(run: Run) -> dict[str, int]:
    """The kind of every agent that stands now."""
    directory = run.desk.directory
    registered = {
        event["agent"] for event in directory.events(("AgentRegistered",), from_block=run.first_block)
    }
    standing = {agent: directory.standing(agent) for agent in sorted(registered)}
    return {agent: kind for agent, kind in standing.items() if kind}


def _policies(run: Run) -> dict[int, Policy]:
    """Every policy with the name and the terms of its event."""
    published = {
        event["policy_id"]: event
        for event in run.desk.events(("PolicyPublished",), from_block=run.first_block)
    }
    return {
        policy_id: Policy.from_chain(
            run.desk.policy(policy_id),
            run.token.decimals,
            name=event["name"],
            terms=Terms(event["uri"], event["terms_digest"]),
        )
        for policy_id, event in published.items()
    }


# ---------------------------------------------------------------- in words


def _who(run: Run, agents: dict[str, int]) -> list[tuple[str, str]]:
    asset = run.pool.asset
    kinds = Counter(agents.values())
    return [
        ("desk", run.desk.address),
        ("pool", f"{run.pool.address}, in {run.token.symbol}{'' if asset == ETH else ' ' + asset}"),
        ("panel", run.desk.panel.address),
        ("operator", _operator(run)),
        ("agents", f"{kinds[HUMAN]} human, {words.count(kinds[BOT], 'bot')}"),
    ]


def _operator(run: Run) -> str:
    offered = offered_to(run)
    return run.desk.directory.owner() + (f", offered to {offered}" if offered else "")


def _books(run: Run, batches: Batches) -> list[tuple[str, str]]:
    books = run.pool.books()
    return [
        ("funds", run.money(books.funds)),
        ("reserved", f"{run.money(books.reserved)} {reserved_for(run, batches)}"),
        ("credited", f"{run.money(books.credited)} that can be collected"),
        (
            "bonded",
            f"{run.money(books.bonded)} of disputes' bonds and of fees that arbiters have not collected",
        ),
        ("debt", f"{run.money(books.debt)} owed until funds come in"),
        ("free", run.money(books.free)),
    ]


def _withdrawal(run: Run, now: int) -> str:
    announced = run.pool.withdrawal()
    notice = words.span(run.pool.notice)
    if announced.amount == 0:
        return f"none announced (notice {notice})"
    if now > announced.usable_until:
        return f"none: the last one lapsed {words.moment(announced.usable_until, now)} (notice {notice})"
    return (
        f"at most {run.money(announced.amount)}, usable from {words.moment(announced.usable_from, now)} "
        f"to {words.moment(announced.usable_until, now)}"
    )


# ---------------------------------------------------------------- for machines


def _data(
    run: Run,
    tickets: Mapping[bytes, TicketState],
    agents: dict[str, int],
    policies: dict[int, Policy],
    now: int,
) -> dict[str, Any]:
    books = run.pool.books()
    announced = run.pool.withdrawal()
    return {
        "desk": run.desk.address,
        "pool": run.pool.address,
        "directory": run.desk.directory.address,
        "operator": run.desk.directory.owner(),
        "offered_to": offered_to(run),
        "chain_id": run.chain.chain_id,
        "at": words.iso(now),
        "asset": {"address": run.pool.asset, "symbol": run.token.symbol, "decimals": run.token.decimals},
        "books": {
            name: str(getattr(books, name))
            for name in ("funds", "reserved", "credited", "bonded", "debt", "free")
        },
        "notice": run.pool.notice,
        "withdrawal": {
            "amount": str(announced.amount),
            "usable_from": words.iso(announced.usable_from),
            "usable_until": words.iso(announced.usable_until),
        }
        if announced.amount
        else None,
        "agents": {Web3.to_checksum_address(agent): _kind(kind) for agent, kind in agents.items()},
        "policies": {str(policy_id): policy.to_document() for policy_id, policy in policies.items()},
        "tickets": tickets_data(tickets, now),
    }


def _kind(kind: int) -> str:
    return "human" if kind == HUMAN else "bot"
