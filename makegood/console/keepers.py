# SPDX-License-Identifier: Apache-2.0
"""Who stands in for whom on the batch lane: a requester's keeper, an agent's successor."""

from pathlib import Path

from makegood.console import signed, words
from makegood.console.run import Run
from makegood.errors import SignatureRefused

NOBODY = "nobody"
_ZERO = "0x" + "00" * 20


def name_keeper(run: Run, keeper: str) -> None:
    """Let another address prove the acting account's batch tickets."""
    address = _address(run, keeper)
    if run.act(f"name {keeper} as keeper", run.desk.directory.name_keeper(address)) is not None:
        _tell(run, run.signer.address, address)


def sign_keeper(run: Run, keeper: str, valid: str, path: Path) -> None:
    """Sign the naming of a keeper into a file; nothing is sent."""
    signer = run.signer.address
    request = signed.Keeper(
        chain_id=run.desk.chain_id,
        desk=run.desk.address,
        signer=signer,
        deadline=words.parse_end(valid, run.chain.now()),
        directory=str(run.desk.directory.address),
        keeper=_address(run, keeper),
        nonce=run.desk.directory.keeper_nonce(signer),
    )
    signed.sign_into(run, request, path)


def relay_keeper(run: Run, path: Path) -> None:
    """Send the naming of a keeper that a requester signed."""
    request = signed.read(path, signed.Keeper)
    signature = signed.checked(run, request, request.signer)
    nonce = run.desk.directory.keeper_nonce(request.signer)
    if nonce != request.nonce:
        raise SignatureRefused(
            f"The signature is for naming {request.nonce} of the requester, and the next is {nonce}.",
            hint="It was used already; let it be signed again.",
        )
    call = run.desk.directory.name_keeper_signed(request.signer, request.keeper, request.deadline, signature)
    if run.act(f"relay the keeper of {request.signer}", call) is not None:
        _tell(run, request.signer, request.keeper)


def name_successor(run: Run, agent: str, successor: str) -> None:
    """Let the entries of one agent's batches count for the tickets that another's opened; for good."""
    earlier, later = run.address(agent), run.address(successor)
    call = run.desk.directory.name_successor(earlier, later)
    if run.act(f"name {later} as successor of {earlier}, for good", call) is not None:
        run.done({"agent": earlier, "successor": later}, [("agent", earlier), ("successor", later)])


def _address(run: Run, keeper: str) -> str:
    return _ZERO if keeper == NOBODY else run.address(keeper)


def _tell(run: Run, requester: str, keeper: str) -> None:
    named = keeper if int(keeper, 16) else None
    run.done(
        {"requester": requester, "keeper": named},
        [("requester", requester), ("keeper", named or "nobody any more")],
    )
