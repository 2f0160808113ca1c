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


def test_what_operators_are_told_is_there():
    text = (ROOT / "docs/operations.md").read_text()
    named = set(re.findall(r"(?:deploy|\.github)/[\w/.-]*\w|compose[\w.]*\.yaml", text))
    assert len(named) >= 8
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []
    headings = {re.sub(r"[^\w -]", "", each).lower().replace(" ", "-") for each in re.findall(r"(?m)^#+ (.+)$", text)}
    linked = set(re.findall(r"\]\(#([\w-]+)\)", text))
    assert linked - headings == set()
