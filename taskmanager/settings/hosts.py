"""Networks among the ALLOWED_HOSTS: probes and scrapers call a server by an address that nobody knows beforehand."""

import ipaddress
from contextlib import suppress
from typing import Self


class Network(str):
    """A network as a pattern of ALLOWED_HOSTS: it stands for every host that is an address in it.

    Django asks of each pattern whether it, in lower case, is the host, from which it has cut the port; a host that is
    malformed never comes so far. Where a later Django asks in another way, no address matches: that fails closed.
    """

    __slots__ = ("network",)

    network: ipaddress.IPv4Network | ipaddress.IPv6Network

    def __new__(cls, network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> Self:
        """Make the pattern, which reads like the network: 10.0.0.0/8."""
        pattern = super().__new__(cls, network)
        pattern.network = network
        return pattern

    def __eq__(self, other: object) -> bool:
        """Whether the other is an address in the network, an IPv6 one in brackets, or the same network."""
        if isinstance(other, Network):
            return self.network == other.network
        if isinstance(other, str):
            # Only what is written as addresses are: no 2130706433, 0x7f.1 or 010.0.0.1, and no name.
            with suppress(ValueError):
                return ipaddress.ip_address(_without_brackets(other)) in self.network
        return False

    def __ne__(self, other: object) -> bool:
        """Whether it doesn't equal: a string has an answer of its own."""
        return not self == other

    __hash__ = str.__hash__

    def lower(self) -> "Network":
        """Return the pattern, which has no letters that matter."""
        return self


def _without_brackets(host: str) -> str:
    return host[1:-1] if host.startswith("[") and host.endswith("]") else host
