# SPDX-License-Identifier: Apache-2.0
"""Covered requesters: who may open tickets without the desk's help."""

from pathlib import Path

from makegood.clock import Priority
from makegood.console import signed, words
from makegood.console.run import Run
from makegood.errors import UsageError


def grant_coverage(run: Run, holder: str, policy: int | None, priority: str, places: int, until: str) -> None:
    """Give somebody the right to open tickets directly."""
    address = run.address(holder)
    policy_id = policy_or_newest(run, policy)
    end = words.parse_end(until, run.chain.now())
    level = Priority.named(priority)
    call = run.desk.grant_coverage(address, policy_id, level, places, end)
    what = (
        f"cover {address} under policy {policy_id}: up to priority {level.label}, "
        f"{words.count(places, 'ticket')} open at once, until {words.moment(end, run.chain.now())}"
    )
    if run.act(what, call) is not None:
        _tell_coverage(run, address, policy_id)


def sign_voucher(
    run: Run, holder: str, policy: int | None, priority: str, places: int, until: str, valid: str, path: Path
) -> None:
    """Sign a coverage voucher into a file; nothing is sent."""
    now = run.chain.now()
    request = signed.Coverage(
        chain_id=run.desk.chain_id,
        desk=run.desk.address,
        signer=run.signer.address,
        deadline=words.parse_end(valid, now),
        holder=run.address(holder),
        policy_id=policy_or_newest(run, policy),
        priority=Priority.named(priority).label,
        places=places,
        until=words.parse_end(until, now),
    )
    signed.sign_into(run, request, path)


def redeem_voucher(run: Run, path: Path) -> None:
    """Send a voucher that the operator signed."""
    request = signed.read(path, signed.Coverage)
    signature = signed.checked(run, request, run.desk.directory.owner())
    call = run.desk.redeem_coverage(
        request.holder,
        request.policy_id,
        Priority.named(request.priority),
        request.places,
        request.until,
        request.deadline,
        signature,
    )
    if run.act(f"redeem the coverage of {request.holder}", call) is not None:
        _tell_coverage(run, request.holder, request.policy_id)


def policy_or_newest(run: Run, policy: int | None) -> int:
    """The policy asked for, or the newest. Raises UsageError where the desk has none."""
    if policy is not None:
        return policy
    newest = run.desk.policy_count()
    if newest == 0:
        raise UsageError("The desk has no policy yet.", hint="Publish one: `ape run publish_policy FILE`.")
    return newest


def _tell_coverage(run: Run, holder: str, policy_id: int) -> None:
    coverage = run.desk.coverage(holder, policy_id)
    priority = Priority(coverage.priority).label
    run.done(
        {
            "holder": holder,
            "policy_id": policy_id,
            "priority": priority,
            "places": coverage.places,
            "used": coverage.used,
            "until": words.iso(coverage.until),
        },
        [
            ("holder", holder),
            ("policy", str(policy_id)),
            ("most urgent priority", priority),
            ("tickets open at once", f"{coverage.places} ({coverage.used} in use)"),
            ("until", words.moment(coverage.until, run.chain.now())),
        ],
    )
