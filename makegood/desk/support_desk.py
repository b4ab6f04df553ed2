# SPDX-License-Identifier: Apache-2.0
"""Client of the SupportDesk. Ids, commitments and digests are 32 bytes; times are Unix seconds."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from eth_typing import BlockIdentifier

from makegood import typed_data
from makegood.clock import Kind, TicketState
from makegood.desk.abi import Abi
from makegood.desk.call import Call
from makegood.desk.contract import Contract, connect
from makegood.desk.directory import Directory
from makegood.desk.lane import Lane
from makegood.desk.panel import Panel
from makegood.desk.pool import Pool
from makegood.desk.signer import Signer
from makegood.errors import NotFound
from makegood.policy import ChainPolicy

REQUESTER_LANE = 0
AGENT_LANE = 1
BATCH_LANE = 2
MAX_ITEMS = 100
"""The most that one call of `reply_many`, `claim_many` or `close_many` takes."""


@dataclass(frozen=True)
class Coverage:
    """What a holder may open: the most urgent priority, how many at once, of which `used` are, until when."""

    priority: int
    places: int
    used: int
    until: int


@dataclass(frozen=True)
class Claimable:
    """What a claim would pay now: the kinds, and what they come to in the asset's smallest units."""

    kinds: Kind
    amount: int


class Desk(Contract):
    """A support desk on chain: policies, coverage, tickets, clocks, breaches."""

    ARTIFACT = "SupportDesk"

    @cached_property
    def chain_id(self) -> int:
        """The chain that the desk is on."""
        return connect(self.w3)

    @cached_property
    def pool(self) -> Pool:
        """Where the money is."""
        return Pool(self.w3, self.read("pool"))

    @cached_property
    def panel(self) -> Panel:
        """Who decides disputes."""
        return Panel(self.w3, self.read("panel"))

    @cached_property
    def lane(self) -> Lane:
        """Where batches are anchored and proven."""
        return Lane(self.w3, self.read("lane"))

    @cached_property
    def directory(self) -> Directory:
        """Who the operator and the agents are."""
        return Directory(self.w3, self.read("directory"))

    def emitters(self) -> Mapping[str, Abi]:
        """The desk's calls also show in its pool's events."""
        return {self.address: self.abi, self.pool.address: self.pool.abi}

    # ------------------------------------------------------------ requester

    def open_ticket(self, policy_id: int, priority: int, commitment: bytes) -> Call[bytes]:
        """A covered requester opens a ticket; returns its id."""
        return self.call("open_ticket", policy_id, priority, commitment)

    def follow_up(self, ticket_id: bytes, digest: bytes) -> Call[None]:
        """The requester writes again."""
        return self.call("follow_up", ticket_id, digest)

    # ------------------------------------------------------------ agent

    def open_ticket_for(
        self, requester: str, policy_id: int, priority: int, commitment: bytes
    ) -> Call[bytes]:
        """An agent with an allowance opens a ticket for somebody; returns its id."""
        return self.call("open_ticket_for", requester, policy_id, priority, commitment)

    def reply(self, ticket_id: bytes, status: int, digest: bytes) -> Call[None]:
        """A human agent answers; `status` is hold, pending or solved."""
        return self.call("reply", ticket_id, int(status), digest)

    def reply_many(self, replies: Iterable[tuple[bytes, int, bytes]]) -> Call[int]:
        """Replies of ticket id, status and digest, at most `MAX_ITEMS`; returns the bits of those done."""
        return self.call(
            "reply_many", [(ticket_id, int(status), digest) for ticket_id, status, digest in replies]
        )

    def bot_reply(self, ticket_id: bytes, digest: bytes) -> Call[None]:
        """A bot's message goes into the log; it stops no clock."""
        return self.call("bot_reply", ticket_id, digest)

    # ------------------------------------------------------------ operator

    def publish_policy(
        self, policy: ChainPolicy, name: str, uri: str = "", terms_digest: bytes = bytes(32)
    ) -> Call[int]:
        """Publishes a policy (`Policy.to_chain`) for good; returns its id."""
        return self.call("publish_policy", tuple(policy), name, uri, terms_digest)

    def grant_coverage(
        self, holder: str, policy_id: int, priority: int, places: int, until: int
    ) -> Call[None]:
        """Gives somebody the right to open tickets; a further grant only raises it."""
        return self.call("grant_coverage", holder, policy_id, priority, places, until)

    def set_allowance(self, agent: str, amount: int) -> Call[None]:
        """How much an agent may bind by opening tickets for others, in the asset's smallest units."""
        return self.call("set_allowance", agent, amount)

    # ------------------------------------------------------------ anyone, with somebody's signature

    def open_ticket_signed(
        self,
        requester: str,
        policy_id: int,
        priority: int,
        commitment: bytes,
        deadline: int,
        signature: bytes,
    ) -> Call[bytes]:
        """`open_ticket` for a requester who signed it; returns the ticket's id."""
        return self.call(
            "open_ticket_signed", requester, policy_id, priority, commitment, deadline, signature
        )

    def follow_up_signed(
        self, ticket_id: bytes, digest: bytes, deadline: int, signature: bytes
    ) -> Call[None]:
        """`follow_up` for a requester who signed it."""
        return self.call("follow_up_signed", ticket_id, digest, deadline, signature)

    def redeem_coverage(
        self,
        holder: str,
        policy_id: int,
        priority: int,
        places: int,
        until: int,
        deadline: int,
        signature: bytes,
    ) -> Call[None]:
        """`grant_coverage` by a voucher that the operator signed."""
        return self.call("redeem_coverage", holder, policy_id, priority, places, until, deadline, signature)

    def sign_open_ticket(
        self, signer: Signer, policy_id: int, priority: int, commitment: bytes, deadline: int
    ) -> Call[bytes]:
        """The requester signs, and gets the call that anyone can send until `deadline`."""
        message = typed_data.open_ticket(
            self.chain_id,
            self.address,
            requester=signer.address,
            policy_id=policy_id,
            priority=priority,
            commitment=commitment,
            deadline=deadline,
        )
        signature = signer.sign_typed(message)
        return self.open_ticket_signed(signer.address, policy_id, priority, commitment, deadline, signature)

    def sign_follow_up(self, signer: Signer, ticket_id: bytes, digest: bytes, deadline: int) -> Call[None]:
        """The requester signs over the ticket's next nonce, and gets the call that anyone can send."""
        message = typed_data.follow_up(
            self.chain_id,
            self.address,
            ticket_id=ticket_id,
            digest=digest,
            nonce=self.follow_up_nonce(ticket_id),
            deadline=deadline,
        )
        return self.follow_up_signed(ticket_id, digest, deadline, signer.sign_typed(message))

    def sign_coverage(
        self,
        signer: Signer,
        holder: str,
        policy_id: int,
        priority: int,
        places: int,
        until: int,
        deadline: int,
    ) -> Call[None]:
        """The operator signs a voucher, and gets the call that anyone can send until `deadline`."""
        message = typed_data.grant_coverage(
            self.chain_id,
            self.address,
            holder=holder,
            policy_id=policy_id,
            priority=priority,
            places=places,
            until=until,
            deadline=deadline,
        )
        signature = signer.sign_typed(message)
        return self.redeem_coverage(holder, policy_id, priority, places, until, deadline, signature)

    # ------------------------------------------------------------ anyone

    def claim(self, ticket_id: bytes, collect: bool = False) -> Call[int]:
        """Makes what is breached pay the requester, and collects it with `collect`; returns the amount."""
        return self.call("claim", ticket_id, collect)

    def claim_many(self, ticket_ids: Sequence[bytes]) -> Call[int]:
        """`claim` for each that has something to claim, at most 100; returns the bits of those paid."""
        return self.call("claim_many", list(ticket_ids))

    def close(self, ticket_id: bytes) -> Call[None]:
        """Ends a ticket."""
        return self.call("close", ticket_id)

    def close_many(self, ticket_ids: Sequence[bytes]) -> Call[int]:
        """`close` for each that the sender can close, at most `MAX_ITEMS`; returns the bits of those done."""
        return self.call("close_many", list(ticket_ids))

    # ------------------------------------------------------------ views

    def ticket_id(self, lane: int, requester: str, commitment: bytes) -> bytes:
        """The id that a ticket has or would have; `REQUESTER_LANE`, `AGENT_LANE` or `BATCH_LANE`."""
        return bytes(self.read("compute_ticket_id", lane, requester, commitment))

    def ticket(self, ticket_id: bytes, block: BlockIdentifier = "latest") -> TicketState:
        """A ticket as its last event left it. Raises NotFound where it is unknown."""
        word = self.ticket_word(ticket_id, block)
        if word == 0:
            raise NotFound(
                f"The desk {self.address} has no ticket 0x{ticket_id.hex()}.",
                hint="Check the id; if a batch opened it, prove it first: `ape run prove RECEIPT`.",
            )
        return TicketState.unpack(word)

    def ticket_word(self, ticket_id: bytes, block: BlockIdentifier = "latest") -> int:
        """A ticket's whole state as stored; 0 where it is unknown."""
        return int(self.read("ticket_word", ticket_id, block=block))

    def claimable(self, ticket_id: bytes) -> Claimable:
        """What a claim would pay at the time of the latest block."""
        kinds, amount = self.read("claimable", ticket_id)
        return Claimable(Kind(kinds), amount)

    def policy(self, policy_id: int) -> ChainPolicy:
        """A published policy. Raises NotFound where it is unknown."""
        if not 1 <= policy_id <= self.policy_count():
            raise NotFound(f"The desk {self.address} has no policy {policy_id}.", hint="Publish it first.")
        return ChainPolicy(*self.read("policy", policy_id))

    def policy_count(self) -> int:
        """How many policies were published; also the id of the newest."""
        return int(self.read("policy_count"))

    def coverage(self, holder: str, policy_id: int) -> Coverage:
        """A holder's coverage under a policy; all 0 where there is none."""
        return Coverage(*self.read("coverage", holder, policy_id))

    def allowance(self, agent: str) -> int:
        """What an agent may still bind, in the asset's smallest units."""
        return int(self.read("allowance", agent))

    def follow_up_nonce(self, ticket_id: bytes) -> int:
        """The nonce that the next signed follow-up must carry."""
        return int(self.read("follow_up_nonce", ticket_id))

    def due(self, policy_id: int, at: int, need: int) -> int:
        """When `need` open seconds from `at` are over, by a policy's opening hours."""
        return int(self.read("due", policy_id, at, need))

    def left(self, policy_id: int, at: int, due_at: int) -> int:
        """The open seconds in [at, due_at), by a policy's opening hours."""
        return int(self.read("left", policy_id, at, due_at))
