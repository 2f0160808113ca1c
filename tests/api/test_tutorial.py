"""docs/api.md, as somebody who follows it: every command is run, and what it says of the answers is true."""

import json
import re
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from taskmanager.accounts import services as accounts
from taskmanager.accounts.models import Scope
from tests.conftest import PASSWORD

TUTORIAL = Path(__file__).resolve().parents[2] / "docs" / "api.md"
BLOCK = re.compile(r"^```(sh|json|http)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
END = "— the next block —"
ANYTHING = "…"


def blocks() -> list[tuple[str, list[tuple[str, str]]]]:
    """Return each block of commands with the blocks of answers that follow it."""
    found: list[tuple[str, list[tuple[str, str]]]] = []
    for kind, text in BLOCK.findall(TUTORIAL.read_text()):
        if kind == "sh":
            found.append((text, []))
        else:
            found[-1][1].append((kind, text))
    return found


def values(text: str) -> list[Any]:
    """Return the JSON values that stand in the text, one after the other, whatever else does."""
    found, place = [], 0
    decoder = json.JSONDecoder()
    while (start := text.find("{", place)) >= 0:
        value, place = decoder.raw_decode(text, start)
        found.append(value)
    return found


def fits(said: Any, given: Any) -> bool:
    """Whether the answer is what the page says: it may have more fields, and … stands for anything."""
    if isinstance(said, dict):
        return isinstance(given, dict) and all(key in given and fits(each, given[key]) for key, each in said.items())
    if isinstance(said, list):
        return isinstance(given, list) and len(said) == len(given) and all(map(fits, said, given))
    if isinstance(said, str) and ANYTHING in said:
        return re.fullmatch(".+".join(map(re.escape, said.split(ANYTHING))), str(given)) is not None
    return bool(said == given)


@pytest.mark.skipif(not shutil.which("curl"), reason="there is no curl")
def test_every_command_of_the_tutorial_does_what_it_says(live_server, board, ada):
    ends = timezone.now() + timedelta(days=1)
    secret = accounts.create_token(ada, name="tutorial", scope=Scope.WRITE, expires_at=ends)[1]
    script = f"PASSWORD='{PASSWORD}'\n"
    for commands, _answers in blocks():
        script += f"{commands}\necho; echo '{END}'\n"
    script = script.replace("http://127.0.0.1:8000", live_server.url).replace("tm_…", secret)
    run = subprocess.run(["bash", "-eu"], input=script, capture_output=True, text=True, timeout=120, check=False)
    assert run.returncode == 0, run.stderr
    outputs = run.stdout.split(END)[:-1]
    for (commands, answers), output in zip(blocks(), outputs, strict=True):
        said = [value for kind, text in answers if kind == "json" for value in values(text)]
        given = iter(values(output))
        for each in said:
            assert any(fits(each, answer) for answer in given), (commands, each, output)
        for line in [line for kind, text in answers if kind == "http" for line in text.splitlines()]:
            pattern = ".*".join(map(re.escape, line.split(ANYTHING)))
            assert re.search(pattern, output), (commands, line, output)
