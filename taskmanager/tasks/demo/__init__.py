"""The demo organization: a believable software team with three months of work behind it."""

from taskmanager.tasks.demo.loading import (
    AcmeIsTaken,
    DemoExists,
    find_admin,
    load,
    load_into_empty_database,
)
from taskmanager.tasks.demo.password import PATH as PASSWORD_PATH
from taskmanager.tasks.demo.password import keep_password, kept_password

__all__ = [
    "PASSWORD_PATH",
    "AcmeIsTaken",
    "DemoExists",
    "find_admin",
    "keep_password",
    "kept_password",
    "load",
    "load_into_empty_database",
]
