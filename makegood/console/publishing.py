# SPDX-License-Identifier: Apache-2.0
"""Publishing a policy file."""

from pathlib import Path

from makegood import policy as policies
from makegood.console.run import Run
from makegood.console.table import facts


def publish_policy(run: Run, path: Path) -> None:
    """Publish the policy in a YAML file for good. What the desk would refuse is refused with its line."""
    policy = policies.read(path)
    policy.check_notice(run.pool.notice)
    policy.check_dues(run.chain.now())
    struct = policy.to_chain(run.token.decimals)
    call = run.desk.publish_policy(struct, policy.name, policy.terms.uri, policy.terms.sha256)
    if run.dry_run or not run.chain.local:
        # It cannot be taken back, so what was understood is shown before it is decided.
        for line in facts(policy.describe(run.token.symbol)):
            run.output.say(line)
    outcome = run.act(f"publish “{policy.name}” for good", call)
    if outcome is None:
        return
    policy_id = outcome.event("PolicyPublished")["policy_id"]
    run.done(
        {"policy_id": policy_id, "policy": policy.to_document()},
        [("policy", str(policy_id)), *policy.describe(run.token.symbol)],
    )
