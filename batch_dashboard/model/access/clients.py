"""The network of a client's address, for which failed attempts are counted."""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

# The smallest network that a provider gives to one customer, who can use every address of it.
IPV6_PREFIX_BITS = 64


def network_of(address: str) -> str:
    """An IPv4 address itself, of an IPv6 address its /64 network; other text stays as it is."""
    try:
        parsed: IPv4Address | IPv6Address = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(IPv6Network((int(parsed), IPV6_PREFIX_BITS), strict=False))
    return str(parsed)
