# SPDX-License-Identifier: Apache-2.0
"""Why a bundle does not open or is not made."""

from makegood.errors import UsageError, VerificationFailed


class NotSealedForYou(UsageError):
    """None of the identities is a recipient's."""


class BundleDamaged(VerificationFailed):
    """The bundle is not as it was sealed, or is no bundle."""


class BundleTooLarge(UsageError):
    """More files or bytes than a bundle may have."""
