# SPDX-License-Identifier: Apache-2.0
"""What a command has to hand that connects to nothing."""

from dataclasses import dataclass

from makegood.console.accounts import ApeSigner, address_of, signer_of
from makegood.console.output import Output

# Ids that development chains have and no public one: 31337 of anvil and Hardhat, 1337 of geth.
_DEVELOPMENT = (1_337, 31_337)


@dataclass(frozen=True)
class UnseenChain:
    """A chain of which only the id is known, from a file."""

    chain_id: int

    @property
    def title(self) -> str:
        """As in `Place`."""
        return f"chain {self.chain_id}"

    @property
    def local(self) -> bool:
        """As in `Place`: by the id alone."""
        return self.chain_id in _DEVELOPMENT


@dataclass(frozen=True)
class Offline:
    """A run without a chain; the fields are as in `Run`."""

    output: Output
    role: str
    account_name: str | None = None
    yes: bool = False
    dry_run: bool = False

    def signer(self, chain_id: int) -> ApeSigner:
        """Who signs for this chain."""
        return signer_of(UnseenChain(chain_id), self.account_name, self.role)

    def address(self, text: str, chain_id: int) -> str:
        """The address that an argument means on this chain."""
        return address_of(UnseenChain(chain_id), text)
