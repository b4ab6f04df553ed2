# SPDX-License-Identifier: Apache-2.0
"""A dispute from contest to verdict: the case, its evidence, signed verdicts, collecting them. No Ape."""

from makegood.disputes.case import Case, digest_of, disputes_of, history, open_disputes, read_case, reportable
from makegood.disputes.case_file import CaseFile, read_case_file
from makegood.disputes.collecting import Quorum, Source, collect, same_verdict
from makegood.disputes.effect import Effect, Stake, effect
from makegood.disputes.evidence import Evidence, Finding, Given, Match, check_given, new_evidence
from makegood.disputes.key_card import KeyCard, check_card, read_card
from makegood.disputes.sealed import seal_evidence
from makegood.disputes.signature import is_signed
from makegood.disputes.verdict_file import VerdictFile, read_verdict

__all__ = [
    "Case",
    "CaseFile",
    "Effect",
    "Evidence",
    "Finding",
    "Given",
    "KeyCard",
    "Match",
    "Quorum",
    "Source",
    "Stake",
    "VerdictFile",
    "check_card",
    "check_given",
    "collect",
    "digest_of",
    "disputes_of",
    "effect",
    "history",
    "is_signed",
    "new_evidence",
    "open_disputes",
    "read_card",
    "read_case",
    "read_case_file",
    "read_verdict",
    "reportable",
    "same_verdict",
    "seal_evidence",
]
