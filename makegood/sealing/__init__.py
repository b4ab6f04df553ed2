# SPDX-License-Identifier: Apache-2.0
"""Evidence for arbiters' eyes: files in one bundle, encrypted with age to X25519 keys.

Inside is a tar archive of one form only: ustar, plain files sorted by name, mode 600, owner, group and time
zero. So the same files give the same archive, and `age -d -i KEY BUNDLE | tar x` opens it without this
package. The encryption is fresh each time. A commitment is to the plaintext: `digests` says what to compare
with it.

Limits: 1 to 64 files, 64 MiB (67,108,864 bytes) of contents in all, 1 to 32 recipients, names of 1 to 100
bytes of UTF-8. age and this tar do not compress, so what is inside is never larger than the bundle. Nothing
here logs, and no error repeats contents or a secret key. The format is age-encryption.org/v1.
"""

from makegood.errors import BundleDamaged, BundleTooLarge, NotSealedForYou
from makegood.sealing.age import is_recipient
from makegood.sealing.archive import CONTENTS_MAX, FILES_MAX, NAME_MAX
from makegood.sealing.bundle import BUNDLE_MAX, RECIPIENTS_MAX, is_sealed, read_bundle, seal, unseal
from makegood.sealing.digests import Digests, digests
from makegood.sealing.identity import Identity, new_identity, read_identities
from makegood.sealing.recipients import read_recipients

__all__ = [
    "BUNDLE_MAX",
    "CONTENTS_MAX",
    "FILES_MAX",
    "NAME_MAX",
    "RECIPIENTS_MAX",
    "BundleDamaged",
    "BundleTooLarge",
    "Digests",
    "Identity",
    "NotSealedForYou",
    "digests",
    "is_recipient",
    "is_sealed",
    "new_identity",
    "read_bundle",
    "read_identities",
    "read_recipients",
    "seal",
    "unseal",
]
