"""OpenID Connect with an organization's provider: what it offers, the way there, and who came back.

Authlib makes the requests and checks the claims, joserfc the signatures; every request to the provider is a guarded
one. See OpenID Connect Core 1.0 §3.1, Discovery 1.0 §4 and RFC 9700 (what of OAuth 2.0 is safe today).

Imported where a provider is asked: with its libraries this module takes 13 MB, and most installations have no provider.
"""

import hashlib
from dataclasses import asdict
from typing import Any

import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from django.core.cache import cache
from joserfc import jwt
from joserfc.errors import BadSignatureError, InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from taskmanager.accounts.guarded_http import Unreachable, fetch_json, guard, is_secure_address
from taskmanager.accounts.providers import DISCOVERY, Attempt, Client, NotProven, Provider, ProviderProblem
from taskmanager.errors import DomainError

# Only what the provider alone can sign: with HS256 whoever has the client secret could, with "none" everybody.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA")
SCOPE = "openid email profile"
# How far the provider's clock may be from ours.
LEEWAY_SECONDS = 60
CACHED_SECONDS = 600
# How many keys of a provider are looked at.
MAX_KEYS = 50


def discover(issuer: str, *, fresh: bool = False) -> Provider:
    """Return what the provider says of itself, kept for some minutes unless it shall be `fresh`.

    Raises ProviderProblem with a sentence for whoever typed the address.
    """
    key = _key("provider", issuer)
    known = None if fresh else cache.get(key)
    if known:
        return Provider(**known)
    provider = _read(issuer)
    cache.set(key, asdict(provider), CACHED_SECONDS)
    return provider


def _read(issuer: str) -> Provider:
    if not is_secure_address(issuer):
        raise ProviderProblem("The address of the provider must begin with https://.")
    place = issuer.rstrip("/") + DISCOVERY
    try:
        document = fetch_json(place)
    except Unreachable as error:
        raise ProviderProblem(f"The provider at {place} {error}.") from error
    if not isinstance(document, dict) or not isinstance(document.get("issuer"), str):
        raise ProviderProblem(f"What {place} answers describes no OpenID provider.")
    if document["issuer"] != issuer:
        itself = document["issuer"][:300]
        raise ProviderProblem(f"The provider calls itself “{itself}”. The issuer has to be that, to the last slash.")
    algorithms = tuple(each for each in ALGORITHMS if each in _names(document, "id_token_signing_alg_values_supported"))
    if not algorithms:
        raise ProviderProblem("The provider signs its tokens by no method that is safe, such as RS256 or ES256.")
    # A provider that doesn't tell takes the header (Discovery 1.0, §3).
    methods = _names(document, "token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    if not {"client_secret_basic", "client_secret_post"}.intersection(methods):
        raise ProviderProblem("The provider takes no client secret, by which alone we can prove that it is us.")
    return Provider(
        issuer=issuer,
        authorization_endpoint=_endpoint(document, "authorization_endpoint"),
        token_endpoint=_endpoint(document, "token_endpoint"),
        jwks_uri=_endpoint(document, "jwks_uri"),
        userinfo_endpoint=_endpoint(document, "userinfo_endpoint") if document.get("userinfo_endpoint") else "",
        # In a form every secret is written the same way; in a header, servers don't agree on some characters.
        secret_by_post="client_secret_post" in methods,
        algorithms=algorithms,
        names_itself=document.get("authorization_response_iss_parameter_supported") is True,
    )


def _endpoint(document: dict[str, Any], name: str) -> str:
    url = document.get(name)
    if not isinstance(url, str):
        raise ProviderProblem(f"The provider doesn’t tell its {name}.")
    if not is_secure_address(url):
        raise ProviderProblem(f"The provider’s {name} is no address that begins with https://.")
    return url


def _names(document: dict[str, Any], name: str) -> list[str]:
    found = document.get(name)
    return [each for each in found if isinstance(each, str)] if isinstance(found, list) else []


def authorization_url(provider: Provider, client: Client, attempt: Attempt) -> str:
    """Return the address at the provider where the browser has to go."""
    with _session(provider, client) as session:
        url, _state = session.create_authorization_url(
            provider.authorization_endpoint, state=attempt.state, nonce=attempt.nonce, code_verifier=attempt.verifier
        )
    return str(url)


def fetch_claims(
    provider: Provider, client: Client, attempt: Attempt, *, code: str, wanted: tuple[str, ...]
) -> dict[str, Any]:
    """Return what the provider says of who came back with the code: the claims of its token, all checked.

    Where one of the `wanted` isn't in the token, the provider is asked for it. Raises ProviderProblem, NotProven.
    """
    with _session(provider, client) as session:
        try:
            answer = session.fetch_token(
                provider.token_endpoint,
                grant_type="authorization_code",
                code=code,
                code_verifier=attempt.verifier,
                redirect_uri=client.redirect_uri,
            )
        except OAuthError as error:
            raise _refused_code(error) from error
        except Unreachable as error:
            raise ProviderProblem(f"Your organization’s provider {error}.") from error
        except (requests.RequestException, ValueError, TypeError, AttributeError, RecursionError) as error:
            raise ProviderProblem("Your organization’s provider answers with no token.") from error
    token, access_token = answer.get("id_token"), answer.get("access_token")
    if not isinstance(token, str):
        raise NotProven("no_id_token")
    access_token = access_token if isinstance(access_token, str) else ""
    claims = check_token(provider, client, token, nonce=attempt.nonce, access_token=access_token)
    if provider.userinfo_endpoint and access_token and any(name not in claims for name in wanted):
        claims = {**_userinfo(provider, access_token, claims), **claims}
    return claims


def _refused_code(error: OAuthError) -> DomainError:
    if error.error in {"invalid_client", "unauthorized_client"}:
        return ProviderProblem(
            "Your organization’s provider doesn’t take our client ID and secret. An Admin has to give them again."
        )
    return NotProven("code_refused", "Your organization’s provider didn’t confirm the sign-in. Begin again.")


def check_token(provider: Provider, client: Client, token: str, *, nonce: str, access_token: str) -> dict[str, Any]:
    """Return the claims of an ID token of the provider, for us, of this attempt. Raises NotProven, ProviderProblem."""
    try:
        decoded = _decode(provider, token)
        audience = {"essential": True, "value": client.client_id}
        options: Any = {
            "iss": {"essential": True, "value": provider.issuer},
            "aud": audience,
            "sub": {"essential": True},
        }
        params = {"nonce": nonce, "client_id": client.client_id, "access_token": access_token}
        CodeIDToken(decoded.claims, decoded.header, options, params).validate(leeway=LEEWAY_SECONDS)
    except JoseError as error:
        claim = getattr(error, "claim", "")
        raise NotProven(f"{error.error}_{claim}".strip("_")[:60]) from error
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise NotProven("malformed_token") from error
    subject = decoded.claims["sub"]
    if not isinstance(subject, str) or not 0 < len(subject) <= 255 or not subject.isprintable():
        raise NotProven("malformed_sub")
    return dict(decoded.claims)


def _decode(provider: Provider, token: str) -> jwt.Token:
    try:
        return jwt.decode(token, _keys(provider), algorithms=list(provider.algorithms))
    except (InvalidKeyIdError, BadSignatureError):
        # Providers change their keys: once, they are asked for the new ones.
        return jwt.decode(token, _keys(provider, fresh=True), algorithms=list(provider.algorithms))


def _keys(provider: Provider, *, fresh: bool = False) -> KeySet:
    """Return the public keys that the provider signs with. Raises ProviderProblem."""
    key = _key("keys", provider.issuer, provider.jwks_uri)
    document = None if fresh else cache.get(key)
    if document is None:
        try:
            document = fetch_json(provider.jwks_uri)
        except Unreachable as error:
            raise ProviderProblem(f"The place of your organization’s provider’s keys {error}.") from error
    found = document.get("keys") if isinstance(document, dict) else None
    # Not what it encrypts with, and no secret ones, which have no business there.
    usable = [
        each
        for each in (found if isinstance(found, list) else [])[:MAX_KEYS]
        if isinstance(each, dict) and each.get("kty") in {"RSA", "EC", "OKP"} and each.get("use", "sig") == "sig"
    ]
    try:
        keys = KeySet.import_key_set({"keys": usable})
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise ProviderProblem("Your organization’s provider shows no keys that can be read.") from error
    cache.set(key, {"keys": usable}, CACHED_SECONDS)
    return keys


def _userinfo(provider: Provider, access_token: str, claims: dict[str, Any]) -> dict[str, Any]:
    """Return what the provider tells beside its token, of the same account. Raises ProviderProblem, NotProven."""
    try:
        found = fetch_json(provider.userinfo_endpoint, token=access_token)
    except Unreachable as error:
        raise ProviderProblem(f"The provider’s page about its people {error}.") from error
    if not isinstance(found, dict) or found.get("sub") != claims["sub"]:
        raise NotProven("userinfo_of_somebody_else")
    return found


def _session(provider: Provider, client: Client) -> Any:
    session = OAuth2Session(
        client.client_id,
        client.secret,
        token_endpoint_auth_method="client_secret_post" if provider.secret_by_post else "client_secret_basic",
        scope=SCOPE,
        redirect_uri=client.redirect_uri,
        code_challenge_method="S256",
    )
    guard(session)
    return session


def _key(kind: str, *parts: str) -> str:
    return f"oidc-{kind}:{hashlib.sha256(' '.join(parts).encode()).hexdigest()}"
