# SPDX-License-Identifier: Apache-2.0
"""Which addresses are public: a user's URL must not lead into the network that the plugin runs in."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

_NAT64: Final = ip_network("64:ff9b::/96")
_LOW_32_BITS: Final = 0xFFFF_FFFF


def is_public(address: str) -> bool:
    """True for an address on the internet; also looks at the IPv4 address that an IPv6 one may carry."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return all(one.is_global and not one.is_multicast for one in _within(found))


def may_be_public(host: str) -> bool:
    """As `is_public`, but True for a name, which only the proxy that is asked for it can look up."""
    try:
        ip_address(host)
    except ValueError:
        return host != "localhost"
    return is_public(host)


def _within(address: IPv4Address | IPv6Address) -> list[IPv4Address | IPv6Address]:
    if isinstance(address, IPv4Address):
        return [address]
    if address.ipv4_mapped is not None:
        return [address.ipv4_mapped]
    if address in _NAT64:
        return [IPv4Address(int(address) & _LOW_32_BITS)]
    if address.sixtofour is not None:
        return [address, address.sixtofour]
    if address.teredo is not None:
        return [address, *address.teredo]
    return [address]
