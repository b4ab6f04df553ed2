# SPDX-License-Identifier: Apache-2.0
"""Official channels: the sites, handles and addresses of mail that the operator says are the desk's."""

from makegood.channels import Channel, parse
from makegood.console import words
from makegood.console.run import Run


def publish_channel(run: Run, text: str, kind: str | None) -> None:
    """Say that a channel is the desk's from now on."""
    channel = parse(text, kind)
    call = run.desk.directory.publish_channel(channel.digest)
    if run.act(f"publish {channel.canonical} as official", call) is not None:
        _tell(run, channel)


def revoke_channel(run: Run, text: str, kind: str | None) -> None:
    """Say that a channel is no longer the desk's, at once."""
    channel = parse(text, kind)
    call = run.desk.directory.revoke_channel(channel.digest)
    if run.act(f"revoke {channel.canonical}", call) is not None:
        _tell(run, channel)


def _tell(run: Run, channel: Channel) -> None:
    found = run.desk.directory.channel(channel.digest)
    digest = "0x" + channel.digest.hex()
    rows = [("channel", channel.canonical), ("digest", digest)]
    rows.append(("official since", words.moment(found.since, run.chain.now())))
    if found.revoked_at:
        rows.append(("revoked", words.moment(found.revoked_at, run.chain.now())))
    run.done(
        {
            "channel": channel.canonical,
            "digest": digest,
            "official": found.revoked_at == 0,
            "since": words.iso(found.since),
            "revoked_at": words.iso(found.revoked_at) if found.revoked_at else None,
        },
        rows,
    )
