# SPDX-License-Identifier: Apache-2.0
"""Who said it: DIDs, their keys, and credentials that they sign. didkit is used here and nowhere else."""

from makegood.errors import ProcessFailed
from makegood.identity.credentials import Claims, Credential
from makegood.identity.did_web import DidWebResolver
from makegood.identity.dids import Did, Method, did_key, did_pkh, digest, parse
from makegood.identity.issuing import issue, issue_many
from makegood.identity.keys import Key
from makegood.identity.process import DidkitProcess
from makegood.identity.public_key import Curve, PublicKey
from makegood.identity.statements import AgentCredential, Statement, StatementKind
from makegood.identity.verifying import Resolver, verify, verify_many

__all__ = [
    "AgentCredential",
    "Claims",
    "Credential",
    "Curve",
    "Did",
    "DidWebResolver",
    "DidkitProcess",
    "Key",
    "Method",
    "ProcessFailed",
    "PublicKey",
    "Resolver",
    "Statement",
    "StatementKind",
    "did_key",
    "did_pkh",
    "digest",
    "issue",
    "issue_many",
    "parse",
    "verify",
    "verify_many",
]
