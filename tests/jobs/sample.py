"""Jobs for the tests of the worker."""

import time
from pathlib import Path

from django.tasks import task


class Broken(Exception):
    """It never works."""


@task
def write(path: str, text: str) -> None:
    with Path(path).open("a") as file:
        file.write(text)


@task
def fail(path: str) -> None:
    write.func(path, "x")
    raise Broken("It never works.")


@task
def fail_once(path: str) -> str:
    write.func(path, "x")
    if Path(path).read_text() == "x":
        raise Broken("It works the second time.")
    return "done"


@task
def sleep(path: str, seconds: float) -> None:
    write.func(path, "started ")
    time.sleep(seconds)
    write.func(path, "ended ")


@task(takes_context=True)
def count(context, path: str) -> None:
    write.func(path, f"{context.attempt} ")
