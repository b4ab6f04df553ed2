# SPDX-License-Identifier: Apache-2.0
"""What each reason of the contracts means to the one who gave the command, and what to do about it."""

from makegood.errors import ChainRevert

_PUBLISH = "Correct the policy and publish it again."

REASONS: dict[str, tuple[str, str]] = {
    # tickets
    "desk: amount is not the policy's": (
        "The amount is not the policy's compensation.",
        "Leave --amount out, which goes with incidents only.",
    ),
    "desk: amount is zero": ("An incident asks for an amount.", "Give --amount."),
    "desk: amount over the incident cap": (
        "That is more than the policy pays for an incident.",
        "Give a lower --amount; `ape run status` shows the cap.",
    ),
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
    "desk: caller is not the lane": (
        "Only the desk's own batch lane can do this.",
        "Prove the ticket or its entries at the lane.",
    ),
    "desk: caller is not the operator": (
        "Only the desk's operator can do this.",
        "Give the operator's --account; `ape run status` shows its address.",
    ),
    "desk: caller is not the panel": (
        "Only the desk's own panel can do this.",
        "Use `ape run contest` and `ape run submit_verdict`.",
    ),
    "desk: caller is not the requester": (
        "Only the ticket's requester can follow up or contest.",
        "Give the requester's --account, or relay a follow-up that the requester signed.",
    ),
    "desk: challenge has not ended": (
        "The ticket was opened in a batch and its challenge has not ended, so nothing else can happen to it.",
        "End the challenge once its window is over; `ape run status TICKET` says what holds then.",
    ),
    "desk: commitment is zero": ("The commitment is zero.", "Give the digest of a salted document."),
    "desk: contest window is over": (
        "The ticket is solved and its contest window is over, so it takes no more messages and no contest.",
        "Close it, or open a new one.",
    ),
    "desk: dispute is open": (
        "The ticket waits for the arbiters, so nobody can close it.",
        "`ape run inspect_dispute TICKET` says until when they can rule.",
    ),
    "desk: free funds too low": (
        "The desk's free funds do not reach for the worst case of the batch.",
        "Fund the desk, or anchor the batch without insisting that it is backed.",
    ),
    "desk: kind already compensated": (
        "This kind was compensated already; each is once a ticket.",
        "There is nothing left to contest.",
    ),
    "desk: kind cannot be reported": (
        "An incident cannot be reported by the arbiters.",
        "Its requester can contest it.",
    ),
    "desk: kind unknown": (
        "The kind is none of the desk's.",
        "Use first_reply, next_reply, resolution or incident.",
    ),
    "desk: no reply to contest yet": (
        "There is no reply yet, so the clock sees all that there is to see.",
        "Claim what is late: `ape run claim TICKET`.",
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
    "directory: credential digest is zero": (
        "The credential by which the DID names the agent's address is missing.",
        "Let the agent's DID issue one.",
    ),
    "directory: DID digest is zero": ("The DID is missing.", "Give its --key."),
    "directory: end out of range": ("The end is past or too far.", "Give a later --until."),
    "directory: kind is fixed": (
        "An agent's kind never changes.",
        "Register another address for the other kind.",
    ),
    "directory: kind unknown": ("An agent is human or bot.", "Give one of them to --kind."),
    "directory: no successor": (
        "An agent's successor is another address, and not zero.",
        "Give the successor's own.",
    ),
    "directory: operator is zero": ("The operator's address is zero.", "Give the operator's own."),
    "directory: signature expired": (
        "The signature was not sent in time.",
        "Let it be signed anew with a later deadline.",
    ),
    "directory: signature is not good": (
        "The signature is not by the one who must have signed, or not over just this at this desk.",
        "Let an agent sign its kind, DID and credential anew, a requester its keeper with the next nonce.",
    ),
    "directory: succeeds already": (
        "This successor has a predecessor already, and each has one for good.",
        "Name another address.",
    ),
    # channels
    "directory: channel is not official": (
        "This channel is not official, so there is nothing to revoke.",
        "Check how it is spelled, and the desk.",
    ),
    "directory: channel is official": (
        "This channel is official already; nothing was changed.",
        "It can be published anew once it is revoked.",
    ),
    "directory: channel is zero": ("The channel's digest is zero.", "Give the channel itself."),
    # the operator, of snekmate
    "ownable: caller is not the owner": (
        "Only the desk's operator can do this.",
        "Give the operator's --account; `ape run status` shows its address.",
    ),
    "ownable_2step: caller is not the new owner": (
        "The desk is not offered to this account.",
        "The operator offers it: `ape run transfer_ownership ADDRESS`.",
    ),
    # disputes
    "panel: amount is not the policy's": (
        "The verdict's amount is not the policy's compensation.",
        "Let it be signed again without --amount.",
    ),
    "panel: amount is not what was asked": (
        "The verdict's amount is not from more than 0 to what the incident asks.",
        "Let it be signed again with another --amount.",
    ),
    "panel: amount of a rejection": (
        "A rejection has no amount.",
        "Let it be signed again without --amount.",
    ),
    "panel: arbiters not ascending": (
        "The arbiters are not in the order of their addresses, or one is there twice.",
        "Give each once, ascending.",
    ),
    "panel: caller is not the operator": (
        "Only the desk's operator can change the panel.",
        "Give the operator's --account; `ape run status` shows its address.",
    ),
    "panel: desk is zero": ("The desk's address is zero.", "Deploy desks through the factory."),
    "panel: dispute unknown": (
        "This kind of the ticket was not contested.",
        "`ape run inspect_dispute` lists the open disputes.",
    ),
    "panel: dispute was ruled before": (
        "The dispute was ruled before.",
        "`ape run inspect_dispute TICKET` says how.",
    ),
    "panel: evidence digest is zero": ("The evidence's digest is zero.", "Give the digest of a document."),
    "panel: initialized already": (
        "The panel serves its desk already, for good.",
        "Deploy another desk through the factory.",
    ),
    "panel: kind was contested before": (
        "This kind of the ticket was contested before; each is once a ticket.",
        "`ape run inspect_dispute TICKET` says what came of it.",
    ),
    "panel: no arbiter": ("A panel has at least one arbiter.", "Name the arbiters."),
    "panel: no fee to collect": (
        "This account has no fee left to collect from these disputes.",
        "A fee is for those who signed a verdict that was submitted, once each.",
    ),
    "panel: no panel proposed": (
        "No panel is proposed.",
        "Propose one: `ape run propose_panel ARBITER...`.",
    ),
    "panel: notice still runs": (
        "The proposed panel's notice still runs.",
        "`ape run status` shows from when on it can be adopted.",
    ),
    "panel: outcome is not upheld": ("A report can only be upheld.", "Without a breach, report nothing."),
    "panel: outcome unknown": ("A verdict upholds or rejects.", "Let it be signed again."),
    "panel: proposal lapsed": (
        "The proposed panel was not adopted in time, so the proposal has lapsed.",
        "Propose it again: `ape run propose_panel ARBITER...`.",
    ),
    "panel: proposal pending": (
        "A panel is proposed already.",
        "Adopt it after its notice, or cancel it: `ape run cancel_panel`.",
    ),
    "panel: ruling window is over": (
        "The arbiters' time is over, so no verdict counts any more.",
        "The requester wins: `ape run rule_by_default TICKET`.",
    ),
    "panel: ruling window still runs": (
        "The arbiters still have time to rule.",
        "`ape run inspect_dispute TICKET` says until when.",
    ),
    "panel: signature is not the arbiter's": (
        "A signature is not by the arbiter over this verdict.",
        "Let that arbiter sign again.",
    ),
    "panel: signatures not ascending": (
        "The signatures are not in the order of the arbiters' addresses, or one is there twice.",
        "Submit the files with `ape run submit_verdict`, which orders them.",
    ),
    "panel: signer is no arbiter": (
        "One who signed is no arbiter of the panel that decides.",
        "Leave that file out.",
    ),
    "panel: threshold out of range": (
        "The threshold is not more than half of the arbiters, or more than there are.",
        "Give another --threshold, or leave it out.",
    ),
    "panel: too few signatures": (
        "There are fewer signatures than the panel's threshold.",
        "Give the files of more arbiters.",
    ),
    "panel: verdict expired": ("The verdict's deadline is past.", "Let it be signed anew with a later one."),
    "panel: verdict of another epoch": (
        "The verdict is of another panel than the one that decides.",
        "Let the arbiters of that panel sign.",
    ),
    "panel: verdict on a dispute": (
        "The verdict is on a dispute, so it is no report.",
        "Submit it with `ape run submit_verdict`.",
    ),
    "panel: verdict on another dispute": ("The verdict is on another dispute.", "Let it be signed again."),
    "panel: verdict on other evidence": (
        "The verdict is on other evidence than the dispute's.",
        "Let it be signed again.",
    ),
    # batches
    "lane: an entry is missing before": (
        "An entry before these was not shown, and entries are shown in sequence.",
        "Show the missing one first.",
    ),
    "lane: batch has expired": (
        "The batch's openings can no longer be proven.",
        "What it held for them is free for anyone to release.",
    ),
    "lane: batch has not expired": (
        "Openings of the batch can still be proven, so what it holds stays reserved.",
        "Release it once it has expired.",
    ),
    "lane: batch of another agent": (
        "The entry's batch was anchored neither by the agent of the ticket's opening nor by a successor.",
        "Let the operator name that agent's successor, or show an entry that counts.",
    ),
    "lane: batch size out of range": (
        "A batch has from 1 to 16,777,215 entries.",
        "Spread them over several batches.",
    ),
    "lane: batch unknown": ("The lane has no such batch.", "Check its number, and the desk."),
    "lane: challenge window is over": (
        "The ticket's challenge window is over, so no more entries count.",
        "End the challenge.",
    ),
    "lane: challenge window still runs": (
        "The ticket's challenge window still runs.",
        "End the challenge once it is over.",
    ),
    "lane: entries are the same": (
        "Both entries are the same, so they tell one story.",
        "Show two different ones of one sequence.",
    ),
    "lane: index is an opening's": (
        "The entry stands among its batch's openings, so it is no later entry.",
        "Check its index.",
    ),
    "lane: index is no opening's": (
        "The index is not among the batch's openings.",
        "Check it against the published batch.",
    ),
    "lane: not requester or its keeper": (
        "Only the ticket's requester or its keeper can prove it.",
        "Let one of them prove it, or let the requester name a keeper.",
    ),
    "lane: nothing to release": (
        "The batch holds nothing any more: it was not backed, all of it is proven, or it was released.",
        "There is nothing left to do.",
    ),
    "lane: opened after its anchoring": (
        "The opening's time is later than its batch's anchoring.",
        "Check the time against the published batch.",
    ),
    "lane: path does not prove it": (
        "The path does not lead from this entry to the batch's root.",
        "Check entry, index and path against the published batch.",
    ),
    "lane: root is zero": ("The batch's root is zero.", "Give the root of its entries."),
    "lane: ticket is not challenged": (
        "No challenge of this ticket runs.",
        "Prove the ticket first; once its challenge has ended it is like any other.",
    ),
    "lane: ticket was not proven": (
        "This ticket was not proven out of a batch.",
        "Prove it first, or check the id.",
    ),
    "lane: too late for this entry": (
        "In the window's second half only follow-ups count, and what was anchored in that half.",
        "Show such an entry, or end the challenge once its window is over.",
    ),
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
    "pool: caller is not panel or lane": (
        "Only the pool's own panel or batch lane can do this.",
        "Use the commands of disputes and batches.",
    ),
    "pool: caller is not the desk": ("Only the pool's own desk can do this.", "Use the desk's commands."),
    "pool: caller is not the panel": (
        "Only the pool's own panel can do this.",
        "Use the dispute's commands.",
    ),
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
    """The refusal in words, with its reason; unchanged where the reason is none of ours.

    One with a hint was foreseen before anything was sent: it keeps its own words, which say more.
    """
    if error.reason not in REASONS:
        return error
    sentence, hint = (error.message, error.hint) if error.hint else REASONS[error.reason]
    step = f"{error.step}: " if error.step else ""
    return ChainRevert(
        f"{step}{sentence.rstrip('.')} ({error.reason}).", reason=error.reason, hint=hint, step=error.step
    )
