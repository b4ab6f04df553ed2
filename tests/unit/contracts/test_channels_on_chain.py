# SPDX-License-Identifier: Apache-2.0
"""AgentDirectory: which sites, handles and addresses of mail are the desk's, since when, and until when."""

import hashlib
from typing import Any

import boa
import pytest
from house import HUMAN, MONDAY, ZERO_DIGEST, deployer, key_pair, now, register, travel, travel_to
from treasury import events

CHANNEL = hashlib.sha256(b"telegram:acme_support").digest()
OTHER = hashlib.sha256(b"telegram:acme_help").digest()
NEVER = (0, 0)


@pytest.fixture
def operator() -> str:
    return str(boa.env.generate_address("operator"))


@pytest.fixture
def stranger() -> str:
    return str(boa.env.generate_address("stranger"))


@pytest.fixture
def directory(operator: str) -> Any:
    travel_to(max(now(), MONDAY))
    return deployer("AgentDirectory").deploy(operator)


def record(directory: Any, channel: bytes = CHANNEL) -> tuple[int, ...]:
    """Since when it is official, and from when on not."""
    return tuple(directory.channel(channel))


# ---------------------------------------------------------------- publish_channel


def test_a_published_channel_is_official_at_once(directory: Any, operator: str) -> None:
    directory.publish_channel(CHANNEL, sender=operator)
    assert directory.is_official(CHANNEL) is True
    assert record(directory) == (now(), 0)


def test_a_published_channel_stays_official(directory: Any, operator: str) -> None:
    since = now()
    directory.publish_channel(CHANNEL, sender=operator)
    travel_to(2**40)
    assert directory.is_official(CHANNEL) is True
    assert record(directory) == (since, 0)


def test_publish_logs_the_channel(directory: Any, operator: str) -> None:
    directory.publish_channel(CHANNEL, sender=operator)
    assert events(directory) == [("ChannelPublished", {"channel": CHANNEL, "since": now()})]


def test_publish_makes_no_other_channel_official(directory: Any, operator: str) -> None:
    directory.publish_channel(CHANNEL, sender=operator)
    assert directory.is_official(OTHER) is False
    assert record(directory, OTHER) == NEVER


def test_publish_refuses_zero(directory: Any, operator: str) -> None:
    with boa.reverts("directory: channel is zero"):
        directory.publish_channel(ZERO_DIGEST, sender=operator)
    assert directory.is_official(ZERO_DIGEST) is False
    assert record(directory, ZERO_DIGEST) == NEVER


def test_publish_refuses_a_second_time(directory: Any, operator: str) -> None:
    directory.publish_channel(CHANNEL, sender=operator)
    before = record(directory)
    travel(10)
    with boa.reverts("directory: channel is official"):
        directory.publish_channel(CHANNEL, sender=operator)
    assert record(directory) == before


def test_publish_refuses_everybody_but_the_operator(directory: Any, operator: str, stranger: str) -> None:
    agent = key_pair("agent")
    register(directory, agent, HUMAN, sender=operator)
    for caller in (agent.address, stranger, boa.env.eoa):
        with boa.reverts("ownable: caller is not the owner"):
            directory.publish_channel(CHANNEL, sender=caller)
    assert record(directory) == NEVER


# ---------------------------------------------------------------- revoke_channel


def test_a_revoked_channel_is_not_official_from_that_second_on(directory: Any, operator: str) -> None:
    since = now()
    directory.publish_channel(CHANNEL, sender=operator)
    travel(100)
    directory.revoke_channel(CHANNEL, sender=operator)
    assert directory.is_official(CHANNEL) is False
    assert record(directory) == (since, since + 100)


def test_a_channel_can_be_revoked_in_the_second_of_its_publication(directory: Any, operator: str) -> None:
    directory.publish_channel(CHANNEL, sender=operator)
    directory.revoke_channel(CHANNEL, sender=operator)
    assert directory.is_official(CHANNEL) is False
    assert record(directory) == (now(), now())


def test_revoke_logs_the_second(directory: Any, operator: str) -> None:
    directory.publish_channel(CHANNEL, sender=operator)
    travel(100)
    directory.revoke_channel(CHANNEL, sender=operator)
    assert events(directory) == [("ChannelRevoked", {"channel": CHANNEL, "revoked_at": now()})]


def test_revoke_leaves_other_channels_official(directory: Any, operator: str) -> None:
    directory.publish_channel(CHANNEL, sender=operator)
    directory.publish_channel(OTHER, sender=operator)
    directory.revoke_channel(CHANNEL, sender=operator)
    assert directory.is_official(OTHER) is True


@pytest.mark.parametrize("channel", [CHANNEL, ZERO_DIGEST])
def test_revoke_refuses_what_was_never_official(directory: Any, operator: str, channel: bytes) -> None:
    with boa.reverts("directory: channel is not official"):
        directory.revoke_channel(channel, sender=operator)
    assert record(directory, channel) == NEVER


def test_revoke_refuses_a_second_time(directory: Any, operator: str) -> None:
    directory.publish_channel(CHANNEL, sender=operator)
    directory.revoke_channel(CHANNEL, sender=operator)
    before = record(directory)
    travel(10)
    with boa.reverts("directory: channel is not official"):
        directory.revoke_channel(CHANNEL, sender=operator)
    assert record(directory) == before


def test_revoke_refuses_everybody_but_the_operator(directory: Any, operator: str, stranger: str) -> None:
    directory.publish_channel(CHANNEL, sender=operator)
    before = record(directory)
    agent = key_pair("agent")
    register(directory, agent, HUMAN, sender=operator)
    for caller in (agent.address, stranger, boa.env.eoa):
        with boa.reverts("ownable: caller is not the owner"):
            directory.revoke_channel(CHANNEL, sender=caller)
    assert record(directory) == before


# ---------------------------------------------------------------- published anew


def test_a_revoked_channel_can_be_published_anew(directory: Any, operator: str) -> None:
    directory.publish_channel(CHANNEL, sender=operator)
    directory.revoke_channel(CHANNEL, sender=operator)
    travel(100)
    directory.publish_channel(CHANNEL, sender=operator)
    assert events(directory) == [("ChannelPublished", {"channel": CHANNEL, "since": now()})]
    assert directory.is_official(CHANNEL) is True
    assert record(directory) == (now(), 0)


def test_a_channel_published_anew_can_be_revoked_again(directory: Any, operator: str) -> None:
    for _ in range(2):
        directory.publish_channel(CHANNEL, sender=operator)
        since = now()
        travel(100)
        directory.revoke_channel(CHANNEL, sender=operator)
        assert record(directory) == (since, now())
    assert directory.is_official(CHANNEL) is False


# ---------------------------------------------------------------- whose they are


def test_a_channel_of_one_directory_is_not_anothers(directory: Any, operator: str) -> None:
    other = deployer("AgentDirectory").deploy(operator)
    directory.publish_channel(CHANNEL, sender=operator)
    assert other.is_official(CHANNEL) is False
    assert record(other) == NEVER


def test_channels_pass_to_the_next_operator(directory: Any, operator: str, stranger: str) -> None:
    directory.publish_channel(CHANNEL, sender=operator)
    directory.transfer_ownership(stranger, sender=operator)
    directory.accept_ownership(sender=stranger)
    assert directory.is_official(CHANNEL) is True
    with boa.reverts("ownable: caller is not the owner"):
        directory.revoke_channel(CHANNEL, sender=operator)
    directory.revoke_channel(CHANNEL, sender=stranger)
    assert directory.is_official(CHANNEL) is False


def test_an_unknown_channel_is_not_official(directory: Any) -> None:
    assert directory.is_official(CHANNEL) is False
    assert record(directory) == NEVER
