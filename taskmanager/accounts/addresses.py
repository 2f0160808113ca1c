"""Where a request came from."""

import ipaddress


def known_address(text: str) -> str:
    """Return the IP address, "" for what is none: a server that listens on a socket knows nothing of its clients."""
    try:
        # The zone of a link-local address, after "%", means nothing on another machine, and nothing to PostgreSQL.
        return str(ipaddress.ip_address(text.partition("%")[0]))
    except ValueError:
        return ""
