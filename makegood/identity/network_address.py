# SPDX-License-Identifier: Apache-2.0
"""IP addresses: which of them lead to the public internet, and looking them up."""

import ipaddress
import subprocess
import sys

from makegood.errors import SignatureRefused
from makegood.identity.public_key import shown

_LOOKUP = (
    "import socket, sys\n"
    "for one in sorted({a[4][0] for a in socket.getaddrinfo(sys.argv[1], None, type=socket.SOCK_STREAM)}):\n"
    "    print(one)"
)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def is_public(text: str) -> bool:
    """Whether an address is one of the public internet; an IPv4 address within IPv6 counts as itself."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo and address.teredo[1])
        if inner is None and address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        # ::a.b.c.d, as some systems still read it; :: and ::1 among them.
        if inner is None and int(address) < 2**32:
            return False
        if inner:
            return is_public(str(inner))
        if address.is_site_local or address.scope_id:
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def look_up(host: str, seconds: float) -> list[str]:
    """The addresses of a host. Raises SignatureRefused where there are none or it takes longer.

    It runs in a process that can be ended, since the system's lookup has no time limit of its own.
    """
    try:
        found = subprocess.run(
            [sys.executable, "-I", "-S", "-c", _LOOKUP, host],
            capture_output=True,
            text=True,
            timeout=seconds,
            check=True,
        )
    except (subprocess.SubprocessError, OSError):
        raise SignatureRefused(
            f"The host {shown(host)} has no address, or it was not found in time.", hint="Try again later."
        ) from None
    return found.stdout.split()
