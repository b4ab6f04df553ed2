# SPDX-License-Identifier: Apache-2.0
"""What an index follows, and how: options of `makegood index`, or the section [index] of a file."""

from __future__ import annotations

from dataclasses import dataclass

from makegood import settings as files


@dataclass(frozen=True)
class Settings:
    """Of one index. All desks of the `factories` are followed, and the `desks`; `interval` is in seconds.

    Leaves are fetched from this machine and its networks too with `private_leaves`, and those at `ipfs://`
    addresses from the `gateway`.
    """

    factories: tuple[str, ...] = ()
    desks: tuple[str, ...] = ()
    from_block: int = 0
    interval: float = 1.0
    leaves: bool = True
    private_leaves: bool = False
    gateway: str | None = None

    @classmethod
    def of(cls, given: files.Settings) -> Settings:
        """Read the section. Raises UsageError with its key for the first that cannot be used."""
        table = given.table("index")
        table.secret("url", "")  # read with the whole file
        made = cls(
            factories=table.addresses("factories"),
            desks=(given.chain.desk,),
            from_block=table.integer("from_block", 0),
            interval=table.number("interval", 1.0, least=0.1),
            leaves=table.flag("leaves", True),
            private_leaves=table.flag("private_leaves", False),
            gateway=table.url("gateway") or None,
        )
        table.done()
        return made
