# SPDX-License-Identifier: Apache-2.0
"""Agents: who answers for the desk. DID and address sign for each other before an agent is registered."""

from collections.abc import Callable
from pathlib import Path

from makegood import identity
from makegood.binding import Binding, bind
from makegood.console import signed, words
from makegood.console.accounts import ApeSigner, signer_of
from makegood.console.deployments import data_folder
from makegood.console.did_keys import existing_or_new
from makegood.console.files import write_new
from makegood.console.run import Run
from makegood.errors import SignatureRefused, UsageError
from makegood.identity import AgentCredential

# How long an agent's signature can be used. It is sent at once, and does not say until when the agent stands.
_SIGNATURE_SECONDS = 3_600


def register_agent(
    run: Run, agent: str, kind: str, until: str, key: Path | None, descriptor: int | None
) -> None:
    """Bind an agent's account to its DID and appoint it, in one step; both accounts are here."""
    signer = _agent_signer(run, agent)
    end = words.parse_end(until, run.chain.now())
    request = _binding(run, signer, kind, run.chain.now() + _SIGNATURE_SECONDS, key, descriptor)
    call = run.desk.directory.register_agent(
        signer.address,
        signed.KINDS[kind],
        _bound(request).did_digest,
        _bound(request).credential_digest,
        end,
        request.deadline,
        signer.sign_typed(request.message()),
    )
    if run.act(f"register {signer.address} as a {kind} agent", call, _keeping(run, request)) is not None:
        _tell_agent(run, request, end)


def sign_binding(
    run: Run, kind: str, valid: str, key: Path | None, descriptor: int | None, path: Path
) -> None:
    """Sign, as the agent, a binding for the operator; nothing is sent."""
    deadline = words.parse_end(valid, run.chain.now())
    request = _binding(run, run.signer, kind, deadline, key, descriptor)
    signed.sign_into(run, request, path, _keeping(run, request))


def register_binding(run: Run, path: Path, until: str) -> None:
    """Appoint the agent that signed the binding in a file."""
    request = signed.read(path, signed.Binding)
    _check_binding(run, request)
    end = words.parse_end(until, run.chain.now())
    call = run.desk.directory.register_agent(
        request.signer,
        signed.KINDS[request.kind],
        _bound(request).did_digest,
        _bound(request).credential_digest,
        end,
        request.deadline,
        signed.checked(run, request, request.signer),
    )
    what = f"register {request.signer} as a {request.kind} agent"
    if run.act(what, call, _keeping(run, request)) is not None:
        _tell_agent(run, request, end)


def revoke_agent(run: Run, agent: str) -> None:
    """End an agent's standing at once and for good."""
    address = run.address(agent)
    if run.act(f"revoke {address} for good", run.desk.directory.revoke_agent(address)) is not None:
        run.done({"agent": address, "revoked": True}, [("revoked", address)])


def _agent_signer(run: Run, agent: str) -> ApeSigner:
    if agent.startswith(("0x", "0X")):
        raise UsageError(
            "The agent's own signature is needed, and an address does not sign.",
            hint="Name its account, or let it sign elsewhere (--sign FILE) and give --binding FILE.",
        )
    return signer_of(run.chain, agent, "agent")


def _binding(
    run: Run, signer: ApeSigner, kind: str, deadline: int, key: Path | None, descriptor: int | None
) -> signed.Binding:
    bound = bind(run.desk, signer.address, existing_or_new(run, signer, key, descriptor), run.chain.now())
    return signed.Binding(
        chain_id=run.desk.chain_id,
        desk=run.desk.address,
        signer=signer.address,
        deadline=deadline,
        directory=str(run.desk.directory.address),
        kind=kind,
        did=bound.did,
        credential=bound.credential,
    )


def _check_binding(run: Run, request: signed.Binding) -> None:
    # What the chain cannot see: that the credential is the DID's, and names this address and desk.
    if request.kind not in signed.KINDS or request.directory != run.desk.directory.address:
        raise UsageError("The binding is not for this desk's directory.", hint="Let it be signed again.")
    credential = identity.verify(request.credential, now=run.chain.now())
    named = AgentCredential.of(credential)
    if credential.issuer != request.did or named != AgentCredential(
        run.desk.chain_id, request.signer, run.desk.address
    ):
        raise SignatureRefused(
            "The credential in the binding is not this DID's for this agent and desk.",
            hint="Let the agent sign a new one.",
        )


def _bound(request: signed.Binding) -> Binding:
    return Binding(request.did, request.credential)


def _keeping(run: Run, request: signed.Binding) -> Callable[[], None]:
    path = data_folder() / "credentials" / f"{_bound(request).credential_digest.hex()}.jwt"

    def keep() -> None:
        if not path.exists():
            write_new(path, request.credential + "\n")
        run.output.say(f"Credential: {path} (keep it: it proves who the agent is)")

    return keep


def _tell_agent(run: Run, request: signed.Binding, end: int) -> None:
    digests = _bound(request).did_digest, _bound(request).credential_digest
    did_digest, credential_digest = ("0x" + each.hex() for each in digests)
    run.done(
        {
            "agent": request.signer,
            "kind": request.kind,
            "did": request.did,
            "did_digest": did_digest,
            "credential": request.credential,
            "credential_digest": credential_digest,
            "until": words.iso(end),
        },
        [
            ("agent", request.signer),
            ("kind", request.kind),
            ("did", request.did),
            ("did digest", did_digest),
            ("credential digest", credential_digest),
            ("stands until", words.moment(end, run.chain.now())),
        ],
    )
