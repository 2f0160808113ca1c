"""A real OpenID provider for the tests, in threads of this process: it signs tokens, and checks what it is sent.

It asks for PKCE, takes a code once, and compares the redirect URI and the client's secret. What it does wrong it is
told to: other claims, another key or algorithm, another description of itself.
"""

import base64
import hashlib
import html
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

import requests
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

CLIENT_ID, CLIENT_SECRET = "taskmanager", "between us & nobody + else"
DISCOVERY = "/.well-known/openid-configuration"


@cache
def key(kid: str) -> RSAKey:
    """Return the key of this name, the same in each test: making one takes time."""
    return RSAKey.generate_key(2048, parameters={"kid": kid})


class Provider:
    """Its people by their `sub`, and what it does wrong."""

    def __init__(self) -> None:
        self.people: dict[str, dict[str, Any]] = {}
        self.port = 0
        self.asked: list[str] = []  # the paths that it was asked for
        self.codes: dict[str, dict[str, Any]] = {}
        self.tokens: dict[str, str] = {}  # access tokens, and whose they are
        self.kid = "first"  # of the key that it signs with
        self.shown = ["first"]  # the keys that it shows
        # What it does wrong
        self.description: dict[str, Any] = {}
        self.claims: dict[str, Any] = {}
        self.header: dict[str, Any] = {}
        self.token = ""  # instead of one that is made
        self.answers: dict[str, tuple[int, dict[str, str], bytes]] = {}  # by path: status, headers, body
        self.thin = False  # whether its tokens hold no more than whose they are
        self.userinfo: dict[str, Any] = {}
        self.lock = threading.Lock()

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def about_itself(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "response_types_supported": ["code"],
            "authorization_response_iss_parameter_supported": True,
            **self.description,
        }

    def sign_in(self, way: str, sub: str) -> str:
        """Go the way that a browser was sent, as this person; return where it is sent back to."""
        response = requests.post(way, data={"sub": sub}, allow_redirects=False, timeout=20)
        assert response.status_code == 302, response.text
        return response.headers["Location"]

    def authorize(self, query: dict[str, str], sub: str) -> str:
        assert query["response_type"] == "code"
        assert "openid" in query["scope"].split()
        assert query["client_id"] == CLIENT_ID
        assert query["code_challenge_method"] == "S256"
        answer = {"state": query["state"], "iss": self.issuer}
        if sub:
            code = secrets.token_urlsafe(16)
            self.codes[code] = {**query, "sub": sub}
            answer["code"] = code
        else:
            answer |= {"error": "access_denied", "error_description": "<b>You said no.</b>"}
        return f"{query['redirect_uri']}?{urlencode(answer)}"

    def exchange(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        if authorization.startswith("Basic "):
            client = base64.b64decode(authorization[6:]).decode().partition(":")[::2]
        else:
            client = (form.get("client_id", ""), form.get("client_secret", ""))
        if client != (CLIENT_ID, CLIENT_SECRET):
            return 401, {"error": "invalid_client"}
        with self.lock:
            begun = self.codes.pop(form.get("code", ""), None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if (
            begun is None
            or begun["redirect_uri"] != form.get("redirect_uri")
            or begun["code_challenge"] != challenge.decode().rstrip("=")
        ):
            return 400, {"error": "invalid_grant"}
        access_token = secrets.token_urlsafe(16)
        self.tokens[access_token] = begun["sub"]
        token = self.token or self.sign(begun["sub"], begun["nonce"])
        return 200, {"access_token": access_token, "token_type": "Bearer", "expires_in": 300, "id_token": token}

    def sign(self, sub: str, nonce: str) -> str:
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT_ID, "sub": sub, "nonce": nonce, "iat": now, "exp": now + 300}
        claims |= {} if self.thin else self.people[sub]
        claims = {name: value for name, value in {**claims, **self.claims}.items() if value is not ...}
        header = {"alg": "RS256", "kid": self.kid, **self.header}
        if header["alg"] == "none":
            parts = (json.dumps(part).encode() for part in (header, claims))
            return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts) + "."
        if header["alg"] == "HS256":
            # The classic: what everybody knows, the public key or the client's secret, as the key of a signature.
            return jwt.encode(header, claims, OctKey.import_key(CLIENT_SECRET), algorithms=["HS256"])
        return jwt.encode(header, claims, key(self.kid), algorithms=[header["alg"]])


class _Handler(BaseHTTPRequestHandler):
    provider: Provider
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments: Any) -> None:
        pass

    def do_GET(self) -> None:
        self._serve({})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        self._serve({name: values[0] for name, values in parse_qs(body, keep_blank_values=True).items()})

    def _serve(self, form: dict[str, str]) -> None:
        provider, parts = self.provider, urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        provider.asked.append(parts.path)
        if parts.path in provider.answers:
            status, headers, body = provider.answers[parts.path]
            self._send(status, body, **headers)
        elif parts.path == DISCOVERY:
            self._json(200, provider.about_itself())
        elif parts.path == "/keys":
            self._json(200, {"keys": [key(kid).as_dict(private=False) for kid in provider.shown]})
        elif parts.path == "/authorize" and self.command == "POST":
            self._send(302, b"", Location=provider.authorize(query, form["sub"]))
        elif parts.path == "/authorize":
            self._send(200, self._choice().encode(), **{"Content-Type": "text/html"})
        elif parts.path == "/token":
            self._json(*provider.exchange(form, self.headers.get("Authorization", "")))
        elif parts.path == "/userinfo":
            sub = provider.tokens[self.headers["Authorization"].removeprefix("Bearer ")]
            self._json(200, {"sub": sub, **provider.people[sub], **provider.userinfo})
        else:
            self._json(404, {"error": unquote(parts.path)})

    def _choice(self) -> str:
        people = "".join(
            f'<button name="sub" value="{html.escape(sub)}">Go on as {html.escape(sub)}</button>'
            for sub in self.provider.people
        )
        return (
            '<!doctype html><html lang="en"><title>Example ID</title><link rel="icon" href="data:,"><h1>Example ID</h1>'
            f'<form method="post">{people}<button name="sub" value="">Say no</button></form></html>'
        )

    def _json(self, status: int, content: Any) -> None:
        self._send(status, json.dumps(content).encode(), **{"Content-Type": "application/json"})

    def _send(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), "Connection": "close", **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def serving() -> Iterator[Provider]:
    provider = Provider()
    handler = type("Handler", (_Handler,), {"provider": provider})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        provider.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield provider
        finally:
            server.shutdown()
            thread.join()
