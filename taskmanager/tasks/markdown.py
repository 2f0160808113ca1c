"""Markdown as safe HTML, with links for references and mentions."""

import hashlib
import re
from collections.abc import Collection, Sequence
from urllib.parse import quote

import nh3
from django.core.cache import cache
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from taskmanager.accounts.models import Organization, User
from taskmanager.tasks.models import PROJECT_KEY, Project

LINKABLE = re.compile(
    rf"(?<![\w/@-])(?:(?P<reference>{PROJECT_KEY}-[1-9]\d{{0,8}})|@(?P<username>[A-Za-z0-9_.+-]+))(?![\w-])"
)
TAGS = {
    "a", "blockquote", "br", "code", "del", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre",
    "s", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}
CACHE_SECONDS = 24 * 3600


def render(text: str, *, organization: Organization, keys: Collection[str] | None = None) -> SafeString:
    """Return the text as HTML that is safe to show: raw HTML is escaped, and the result sanitized.

    References of the organization's projects and mentions of its people become links. `keys` are those of the
    projects, where they are known already.
    """
    return render_all([text], organization=organization, keys=keys)[0]


def render_all(
    texts: Sequence[str], *, organization: Organization, keys: Collection[str] | None = None
) -> list[SafeString]:
    """Return each text as HTML, as `render` does, with at most two queries for all of them.

    `keys_of` gives the keys of the organization's projects to whoever has read them already.
    The results are cached under the organization and everything that they depend on, so that none is stale or
    another's.
    """
    named = {text: _named(text) for text in texts if text.strip()}
    if not any(references for references, _names in named.values()):
        keys = ()
    elif keys is None:
        keys = _project_keys(organization)
    names = set[str]().union(*(names for _references, names in named.values()))
    usernames = _usernames(organization, names) if names else {}
    known = {
        text: (keys if references else (), {name: usernames[name] for name in names & usernames.keys()})
        for text, (references, names) in named.items()
    }
    places = {text: _cache_key(organization, text, *of_text) for text, of_text in known.items()}
    html: dict[str, str] = cache.get_many(places.values()) if places else {}
    fresh = {places[text]: _to_html(text, *of_text) for text, of_text in known.items() if places[text] not in html}
    if fresh:
        cache.set_many(fresh, CACHE_SECONDS)
        html |= fresh
    return [mark_safe(html[places[text]] if text in places else "") for text in texts]  # noqa: S308 (sanitized below)


def mentions(text: str) -> set[str]:
    """Return the people whom the text seems to name where that becomes a link, in lower case."""
    if "@" not in text:
        return set()
    tokens = [child for block in _parser().parse(text) for child in block.children or []]
    names: set[str] = set()
    depth = 0
    for token in tokens:
        depth += {"link_open": 1, "link_close": -1}.get(token.type, 0)
        if token.type == "text" and depth == 0:
            names |= _named(token.content)[1]
    return names


def _named(text: str) -> tuple[bool, set[str]]:
    """Return whether the text seems to name tasks, and the people it seems to name, in lower case."""
    matches = list(LINKABLE.finditer(text))
    names = {match["username"].rstrip(".").lower() for match in matches if match["username"]}
    return any(match["reference"] for match in matches), names


def _project_keys(organization: Organization) -> set[str]:
    return set(Project.objects.of(organization).values_list("key", flat=True))


def _usernames(organization: Organization, names: Collection[str]) -> dict[str, str]:
    """Return those of the lower-case names that are people's, each with its spelling."""
    people = User.objects.of(organization).with_usernames(names)
    return {name.lower(): name for name in people.values_list("username", flat=True)}


def _cache_key(organization: Organization, text: str, keys: Collection[str], usernames: dict[str, str]) -> str:
    parts = [text, *sorted(keys), "", *sorted(usernames.values())]
    digest = hashlib.sha256("\0".join(parts).encode()).hexdigest()
    return f"markdown:{organization.pk}:{digest}"


def _parser() -> MarkdownIt:
    return MarkdownIt("gfm-like", {"html": False, "breaks": True, "linkify": True}).disable("image")


def _to_html(text: str, keys: Collection[str], usernames: dict[str, str]) -> str:
    parser = _parser()

    def link(state: StateCore) -> None:
        for block in state.tokens:
            if block.type == "inline" and block.children:
                block.children = _linked(block.children, keys, usernames)

    parser.core.ruler.push("references_and_mentions", link)
    return nh3.clean(
        parser.render(text),
        tags=TAGS,
        attributes=ATTRIBUTES,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    )


def _linked(tokens: list[Token], keys: Collection[str], usernames: dict[str, str]) -> list[Token]:
    """Return the tokens with links for the references and mentions in their text, outside of other links."""
    result: list[Token] = []
    depth = 0
    for token in tokens:
        depth += {"link_open": 1, "link_close": -1}.get(token.type, 0)
        if token.type == "text" and depth == 0:
            result.extend(_split(token, keys, usernames))
        else:
            result.append(token)
    return result


def _split(token: Token, keys: Collection[str], usernames: dict[str, str]) -> list[Token]:
    parts: list[Token] = []
    end = 0
    for match in LINKABLE.finditer(token.content):
        shown = match[0]
        if match["reference"]:
            known = match["reference"].rpartition("-")[0] in keys
            address = f"/t/{match['reference']}/"
        else:
            shown = shown.rstrip(".")
            username = usernames.get(shown[1:].lower(), "")
            known = bool(username)
            address = f"/accounts/people/{quote(username)}/"
        if not known:
            continue
        parts += [_text(token.content[end : match.start()]), Token("link_open", "a", 1, {"href": address})]
        parts += [_text(shown), Token("link_close", "a", -1)]
        end = match.start() + len(shown)
    return [*parts, _text(token.content[end:])]


def _text(content: str) -> Token:
    return Token("text", "", 0, content=content)
