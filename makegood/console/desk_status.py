# SPDX-License-Identifier: Apache-2.0
"""A desk at a glance: its money, its people, its panel, its tickets, its policies in words."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from web3 import Web3

from makegood.clock import Priority, Status, TicketState, check
from makegood.console import words
from makegood.console.arbiters import proposal_words
from makegood.console.dispute_words import listed, quorum_of
from makegood.console.ruling import uncollected
from makegood.console.run import Run
from makegood.console.table import facts, table
from makegood.desk import BOT, ETH, HUMAN, Proposal, Seats
from makegood.disputes import open_disputes
from makegood.disputes.case import NO_SEATS
from makegood.policy import Policy, Terms

_LISTED = 20


def show_desk(run: Run) -> None:
    """Print the desk's state; with --account also what that account holds there."""
    now = run.chain.now()
    tickets = _tickets(run)
    agents = _agents(run)
    policies = _policies(run)
    panel = _panel(run)
    lines = [_headline(run, tickets, now), ""]
    lines += facts([*_who(run, agents), *_books(run), ("withdrawal", _withdrawal(run, now))])
    lines += ["", *_panel_lines(panel, now)]
    lines += _ticket_lines(tickets, now)
    for policy_id, policy in policies.items():
        lines += ["", f"Policy {policy_id}", *facts(policy.describe(run.token.symbol), indent=2)]
    data = _data(run, tickets, agents, policies, now) | {"panel": _panel_data(run, panel)}
    if run.account_name is not None:
        address = run.address(run.account_name)
        holdings = _holdings(run, policies, address)
        seat = _seat(run, panel, address)
        data["account"] = holdings | seat
        rows = [*_holding_rows(run, holdings), *_seat_rows(run, seat)]
        lines += ["", f"Account {address}", *facts(rows, indent=2)]
    run.output.result(data, lines)


def _headline(run: Run, tickets: dict[bytes, TicketState], now: int) -> str:
    late = sum(check(state, now).breached != state.breached for state in _running(tickets).values())
    waiting = sum(state.status is Status.OPEN for state in tickets.values())
    free = run.money(run.pool.free())
    who = words.count(waiting, "ticket") if waiting else "No ticket"
    sentence = f"{who} {'wait' if waiting > 1 else 'waits'} for a reply"
    if late:
        sentence += f", the desk is late with {words.count(late, 'ticket')}"
    return f"{sentence}; {free} free to back new ones."


def _running(tickets: dict[bytes, TicketState]) -> dict[bytes, TicketState]:
    return {ticket_id: state for ticket_id, state in tickets.items() if state.runs}


# ---------------------------------------------------------------- what is read


def _tickets(run: Run) -> dict[bytes, TicketState]:
    """Every ticket as its last event left it: each event that changes one carries its whole word."""
    names = [name for name in run.desk.abi.events if run.desk.abi.has(name, "word")]
    return {
        event["ticket_id"]: TicketState.unpack(event["word"])
        for event in run.desk.events(names, from_block=run.first_block)
    }


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


@dataclass(frozen=True)
class _Panel:
    """Today's arbiters, the panel proposed, and the numbers of the disputes that wait for a ruling."""

    epoch: int
    seats: Seats
    proposal: Proposal
    proposed: Seats
    open_disputes: tuple[int, ...]


def _panel(run: Run) -> _Panel:
    panel = run.desk.panel
    epoch, proposal = panel.epoch(), panel.proposal()
    return _Panel(
        epoch=epoch,
        seats=panel.seats(epoch) if epoch else NO_SEATS,
        proposal=proposal,
        proposed=panel.seats(proposal.epoch) if proposal.epoch else NO_SEATS,
        open_disputes=tuple(event["dispute"] for event in open_disputes(run.desk, run.first_block)),
    )


def _holdings(run: Run, policies: dict[int, Policy], address: str) -> dict[str, Any]:
    coverages = {policy_id: run.desk.coverage(address, policy_id) for policy_id in policies}
    return {
        "address": address,
        "standing": {HUMAN: "human agent", BOT: "bot"}.get(run.desk.directory.standing(address)),
        "allowance": str(run.desk.allowance(address)),
        "collectable": str(run.pool.collectable(address)),
        "owed": str(run.pool.owed(address)),
        "coverage": [
            {
                "policy_id": policy_id,
                "priority": Priority(each.priority).label,
                "places": each.places,
                "used": each.used,
                "until": words.iso(each.until),
            }
            for policy_id, each in coverages.items()
            if each.places
        ],
    }


def _seat(run: Run, panel: _Panel, address: str) -> dict[str, Any]:
    fees = uncollected(run, address)
    return {
        "arbiter_of": panel.epoch if address in panel.seats.arbiters else None,
        "proposed_for": panel.proposal.epoch if address in panel.proposed.arbiters else None,
        "fees": str(sum(fees.values())),
        "fees_of": len(fees),
    }


# ---------------------------------------------------------------- in words


def _who(run: Run, agents: dict[str, int]) -> list[tuple[str, str]]:
    asset = run.pool.asset
    kinds = Counter(agents.values())
    return [
        ("desk", run.desk.address),
        ("pool", f"{run.pool.address}, in {run.token.symbol}{'' if asset == ETH else ' ' + asset}"),
        ("panel", run.desk.panel.address),
        ("operator", run.desk.directory.owner()),
        ("agents", f"{kinds[HUMAN]} human, {words.count(kinds[BOT], 'bot')}"),
    ]


def _books(run: Run) -> list[tuple[str, str]]:
    books = run.pool.books()
    return [
        ("funds", run.money(books.funds)),
        ("reserved", f"{run.money(books.reserved)} for the worst case of backed tickets"),
        ("credited", f"{run.money(books.credited)} that can be collected"),
        ("bonded", f"{run.money(books.bonded)} of bonds and of fees that arbiters have not collected"),
        ("debt", f"{run.money(books.debt)} owed until funds come in"),
        ("free", run.money(books.free)),
    ]


def _panel_lines(panel: _Panel, now: int) -> list[str]:
    waiting = words.count(len(panel.open_disputes), "open dispute")
    rows = [("decide", quorum_of(panel.seats)), ("arbiters", listed(panel.seats.arbiters))]
    if panel.proposal.epoch:
        rows += [
            ("proposed", proposal_words(panel.proposal, now)),
            ("", f"{quorum_of(panel.proposed)}: {', '.join(panel.proposed.arbiters)}"),
        ]
    return [f"Panel of epoch {panel.epoch}, {waiting}", *facts(rows, indent=2)]


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


def _ticket_lines(tickets: dict[bytes, TicketState], now: int) -> list[str]:
    counts = Counter(state.status for state in tickets.values())
    summary = ", ".join(f"{counts[status]} {status.label}" for status in Status if counts[status])
    lines = ["", f"Tickets: {summary or 'none yet'}"]
    rows = []
    for ticket_id, state in sorted(_running(tickets).items(), key=lambda item: _next_due(item[1])):
        due = _next_due(state)
        late = "late, " if now > due else ""
        rows.append(
            (
                words.shortened("0x" + ticket_id.hex()),
                state.priority.label,
                state.status.label,
                "reply" if state.status is Status.OPEN and state.clock == due else "resolution",
                late + words.moment(due, now),
            )
        )
    if rows:
        lines += table(("ticket", "priority", "status", "owes", "by"), rows[:_LISTED])
    if len(rows) > _LISTED:
        lines.append(f"… and {len(rows) - _LISTED} more; --json has all.")
    return lines


def _next_due(state: TicketState) -> int:
    return min(state.clock, state.resolution) if state.status is Status.OPEN else state.resolution


def _holding_rows(run: Run, holdings: dict[str, Any]) -> list[tuple[str, str]]:
    rows = [
        ("is", holdings["standing"] or "no agent"),
        ("may bind for others", run.money(int(holdings["allowance"]))),
        ("can collect", run.money(int(holdings["collectable"]))),
        ("is owed", run.money(int(holdings["owed"]))),
    ]
    rows += [
        (
            f"covered by policy {each['policy_id']}",
            f"to {each['priority']}, {each['used']} of {each['places']} places used, until {each['until']}",
        )
        for each in holdings["coverage"]
    ]
    return rows


def _seat_rows(run: Run, seat: dict[str, Any]) -> list[tuple[str, str]]:
    rows = []
    if seat["arbiter_of"]:
        rows.append(
            ("arbiter", f"in the panel of epoch {seat['arbiter_of']}, which decides what is contested")
        )
    if seat["proposed_for"]:
        rows.append(("proposed", f"for the panel of epoch {seat['proposed_for']}"))
    if seat["fees_of"]:
        of = f"{run.money(int(seat['fees']))} of {words.count(seat['fees_of'], 'dispute')}"
        rows.append(("fees", f"{of} can be collected: `ape run collect_fees`"))
    elif seat["arbiter_of"]:
        rows.append(("fees", "none to collect"))
    return rows


# ---------------------------------------------------------------- for machines


def _data(
    run: Run,
    tickets: dict[bytes, TicketState],
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
        "tickets": [
            {
                "ticket_id": "0x" + ticket_id.hex(),
                "requester": state.requester,
                "priority": state.priority.label,
                "status": state.status.label,
                "backed": state.backed,
                "reply_due": words.iso(state.reply_due),
                "resolution_due": words.iso(state.resolution_due),
                "breached": list(check(state, now).breached.labels),
                "compensated": list(state.compensated.labels),
            }
            for ticket_id, state in tickets.items()
        ],
    }


def _panel_data(run: Run, panel: _Panel) -> dict[str, Any]:
    proposal = panel.proposal
    return {
        "address": run.desk.panel.address,
        "epoch": panel.epoch,
        "arbiters": list(panel.seats.arbiters),
        "threshold": panel.seats.threshold,
        "proposal": {
            "epoch": proposal.epoch,
            "arbiters": list(panel.proposed.arbiters),
            "threshold": panel.proposed.threshold,
            "usable_from": words.iso(proposal.usable_from),
            "usable_until": words.iso(proposal.usable_until),
        }
        if proposal.epoch
        else None,
        "open_disputes": list(panel.open_disputes),
    }


def _kind(kind: int) -> str:
    return "human" if kind == HUMAN else "bot"
