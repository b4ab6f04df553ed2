# SPDX-License-Identifier: Apache-2.0
"""What each reason of the contracts means to the one who gave the command, and what to do about it."""

from makegood.errors import ChainRevert

_PUBLISH = "Correct the policy and publish it again."

REASONS: dict[str, tuple[str, str]] = {
    # tickets
    "desk: allowance too low": (
        "The agent's allowance does not cover this ticket's worst case.",
        "Let the operator raise it: `ape run set_allowance AGENT AMOUNT`.",
    ),
    "desk: caller is no agent": (
        "This account is no agent of the desk now.",
        "Let the operator appoint it: `ape run register_agent`.",
    ),
    "desk: caller is no bot": ("This account is no bot of the desk now.", "Give the account of a bot."),
    "desk: caller is no human agent": (
        "This account is no human agent of the desk now, and only theirs are replies.",
        "Give the account of a human agent, or log a bot's message with --bot.",
    ),
    "desk: caller is not the operator": (
        "Only the desk's operator can do this.",
        "Give the operator's --account; `ape run status` shows its address.",
    ),
    "desk: caller is not the requester": (
        "Only the ticket's requester can follow up.",
        "Give the requester's --account, or relay what the requester signed.",
    ),
    "desk: commitment is zero": ("The commitment is zero.", "Give the digest of a salted document."),
    "desk: contest window is over": (
        "The ticket is solved and its contest window is over, so it takes no more messages.",
        "Close it, or open a new one.",
    ),
    "desk: no status of a reply": (
        "A reply makes a ticket hold, pending or solved.",
        "Give one of these to --as.",
    ),
    "desk: nothing to claim": (
        "Nothing of this ticket is breached and unpaid now.",
        "`ape run status TICKET` says what is due when.",
    ),
    "desk: requester is zero": ("The requester's address is zero.", "Give the requester's own."),
    "desk: signature expired": ("The signature's deadline is past.", "Let it be signed again."),
    "desk: signature is not the signer's": (
        "The signature is not by the one who must have signed, or it was used already.",
        "Let it be signed again.",
    ),
    "desk: ticket cannot be closed yet": (
        "Only its requester can close this ticket now.",
        "Anyone can once it is solved and its contest window is over; `ape run status TICKET` says when.",
    ),
    "desk: ticket exists": (
        "This document has opened a ticket of this requester already; nothing was changed.",
        "A new ticket needs a new document.",
    ),
    "desk: ticket is closed": ("The ticket is closed.", "Open a new one."),
    "desk: ticket unknown": ("The desk has no such ticket.", "Check the id and the desk."),
    "desk: time out of range": ("The time is later than the desk can count.", "Give an earlier one."),
    # coverage
    "coverage: ended": ("The requester's coverage has ended.", "Let the operator grant it anew."),
    "coverage: end out of range": ("The end of the coverage is past or too far.", "Give a later --until."),
    "coverage: holder is zero": ("The holder's address is zero.", "Give the holder's own."),
    "coverage: no place left": (
        "All places of the requester's coverage are taken by open tickets.",
        "Close one, or let the operator grant more places.",
    ),
    "coverage: none": (
        "The requester has no coverage under this policy.",
        "Let the operator grant it: `ape run grant_coverage`.",
    ),
    "coverage: places out of range": ("The places are not between 1 and 65,535.", "Give other --places."),
    "coverage: priority too urgent": (
        "The priority is more urgent than the requester's coverage allows.",
        "Give a less urgent --priority.",
    ),
    "coverage: priority unknown": ("The priority is none of the desk's.", "Use urgent, high, normal or low."),
    # agents
    "directory: agent is zero": ("The agent's address is zero.", "Give the agent's own."),
    "directory: agent revoked": (
        "This agent was revoked, which is for good.",
        "Register another address.",
    ),
    "directory: agent unknown": ("This address was never registered as an agent.", "Check the address."),
    "directory: DID digest is zero": ("The DID is missing.", "Give --did."),
    "directory: end out of range": ("The end is past or too far.", "Give a later --until."),
    "directory: kind is fixed": (
        "An agent's kind never changes.",
        "Register another address for the other kind.",
    ),
    "directory: kind unknown": ("An agent is human or bot.", "Give one of them to --kind."),
    "directory: operator is zero": ("The operator's address is zero.", "Give the operator's own."),
    # money
    "pool: amount is zero": ("The amount is 0.", "Give more."),
    "pool: amount too large": ("The amount is larger than the pool can count.", "Give less."),
    "pool: asset did not come in": (
        "The asset did not come in: the balance or the approval is too small, or the token refused.",
        "Check the token's balance and approval.",
    ),
    "pool: asset did not go out": (
        "The asset did not go out: the recipient or the token refused it.",
        "It stays owed; try again later.",
    ),
    "pool: asset is no token": ("There is no ERC-20 at the asset's address.", "Check --asset."),
    "pool: asset took too much": (
        "The token took more than was sent, so nothing went out.",
        "It stays owed.",
    ),
    "pool: caller is not the desk": ("Only the pool's own desk can do this.", "Use the desk's commands."),
    "pool: caller is not the operator": (
        "Only the desk's operator can do this.",
        "Give the operator's --account; `ape run status` shows its address.",
    ),
    "pool: free funds too low": (
        "Less than that is free: the rest is reserved for tickets, credited or owed.",
        "`ape run status` shows what is free.",
    ),
    "pool: funds are gone": (
        "The pool has no funds left to send.",
        "It stays owed until the pool is funded.",
    ),
    "pool: more than announced": (
        "That is more than was announced.",
        "Withdraw at most the announced amount.",
    ),
    "pool: no withdrawal announced": (
        "No withdrawal is announced.",
        "Announce it: `ape run announce_withdrawal AMOUNT`.",
    ),
    "pool: nothing to collect": (
        "Nothing can be collected for this address now.",
        "`ape run status --account ADDRESS` shows what is credited and owed.",
    ),
    "pool: notice out of range": (
        "The notice is not between one day and ten years.",
        "Give another --notice.",
    ),
    "pool: notice still runs": (
        "The withdrawal's notice still runs.",
        "`ape run status` shows from when on it is usable.",
    ),
    "pool: recipient is zero": ("The recipient's address is zero.", "Give another --to."),
    "pool: value differs from amount": ("The coin sent along differs from the amount.", "Send the amount."),
    "pool: withdrawal lapsed": ("The announced withdrawal has lapsed.", "Announce it again."),
    "pool: withdrawal pending": (
        "A withdrawal is announced already.",
        "Make it or cancel it first: `ape run cancel_withdrawal`.",
    ),
    # policies
    "policy: bond share over 100 %": ("The incident's bond share is over 100 %.", _PUBLISH),
    "policy: bond too large": ("A bond or the fee is more than the desk can hold.", _PUBLISH),
    "policy: challenge over seven days": ("The challenge window is over seven days.", _PUBLISH),
    "policy: challenge within two lags": (
        "The challenge window is not longer than twice the anchor lag.",
        _PUBLISH,
    ),
    "policy: compensation too large": ("A compensation is more than the desk can hold.", _PUBLISH),
    "policy: contest bond below fee": ("The contest bond does not cover the fee.", _PUBLISH),
    "policy: contest outlasts notice": ("The contest window is longer than the pool's notice.", _PUBLISH),
    "policy: due times pass 2106": ("A ticket could be due after the year 2106.", _PUBLISH),
    "policy: hours outside the week": ("The opening hours are not a week's.", _PUBLISH),
    "policy: incident cap too large": ("The incident cap is more than the desk can hold.", _PUBLISH),
    "policy: no id left": ("The desk has all the policies it can number.", "Deploy another desk."),
    "policy: no open hour": ("No hour of the week is open.", _PUBLISH),
    "policy: priority unknown": ("The priority is none of the desk's.", "Use urgent, high, normal or low."),
    "policy: ruling over sixty days": ("The ruling window is over sixty days.", _PUBLISH),
    "policy: target is zero": ("A target is zero.", _PUBLISH),
    "policy: target over ten years": ("A target is over ten years.", _PUBLISH),
    "policy: unknown": ("The desk has no such policy.", "`ape run status` lists its policies."),
    "policy: window is zero": ("A window is zero.", _PUBLISH),
    "policy: window over ten years": ("A window is over ten years.", _PUBLISH),
    # deployment
    "factory: blueprint has no code": ("A blueprint has no code.", "Deploy without --factory."),
    "factory: desk address differs": (
        "The chain derives addresses otherwise than Ethereum does.",
        "The factory cannot be used there.",
    ),
    "factory: no nonce left": ("The factory has no desk left to deploy.", "Deploy another factory."),
}
"""By the contract's reason: a sentence, and what to do."""


def explained(error: ChainRevert) -> ChainRevert:
    """The refusal in words, with its reason; unchanged where the reason is none of ours."""
    if error.reason not in REASONS:
        return error
    sentence, hint = REASONS[error.reason]
    return ChainRevert(f"{sentence.rstrip('.')} ({error.reason}).", reason=error.reason, hint=hint)
