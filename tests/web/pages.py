"""What a browser makes of a page: its elements, its forms with what is filled in, and its errors."""

from html.parser import HTMLParser
from typing import Any

HTMX = {"HX-Request": "true"}
JSON = {"Accept": "application/json"}
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"}


class Page(HTMLParser):
    """A parsed page.

    `elements` are pairs of tag and attributes; `values` is what the controls hold, by name;
    `errors` are the sentences beside the fields, by the field's name, and, under "", of the whole form.
    """

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.values: dict[str, str] = {}
        self.options: dict[str, list[str]] = {}
        self.errors: dict[str, list[str]] = {}
        self.text = ""
        self._open: list[tuple[str, dict[str, str]]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.elements.append((tag, values))
        if tag not in VOID:
            self._open.append((tag, values))
        name = values.get("name", "")
        if tag == "input" and name:
            self.values[name] = values.get("value", "")
        elif tag == "textarea":
            self.values[name] = ""
        elif tag == "select":
            self.options[name] = []
        elif tag == "option":
            name = self._inside("select").get("name", "")
            self.options[name].append(values.get("value", ""))
            if "selected" in values or name not in self.values:
                self.values[name] = values.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        assert self._open, f"</{tag}> closes nothing"
        assert self._open[-1][0] == tag, f"</{tag}> closes <{self._open[-1][0]}>"
        self._open.pop()

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_data(self, data: str) -> None:
        if any(tag in {"script", "style", "template", "svg"} for tag, _values in self._open):
            return
        self.text += data
        if area := self._inside("textarea"):
            # HTML drops the line break right after the tag.
            self.values[area["name"]] = (self.values[area["name"]] + data).removeprefix("\n")
        errors = self._inside("ul", "errorlist")
        if errors and data.strip():
            field = errors.get("id", "").removeprefix("id_").removesuffix("_error")
            self.errors.setdefault(field, []).append(data.strip())
        elif self._inside("div", "notice-error") and data.strip():
            self.errors.setdefault("", []).append(data.strip())

    def close(self) -> None:
        super().close()
        assert not self._open, f"never closed: {[tag for tag, _values in self._open]}"

    def _inside(self, tag: str, css_class: str = "") -> dict[str, str]:
        for name, values in reversed(self._open):
            if name == tag and (not css_class or css_class in values.get("class", "").split()):
                return values
        return {}

    def addresses(self, tag: str = "a") -> list[str]:
        """Return where the elements point to."""
        key = {"form": "action"}.get(tag, "href")
        return [values[key] for name, values in self.elements if name == tag and key in values]

    def has(self, tag: str, **wanted: str) -> bool:
        """Whether there is such an element with these attributes; `class_` holds one of its classes."""
        css_class = wanted.pop("class_", "")
        return any(
            name == tag
            and all(values.get(key) == value for key, value in wanted.items())
            and (not css_class or css_class in values.get("class", "").split())
            for name, values in self.elements
        )


def page(response: Any) -> Page:
    """Parse the page or fragment of an answer."""
    return Page(response.content.decode())


def sentence(response: Any) -> str:
    """Return the text of the page with its white space folded."""
    return " ".join(page(response).text.split())


def body(response: Any) -> bytes:
    """Return what is sent; that of a file is read from it, and the file is closed."""
    return b"".join(response)
