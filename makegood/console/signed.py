# SPDX-License-Identifier: Apache-2.0
"""Signed requests as small JSON files: one party signs, anyone relays."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, TypeVar

from makegood import binding, typed_data
from makegood.clock import Priority
from makegood.console import words
from makegood.console.files import read_text, write_new
from makegood.console.ids import bytes32
from makegood.console.run import Run
from makegood.desk import BOT, HUMAN, chain_errors
from makegood.errors import NotFound, SignatureRefused, UsageError

KINDS = {"human": HUMAN, "bot": BOT}


@dataclass(frozen=True, kw_only=True)
class Request:
    """What every signed request has: for which desk, by whom, until when (Unix time), and the signature."""

    chain_id: int
    desk: str
    signer: str
    deadline: int
    signature: str = ""

    def message(self) -> dict[str, Any]:
        """The EIP-712 message that is signed."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class OpenTicket(Request):
    """A requester's wish to open a ticket."""

    policy_id: int
    priority: str
    commitment: str
    type: str = field(default="makegood/signed-ticket/1", init=False)

    def message(self) -> dict[str, Any]:
        """As in `Request`."""
        return typed_data.open_ticket(
            self.chain_id,
            self.desk,
            requester=self.signer,
            policy_id=self.policy_id,
            priority=Priority.named(self.priority),
            commitment=bytes32(self.commitment),
            deadline=self.deadline,
        )


@dataclass(frozen=True, kw_only=True)
class FollowUp(Request):
    """A requester's wish to follow up."""

    ticket_id: str
    digest: str
    nonce: int
    type: str = field(default="makegood/signed-follow-up/1", init=False)

    def message(self) -> dict[str, Any]:
        """As in `Request`."""
        return typed_data.follow_up(
            self.chain_id,
            self.desk,
            ticket_id=bytes32(self.ticket_id),
            digest=bytes32(self.digest),
            nonce=self.nonce,
            deadline=self.deadline,
        )


@dataclass(frozen=True, kw_only=True)
class Coverage(Request):
    """An operator's voucher for somebody's coverage."""

    holder: str
    policy_id: int
    priority: str
    places: int
    until: int
    type: str = field(default="makegood/coverage/1", init=False)

    def message(self) -> dict[str, Any]:
        """As in `Request`."""
        return typed_data.grant_coverage(
            self.chain_id,
            self.desk,
            holder=self.holder,
            policy_id=self.policy_id,
            priority=Priority.named(self.priority),
            places=self.places,
            until=self.until,
            deadline=self.deadline,
        )


@dataclass(frozen=True, kw_only=True)
class Binding(Request):
    """An agent's word that a DID is its own, with the DID's credential for its address."""

    directory: str
    kind: str
    did: str
    credential: str
    type: str = field(default="makegood/binding/1", init=False)

    def message(self) -> dict[str, Any]:
        """As in `Request`; the domain is the directory's."""
        bound = binding.Binding(self.did, self.credential)
        return typed_data.agent_binding(
            self.chain_id,
            self.directory,
            agent=self.signer,
            kind=KINDS[self.kind],
            did_digest=bound.did_digest,
            credential_digest=bound.credential_digest,
            deadline=self.deadline,
        )


@dataclass(frozen=True, kw_only=True)
class Keeper(Request):
    """A requester's wish to have its batch tickets proven by somebody else too."""

    directory: str
    keeper: str
    nonce: int
    type: str = field(default="makegood/signed-keeper/1", init=False)

    def message(self) -> dict[str, Any]:
        """As in `Request`; the domain is the directory's."""
        return typed_data.name_keeper(
            self.chain_id,
            self.directory,
            requester=self.signer,
            keeper=self.keeper,
            nonce=self.nonce,
            deadline=self.deadline,
        )


R = TypeVar("R", bound=Request)


def sign_into(run: Run, request: Request, path: Path, before: Callable[[], None] | None = None) -> None:
    """Sign a request and write it; with --dry-run only show what would be signed.

    `before` is done when it is signed, before it is written.
    """
    if run.dry_run:
        run.output.result(
            {"dry_run": True, "to_sign": request.message()},
            [f"{request.signer} would sign {request.message()['primaryType']} into {path}, for no cost."],
        )
        return
    ready = replace(request, signature="0x" + run.signer.sign_typed(request.message()).hex())
    if before is not None:
        before()
    write_new(path, json.dumps(asdict(ready), indent=2) + "\n")
    run.done(
        {**asdict(ready), "file": str(path)},
        [
            ("signed", f"{request.message()['primaryType']} by {request.signer}"),
            ("counts until", words.moment(request.deadline, run.chain.now())),
            ("file", f"{path}; anyone can relay it"),
        ],
    )


def read(path: Path, kind: type[R]) -> R:
    """The request in a file. Raises NotFound for no file, UsageError for another content."""
    try:
        content = json.loads(read_text(path))
    except ValueError as error:
        raise UsageError(f"{path} is not JSON: {error}.") from None
    expected = next(each.default for each in fields(kind) if each.name == "type")
    if not isinstance(content, Mapping) or content.get("type") != expected:
        raise UsageError(
            f"{path} is no signed request of the type {expected}.", hint="Give the file as it was signed."
        )
    values = {name: value for name, value in content.items() if name != "type"}
    kinds = {each.name: each.type for each in fields(kind) if each.init}
    if values.keys() != kinds.keys() or any(type(value) is not kinds[name] for name, value in values.items()):
        raise UsageError(
            f"{path} does not have the fields of {expected}.", hint="Give the file as it was signed."
        )
    return kind(**values)


def checked(run: Run, request: Request, expected_signer: str) -> bytes:
    """The signature, where it can count; what is known to be refused is said before anything is sent.

    Raises SignatureRefused for an expired one or another's, NotFound for another chain or desk.
    """
    if (request.chain_id, request.desk) != (run.desk.chain_id, run.desk.address):
        raise NotFound(
            f"The file is for the desk {request.desk} on chain {request.chain_id}, not {run.desk.address}.",
            hint="Give its --desk and --network.",
        )
    now = run.chain.now()
    if now > request.deadline:
        raise SignatureRefused(
            f"The signature expired on {words.moment(request.deadline, now)}.", hint="Let it be signed again."
        )
    signature = bytes.fromhex(request.signature.removeprefix("0x"))
    # A contract's signature (ERC-1271) only the chain can check.
    with chain_errors("eth_getCode"):
        is_contract = bool(run.chain.w3.eth.get_code(expected_signer))  # type: ignore[arg-type]
    if not is_contract and typed_data.recover(request.message(), signature) != expected_signer:
        raise SignatureRefused(
            f"The signature is not {expected_signer}'s over what the file says.",
            hint="Let it be signed again.",
        )
    return signature
