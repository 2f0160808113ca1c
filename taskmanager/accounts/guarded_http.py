"""Requests to servers that an organization's Admin names: they reach the internet, and nothing of the inner network.

A name is looked up once, each address is judged, and just that address is connected to: another answer of the DNS a
moment later changes nothing. No redirects, no proxies, a limit of size, and one of time for all of it together.
"""

import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from django.conf import settings
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.util.connection import create_connection

# For connecting, and for each piece of the answer; and for all of a request together, however slowly it drips.
STEP_SECONDS = 5
ALL_SECONDS = 10
MAX_SIZE = 512 * 1024
# RFC 6052: addresses of IPv4 as a network without it writes them.
NAT64 = ipaddress.ip_network("64:ff9b::/96")


class Unreachable(Exception):
    """A server didn't answer, or not as it should; `str()` says what, as the end of a sentence about its address."""


def may_be_reached(text: str) -> bool:
    """Whether an IP address is one of the internet, or of OIDC_ALLOWED_CIDRS."""
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if address in NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if address.ipv4_mapped:
            address = address.ipv4_mapped
        elif inner and not may_be_reached(str(inner)):
            return False
    if any(address in network for network in settings.OIDC_ALLOWED_CIDRS):
        return True
    return address.is_global and not address.is_multicast


def guard(session: requests.Session) -> None:
    """Let the session make guarded requests, and no others. They raise Unreachable."""
    session.trust_env = False  # neither a proxy, which would connect for us, nor passwords of a .netrc
    session.adapters.clear()
    session.mount("https://", _Adapter())
    session.mount("http://", _Adapter())


def fetch_json(url: str, *, token: str = "") -> Any:
    """Return the JSON at the address, asked for with the bearer's token where there is one. Raises Unreachable."""
    with requests.Session() as session:
        guard(session)
        headers = {"Accept": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        try:
            response = session.get(url, headers=headers)
        except (requests.RequestException, ValueError) as error:
            raise Unreachable("can’t be asked") from error
    if response.status_code != requests.codes.ok:
        raise Unreachable(f"answers {response.status_code}")
    try:
        return response.json()
    except (ValueError, RecursionError) as error:
        raise Unreachable("doesn’t answer with JSON") from error


class _Time:
    """What is left of the time for a request; at its end the connection is cut, whatever it waits for."""

    def __init__(self, seconds: float) -> None:
        self.ends_at = time.monotonic() + seconds
        self.lines: list[socket.socket] = []
        self.timer = threading.Timer(seconds, self.cut)
        self.timer.daemon = True

    def watch(self, line: socket.socket) -> None:
        # A twin of the connection, since TLS takes the socket itself away.
        self.lines.append(line.dup())
        if self.is_over:
            self.cut()

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self.ends_at

    def cut(self) -> None:
        for line in self.lines:
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self.timer.cancel()
        for line in self.lines:
            line.close()


_time: ContextVar[_Time] = ContextVar("time")


@contextmanager
def _limited_time() -> Iterator[_Time]:
    limit = _Time(ALL_SECONDS)
    token = _time.set(limit)
    limit.timer.start()
    try:
        yield limit
    finally:
        _time.reset(token)
        limit.close()


def _connect(host: str, port: int) -> socket.socket:
    """Return a connection to the first address of the host that may be reached. Raises Unreachable."""
    try:
        found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unreachable("isn’t found: there is no such name") from error
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    allowed = [address for address in addresses if may_be_reached(address)]
    if not allowed:
        raise Unreachable("is in an inner network, which this installation doesn’t let organizations reach")
    limit = _time.get()
    for address in allowed:
        if limit.is_over:
            break
        with suppress(OSError):
            line = create_connection((address, port), STEP_SECONDS)
            limit.watch(line)
            return line
    raise Unreachable("can’t be reached")


class _Plain(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return _connect(self._dns_host, self.port or 80)


class _Secure(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return _connect(self._dns_host, self.port or 443)


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _Secure


class _Adapter(HTTPAdapter):
    """What a session sends by."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _PlainPool, "https": _SecurePool}

    def send(self, request: requests.PreparedRequest, *_args: Any, **_options: Any) -> requests.Response:
        """Return the whole answer, unless it is a redirect. Raises Unreachable."""
        if str(request.url).startswith("https:"):
            # The machine's own authorities count, too: an organization's provider may have a certificate of theirs.
            # Reading them takes 20 ms, so who doesn't need them doesn't.
            self.poolmanager.connection_pool_kw["ssl_context"] = ssl.create_default_context()
        with _limited_time() as limit:
            try:
                response = super().send(request, stream=True, timeout=STEP_SECONDS, verify=True)
                body = self._read(response)
            except requests.Timeout as error:
                raise Unreachable("doesn’t answer in time") from error
            except requests.exceptions.SSLError as error:
                raise Unreachable("has no certificate that this server trusts") from error
            except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
                raise Unreachable("doesn’t answer in time" if limit.is_over else "can’t be reached") from error
            finally:
                self.close()
        if limit.is_over:
            raise Unreachable("doesn’t answer in time")  # what was cut may look like an end
        if response.is_redirect:
            raise Unreachable("answers with a redirect, which isn’t followed")
        response.raw = urllib3.HTTPResponse(BytesIO(body), preload_content=False)
        return response

    @staticmethod
    def _read(response: requests.Response) -> bytes:
        body = b""
        for piece in response.raw.stream(16 * 1024, decode_content=True):
            body += piece
            if len(body) > MAX_SIZE:
                raise Unreachable("answers with more than anybody needs")
        return body


def is_secure_address(url: str) -> bool:
    """Whether it is an address by https, or by http on this machine."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        has_port = parts.port != 0
    except ValueError:
        return False
    is_plain = parts.scheme == "http" and _is_loopback(host)
    is_clean = url.isascii() and url.isprintable() and not set(url) & set(" \"'<>\\^`{|}")
    return has_port and bool(host) and is_clean and not parts.username and (parts.scheme == "https" or is_plain)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
