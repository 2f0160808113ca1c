"""The documents: what they name is there."""

import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize("document", ["docs/security.md"])
def test_every_file_that_is_named_is_there(document):
    named = set(re.findall(r"`((?:taskmanager|tests|docs)/[\w/.-]+|\w+\.(?:py|toml))`", (ROOT / document).read_text()))
    assert len(named) > 20
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []


def test_every_variable_that_the_example_names_is_explained():
    names = re.findall(r"(?m)^# ([A-Z][A-Z_0-9]+)=", (ROOT / ".env.example").read_text())
    explained = set(re.findall(r"`([A-Z][A-Z_0-9]+)`", (ROOT / "README.md").read_text()))
    assert len(names) > 30
    assert [name for name in names if name not in explained] == []


OPERATIONS = [ROOT / "docs/operations.md", *sorted((ROOT / "docs/operations").glob("*.md"))]


def headings(path):
    return {
        re.sub(r"[^\w -]", "", each).lower().replace(" ", "-")
        for each in re.findall(r"(?m)^#+ (.+)$", path.read_text())
    }


@pytest.mark.parametrize("page", OPERATIONS, ids=lambda page: page.name)
def test_what_operators_are_told_is_there(page):
    text = page.read_text()
    named = set(re.findall(r"(?:deploy|\.github)/[\w/.-]*\w|compose[\w.]*\.yaml", text))
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []
    for target, heading in re.findall(r"\]\(([\w./-]*)(?:#([\w-]+))?\)", text):
        there = (page.parent / target).resolve() if target else page
        assert there.exists(), target
        assert not heading or heading in headings(there), heading


def test_every_page_for_operators_is_found_from_the_first():
    text = OPERATIONS[0].read_text()
    assert [page.name for page in OPERATIONS[1:] if f"](operations/{page.name})" not in text] == []
