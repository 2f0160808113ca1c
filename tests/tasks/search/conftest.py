"""Texts as Ada types them, and the tasks that they find."""

import datetime

import pytest
from django.db import connection

from taskmanager.tasks import search, services
from taskmanager.tasks.models import Project, Task

ON_POSTGRESQL = connection.vendor == "postgresql"
DAY = datetime.date(2026, 12, 1)
TERMS = "the terms are status:, owner:, creator:, epic:, sprint:, priority:, due:, is:, project:."


def a_title(kind: str) -> str:
    return f"or the name of one of your organization’s {kind}, in quotes where it has spaces."


@pytest.fixture
def read(board, ada):
    """Read a text as Ada would type it."""
    return lambda text: search.read(text, actor=ada, projects=list(Project.objects.of(ada.organization)))


@pytest.fixture
def find(ada, read):
    """Return the titles that a text finds for Ada, in order."""

    def titles(text: str) -> list[str]:
        tasks, query = Task.objects.of(ada.organization), read(text)
        return [task.title for task in search.ranked(tasks, query, count=search.count(tasks, query))]

    return titles


@pytest.fixture
def texts(board, ada):
    """Four tasks to find words in."""
    for title, description in [
        ("Rotate the signing keys", "The old ones are in `tasks/views.py`, see SHA-256 and C:\\temp."),
        ("Write the release notes", "Mention that the keys rotate. Don't forget WEB-12!"),
        ("Größe der Straße", "Ärger mit Umlauten, naïve café"),
        ("100% of R&D 🚀", "日本語のテキスト and العربية"),
    ]:
        services.create_task(board, actor=ada, title=title, description=description)


KEYS, NOTES, STREET, ROCKET = "Rotate the signing keys", "Write the release notes", "Größe der Straße", "100% of R&D 🚀"
