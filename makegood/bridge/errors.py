# SPDX-License-Identifier: Apache-2.0
"""What goes wrong within the bridge; each is caught within it."""

from __future__ import annotations

from makegood.errors import MakegoodError


class Unreadable(MakegoodError):
    """A delivery does not say what its helpdesk's deliveries say."""


class Untaken(MakegoodError):
    """A message cannot be taken before somebody changes something."""


class RequesterAwaited(MakegoodError):
    """A message's requester still has time to name an address."""


class InboxFull(MakegoodError):
    """More deliveries wait to be stored than may."""


class ApiRefused(MakegoodError):
    """A helpdesk's API gave no usable answer. `final` where asking again cannot change that."""

    def __init__(self, message: str, *, final: bool = False) -> None:
        super().__init__(message)
        self.final = final
