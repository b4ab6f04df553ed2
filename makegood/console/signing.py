# SPDX-License-Identifier: Apache-2.0
"""Signing a verdict: an arbiter reads in words what it decides, and signs it into a file; nothing is sent."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import click

from makegood import typed_data
from makegood.console import words
from makegood.console.accounts import ApeSigner
from makegood.console.cases import case_of, check_can_be_ruled, dispute_of
from makegood.console.dispute_words import hash_rows, verdict_rows
from makegood.console.files import write_new
from makegood.console.message import Message, Said
from makegood.console.offline import Offline
from makegood.console.run import Run, machine_readable
from makegood.console.stopping import is_ctrl_c
from makegood.console.table import facts
from makegood.desk import Ruling
from makegood.disputes import CaseFile, VerdictFile, evidence, reportable
from makegood.errors import MakegoodError, SignatureRefused, Stopped, UsageError
from makegood.policy import parse_amount, to_units


def online_case(run: Run, ticket: str, kind: str | None, *, report: bool) -> CaseFile:
    """The case to sign, from the chain."""
    case = case_of(run, ticket, kind) if report else dispute_of(run, ticket, kind)
    if report:
        reportable(case)
    return case.file()


@dataclass(frozen=True)
class Signing:
    """How an arbiter wants to sign: the ruling, an incident's worth, until when it counts, and where to.

    `arbiter` is named where it signs elsewhere. A report goes by the document of `grounds`, and `files`.
    """

    outcome: Ruling
    amount: str | None = None
    deadline: str | None = None
    arbiter: str | None = None
    report: bool = False
    grounds: Message = field(default_factory=Message)
    files: Sequence[Path] = ()
    out: Path | None = None


def sign_verdict(run: Run | Offline, case: CaseFile, wish: Signing) -> None:
    """Sign a verdict into a file, once it was said in words; nothing is sent.

    Raises SignatureRefused where the account is no arbiter of the case.
    """
    _check_wish(run, case, wish)
    now = run.chain.now() if isinstance(run, Run) else case.read_at
    check_can_be_ruled(case, now)
    arbiter = _arbiter(run, case, wish)
    case.check_arbiter(arbiter)
    grounds = _grounds(case, wish)
    verdict = case.verdict(
        wish.outcome,
        None if wish.amount is None else to_units(parse_amount(wish.amount), case.token.decimals),
        None if wish.deadline is None else words.parse_end(wish.deadline, now),
        grounds.digest if grounds else None,
    )
    path = wish.out or _default_path(case, arbiter)
    message = verdict.message(case.chain_id, case.panel)
    rows = [*verdict_rows(case, verdict, now), *hash_rows(message)]
    if run.dry_run:
        _show_only(run, arbiter, message, rows, path)
        return
    if path.exists():
        raise UsageError(f"{path} is there already and is not overwritten.", hint="Give another --out.")
    for line in ["The verdict:", *facts(rows, indent=2)]:
        run.output.say(line)
    signature = _signed(run, case.chain_id, message)
    if grounds is not None:
        grounds.keep(run.output)
    made = VerdictFile(case.chain_id, case.desk, case.panel, verdict, arbiter, signature)
    write_new(path, made.text())
    document = {"document": str(grounds.path)} if grounds and grounds.path else {}
    run.output.result(
        {**made.fields(), **document, "file": str(path)},
        # What was signed was shown before.
        facts([("signed by", arbiter), ("file", f"{path}; anyone can submit it")]),
    )


def _check_wish(run: Run | Offline, case: CaseFile, wish: Signing) -> None:
    if wish.report and case.dispute:
        raise UsageError(f"This is dispute {case.dispute}, not a report.", hint="Leave --report out.")
    if not wish.report and not case.dispute:
        raise UsageError(
            "Nobody contested this; it can only be reported.",
            hint="Give --report, and --text, --document or --digest.",
        )
    said = replace(wish.grounds, digest=None)
    if not wish.report and (said != Message() or wish.files):
        raise UsageError(
            "--text, --document, --save and --file go with --report only.",
            hint="A dispute's evidence is the requester's.",
        )
    if wish.arbiter is None:
        return
    if not run.dry_run:
        raise UsageError(
            "--arbiter goes with --dry-run only: it names an arbiter that signs elsewhere.",
            hint="To sign here, give --account.",
        )
    if wish.grounds.text is not None:
        raise UsageError(
            "--text makes another document each time, and --dry-run keeps none.",
            hint="Give the --document or the --digest that the other arbiters sign.",
        )


def _arbiter(run: Run | Offline, case: CaseFile, wish: Signing) -> str:
    if wish.arbiter is None:
        return _signer(run, case.chain_id).address
    return run.address(wish.arbiter) if isinstance(run, Run) else run.address(wish.arbiter, case.chain_id)


def _signer(run: Run | Offline, chain_id: int) -> ApeSigner:
    return run.signer if isinstance(run, Run) else run.signer(chain_id)


def _grounds(case: CaseFile, wish: Signing) -> Said | None:
    if not wish.report and wish.grounds.digest is None:
        return None
    if wish.files and wish.grounds.text is None:
        raise UsageError("--file goes with --text only.", hint="A document lists its files already.")
    return wish.grounds.said(evidence.TYPE, evidence.about(case.ticket_id, case.kind, wish.files))


def _show_only(
    run: Run | Offline,
    arbiter: str,
    message: Mapping[str, Any],
    rows: Sequence[tuple[str, str]],
    path: Path,
) -> None:
    # Wallets that read JSON keep whole numbers exact to 2**53 only.
    typed = machine_readable(message)
    hashes = {label.replace(" ", "_"): value for label, value in hash_rows(message)}
    run.output.result(
        {"dry_run": True, "arbiter": arbiter, "to_sign": typed, **hashes, "file": str(path)},
        [
            f"{arbiter} would sign into {path}, for no cost:",
            *facts(rows, indent=2),
            "The whole message, for eth_signTypedData_v4:",
            *json.dumps(typed, indent=2).splitlines(),
        ],
    )


def _signed(run: Run | Offline, chain_id: int, message: Mapping[str, Any]) -> bytes:
    signer = _signer(run, chain_id)
    try:
        agreed = run.yes or run.output.confirms("Sign it?")
        signature = signer.sign_typed(message) if agreed else None
    except click.Abort as abort:
        if is_ctrl_c(abort):
            raise Stopped("Stopped: nothing was signed, written or sent.") from abort
        signature = None
    if signature is None:
        raise MakegoodError("Nothing was signed.")
    if typed_data.recover(message, signature) != signer.address:
        raise SignatureRefused("The account signed something else.", hint="Nothing was written; try again.")
    return signature


def _default_path(case: CaseFile, arbiter: str) -> Path:
    about = f"{case.dispute}" if case.dispute else f"report-{case.ticket_id.hex()[:8]}-{case.kind.labels[0]}"
    return Path(f"verdict-{about}-{arbiter[:8]}.json")
