# SPDX-License-Identifier: Apache-2.0
"""The operator appoints agents, names channels and successors; requesters name keepers; ownership moves."""

from typing import Any

from fuzz.encode import call, octets
from fuzz.world import Action, Reasons, Transaction, World

Args = tuple[Any, ...]


def choose_register(w: World) -> Args:
    who = w.one_of((*w.cast.humans, *w.cast.humans, *w.cast.bots, w.cast["wallet"], w.cast["delegated"]))
    kind = 2 if who in w.cast.bots else 1
    if w.odds(0.05):
        who, kind = w.one_of((who, 0)), w.one_of((0, 1, 2, 3))
    until = w.one_of((w.m.now + int(10 ** (4 + w.r.random() * 4)), 2**40 - 1, 2**40 - 1, 2**40 - 1))
    if w.odds(0.06):
        until = w.one_of((w.m.now, w.m.now - 1, 2**40, 0))
    binding = (who, kind, w.digest(), w.digest(), w.deadline())
    signature = w.flawed(w.signature(who, w.at.directory, "AgentBinding", *binding))
    return w.operator(), *binding[:4], until, binding[4], signature


def send_register(w: World, sender: int, *args: Any) -> Transaction:
    *fields, signature = args
    data = call(
        "register_agent(address,uint256,bytes32,bytes32,uint256,uint256,bytes)",
        *fields,
        octets(w.raw(signature)),
    )
    return Transaction(sender, w.at.directory, data)


def predict_register(w: World, sender: int, *args: Any) -> Reasons:
    who, kind, did, credential, until, deadline, signature = args
    if signature.flaw == "too long":
        return {""}
    binding = (who, kind, did, credential, deadline)
    is_signed = w.is_good(signature, who, w.at.directory, "AgentBinding", *binding)
    return w.m.directory.register(sender, who, kind, did, credential, until, deadline, is_signed)


def choose_revoke(w: World) -> Args | None:
    # Revoked for good: not the last of the humans, and seldom.
    standing = [one for one in w.cast.humans if w.m.directory.standing(one)]
    who = w.one_of((*w.cast.bots, w.cast["wallet"], w.sender()))
    if len(standing) > 1 and w.odds(0.3):
        who = w.one_of(standing)
    if who in standing and len(standing) == 1:
        return None
    return w.operator(), who


def send_revoke(w: World, sender: int, who: int) -> Transaction:
    return Transaction(sender, w.at.directory, call("revoke_agent(address)", who))


def predict_revoke(w: World, *args: int) -> Reasons:
    return w.m.directory.revoke(*args)


def choose_channel(w: World) -> Args:
    return w.operator(), int(w.r.random() * 4)


def send_publish_channel(w: World, sender: int, channel: int) -> Transaction:
    return Transaction(sender, w.at.directory, call("publish_channel(bytes32)", channel))


def predict_publish_channel(w: World, *args: int) -> Reasons:
    return w.m.directory.publish_channel(*args)


def send_revoke_channel(w: World, sender: int, channel: int) -> Transaction:
    return Transaction(sender, w.at.directory, call("revoke_channel(bytes32)", channel))


def predict_revoke_channel(w: World, *args: int) -> Reasons:
    return w.m.directory.revoke_channel(*args)


def choose_successor(w: World) -> Args:
    pool = (*w.cast.humans, *w.cast.bots, w.cast["carrier"], *w.cast.requesters)
    return w.operator(), w.one_of((*pool, 0)), w.one_of((*pool, *pool, 0))


def send_successor(w: World, sender: int, *args: int) -> Transaction:
    return Transaction(sender, w.at.directory, call("name_successor(address,address)", *args))


def predict_successor(w: World, *args: int) -> Reasons:
    return w.m.directory.name_successor(*args)


def keeper(w: World) -> int:
    """Whom a requester trusts."""
    return w.one_of((w.cast["carrier"], *w.cast.requesters, *w.cast.humans, 0))


def choose_keeper(w: World) -> Args:
    return w.one_of(w.cast.requesters), keeper(w)


def send_keeper(w: World, sender: int, one: int) -> Transaction:
    return Transaction(sender, w.at.directory, call("name_keeper(address)", one))


def predict_keeper(w: World, *args: int) -> Reasons:
    return w.m.directory.name_keeper(*args)


def choose_keeper_signed(w: World) -> Args:
    who = w.one_of((*w.cast.requesters, *w.cast.some("wallet", "delegated", "mute"), 0))
    nonce = w.m.directory.keeper_nonces.get(who, 0)
    if w.odds(0.1):
        nonce = nonce + 1 if not nonce or w.odds(0.5) else nonce - 1
    one, deadline = keeper(w), w.deadline()
    signature = w.signature(who, w.at.directory, "NameKeeper", who, one, nonce, deadline)
    return w.sender(), who, one, deadline, w.flawed(signature)


def send_keeper_signed(w: World, sender: int, *args: Any) -> Transaction:
    *fields, signature = args
    data = call("name_keeper_signed(address,address,uint256,bytes)", *fields, octets(w.raw(signature)))
    return Transaction(sender, w.at.directory, data)


def predict_keeper_signed(w: World, _sender: int, *args: Any) -> Reasons:
    who, one, deadline, signature = args
    if signature.flaw == "too long":
        return {""}
    nonce = w.m.directory.keeper_nonces.get(who, 0)
    is_signed = w.is_good(signature, who, w.at.directory, "NameKeeper", who, one, nonce, deadline)
    return w.m.directory.name_keeper_signed(who, one, deadline, is_signed)


def choose_transfer(w: World) -> Args:
    return w.operator(), w.one_of((*w.cast.operators, *w.cast.operators, w.sender()))


def send_transfer(w: World, sender: int, one: int) -> Transaction:
    return Transaction(sender, w.at.directory, call("transfer_ownership(address)", one))


def predict_transfer(w: World, *args: int) -> Reasons:
    return w.m.directory.transfer(*args)


def choose_accept(w: World) -> Args:
    pending = w.m.directory.pending_owner
    return (pending if pending in w.cast.senders and w.odds(0.8) else w.sender(),)


def send_accept(w: World, sender: int) -> Transaction:
    return Transaction(sender, w.at.directory, call("accept_ownership()"))


def predict_accept(w: World, sender: int) -> Reasons:
    return w.m.directory.accept(sender)


ACTIONS = (
    Action("register_agent", 1.2, choose_register, send_register, predict_register),
    Action("revoke_agent", 0.4, choose_revoke, send_revoke, predict_revoke),
    Action("publish_channel", 0.5, choose_channel, send_publish_channel, predict_publish_channel),
    Action("revoke_channel", 0.5, choose_channel, send_revoke_channel, predict_revoke_channel),
    Action("name_successor", 0.8, choose_successor, send_successor, predict_successor),
    Action("name_keeper", 0.8, choose_keeper, send_keeper, predict_keeper),
    Action("name_keeper_signed", 0.8, choose_keeper_signed, send_keeper_signed, predict_keeper_signed),
    Action("transfer_ownership", 0.3, choose_transfer, send_transfer, predict_transfer),
    Action("accept_ownership", 0.4, choose_accept, send_accept, predict_accept),
)
