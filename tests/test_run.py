"""`tests/run.sh` runs every part, whatever became of those before, and ends with the outcome of each."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.conftest import LONGEST

pytestmark = pytest.mark.once

SCRIPT = Path(__file__).with_name("run.sh")
# Stands for Python and make. It fails where the words to fail at are in its command line, or in TEST_ON.
PROGRAM = """#!/bin/sh
echo "ran ${TEST_ON-} $*"
case " ${TEST_ON-} $* " in *"$FAILING"*) exit 3 ;; esac
"""
PARTS = [
    "on PostgreSQL with Redis",
    "style, imports, types and known vulnerabilities",
    "from a clean clone",
    "in the browser, on PostgreSQL with Redis",
    "on SQLite, without Redis",
]


def run(folder: Path, failing: str) -> subprocess.CompletedProcess[str]:
    for program in (folder / "bin" / "make", folder / ".venv" / "bin" / "python"):
        program.parent.mkdir(parents=True)
        program.write_text(PROGRAM)
        program.chmod(0o755)
    env = {"PATH": f"{folder}/bin:{os.environ['PATH']}", "FAILING": failing, "TMPDIR": str(folder)}
    return subprocess.run(["sh", str(SCRIPT)], cwd=folder, env=env, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("failing", "failed"),
    [
        ("nothing fails", None),
        ("--numprocesses 3", 0),
        ("lint types", 1),
        ("tests/test_newcomer.py --quiet", 2),
        ("2 tests/browser", 3),
        (" sqlite ", 4),
    ],
)
def test_every_part_runs_and_one_that_fails_makes_the_whole_run_fail(failing, failed, tmp_path):
    done = run(tmp_path, failing)
    assert done.returncode == (0 if failed is None else 1)
    assert done.stdout.count("ran ") == len(PARTS)
    outcomes = [f"{'FAILED' if number == failed else 'passed'}  {name}" for number, name in enumerate(PARTS)]
    assert done.stdout.splitlines()[-len(PARTS) - 1 :] == ["— all parts", *outcomes]
    assert list(tmp_path.glob("tmp*")) == []


def test_the_files_that_come_first_are_there():
    assert {path.name for path in SCRIPT.parent.rglob("test_*.py")} >= LONGEST
