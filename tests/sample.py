"""The sample data for tests that only look at it: loaded once per process, and then the same rows and files again."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.utils import timezone

from taskmanager.accounts.models import User
from taskmanager.operations import rows
from taskmanager.tasks import demo

FILLED = sorted(rows.FILLED - {"accounts.Flag", "accounts.Flag_groups"})  # which no row refers to


@dataclass
class Kept:
    """What loading has made."""

    circumstances: Any
    admin: int
    rows: dict[rows.Model, list[Any]]
    files: dict[Path, bytes]


_kept: dict[str, Kept] = {}


def load(password: str) -> User:
    """Return the Admin of the sample data, as `demo.load` does in a database that is empty but for its roles."""
    circumstances = _circumstances()
    kept = _kept.get(password)
    if kept is None or kept.circumstances != circumstances:
        admin = demo.load(password)
        _kept[password] = Kept(circumstances, admin.pk, _rows(), _files())
        return admin
    for model, values in kept.rows.items():
        rows.insert(model, values)
    for path, content in kept.files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return User.objects.select_related("organization").get(pk=kept.admin)


def _circumstances() -> Any:
    """Return what the rows depend on: today, and the keys that a test with real transactions gives the roles anew."""
    tables = rows.tables(apps)
    filled = {label: set(tables[label]._base_manager.values_list(*rows.columns(tables[label]))) for label in FILLED}
    return timezone.localdate(), filled


def _rows() -> dict[rows.Model, list[Any]]:
    tables = {label: model for label, model in rows.tables(apps).items() if label not in rows.FILLED}
    # By key, as the histories were written.
    found = {each: list(each._base_manager.order_by("pk").values_list(*rows.columns(each))) for each in tables.values()}
    return {model: values for model, values in found.items() if values}


def _files() -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()}
