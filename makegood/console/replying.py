# SPDX-License-Identifier: Apache-2.0
"""Replying: what an agent says on a ticket, and the statement that its DID signs over it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from makegood import replies
from makegood.clock import Status
from makegood.console import ticket_ids
from makegood.console.did_keys import DidKey, existing
from makegood.console.files import read_text, write_new
from makegood.console.kept import statement_path
from makegood.console.message import Message, Said
from makegood.console.run import Run
from makegood.console.tickets import tell_changed
from makegood.desk import Call
from makegood.errors import UsageError


@dataclass(frozen=True)
class _Answer:
    # What is said on which ticket, with whose key, and where the statement goes.
    ticket_id: bytes
    said: Said
    key: DidKey
    path: Path


def reply(
    run: Run, ticket: str, status: str, message: Message, key: Path | None, descriptor: int | None
) -> None:
    """Answer as a human agent; the ticket becomes hold, pending or solved."""
    answer = _answer(run, ticket, message, key, descriptor)
    call = run.desk.reply(answer.ticket_id, Status[status.upper()], answer.said.digest)
    _give(run, f"reply to {ticket}; it becomes {status}", call, answer)


def bot_reply(run: Run, ticket: str, message: Message, key: Path | None, descriptor: int | None) -> None:
    """Log what a bot said; it stops no clock."""
    answer = _answer(run, ticket, message, key, descriptor)
    call = run.desk.bot_reply(answer.ticket_id, answer.said.digest)
    _give(run, f"log a bot's message on {ticket}", call, answer)


def _answer(run: Run, ticket: str, message: Message, key: Path | None, descriptor: int | None) -> _Answer:
    ticket_id = ticket_ids.ticket_id(run, ticket)
    run.desk.ticket(ticket_id)
    said = message.said("makegood/reply/1", {"ticket": "0x" + ticket_id.hex()})
    if said.path is not None and said.path.exists():
        raise UsageError(f"{said.path} is there already and is not overwritten.", hint="Give another path.")
    path = statement_path(said.digest) if message.save is None else message.save.with_suffix(".jwt")
    if path == said.path:
        raise UsageError(
            f"{path} is what the statement is called, so the document cannot be kept there.",
            hint="Give --save a name that does not end in .jwt.",
        )
    return _Answer(ticket_id, said, existing(run.signer, key, descriptor), path)


def _give(run: Run, what: str, call: Call[Any], answer: _Answer) -> None:
    agent = run.signer.address
    # Whether the desk takes a reply of this account at all goes before whose key it is; a dry run tells both.
    call.gas(agent)
    replies.check_did(run.desk, agent, answer.key.did)
    is_kept = _is_kept(run, answer)

    def keep() -> None:
        if not is_kept:
            key, digest = answer.key.read(), answer.said.digest
            text = replies.sign(run.desk, agent, key, answer.ticket_id, digest, run.chain.now())
            answer.said.keep(run.output)
            write_new(answer.path, text + "\n")
        run.output.say(f"Statement: {answer.path} (it proves that your DID said this)")

    if run.act(what, call, keep) is not None:
        tell_changed(run, answer.ticket_id, answer.said, answer.path)


def _is_kept(run: Run, answer: _Answer) -> bool:
    # A document can be given again, as after a transaction that failed; then its statement is there.
    if not answer.path.exists():
        return False
    if answer.said.path is None:
        text = read_text(answer.path).strip()
        if replies.says(text, answer.key.did, answer.ticket_id, answer.said.digest, run.chain.now()):
            return True
    raise UsageError(
        f"{answer.path} is there already, is another statement than this, and is not overwritten.",
        hint="Move it to another place.",
    )
