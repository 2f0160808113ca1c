"""No row is linked to another organization's, whoever writes past the services."""

import pkgutil
import uuid
from importlib import import_module

import pytest
from django.db import IntegrityError
from django.db.models import ForeignKey, Model
from django.utils import timezone

from taskmanager.accounts.models import (
    ApiToken,
    ExternalIdentity,
    FormSubmission,
    IdempotentCall,
    Invitation,
    Passkey,
    RecoveryCode,
    RefreshToken,
    User,
)
from taskmanager.tasks import migrations
from taskmanager.tasks.models import (
    Activity,
    Attachment,
    Comment,
    Epic,
    Notice,
    Project,
    Sprint,
    SprintMembership,
    Task,
    Watcher,
)
from tests.tasks.constraints.rows import A_DAY, checked
from tests.tasks.constraints.world import MODELS

# Each migration that gives links their rule names them.
MIGRATIONS = [
    import_module(f"{migrations.__name__}.{found.name}") for found in pkgutil.iter_modules(migrations.__path__)
]
LINKS = [link for migration in MIGRATIONS for link in getattr(migration, "LINKS", [])]
rule_name = import_module("taskmanager.tasks.migrations.0003_links_within_one_organization").rule_name
# Links between two rows that both belong to an organization.
LINKING_FIELDS = [
    field
    for model in MODELS
    for field in model._meta.get_fields()
    if isinstance(field, ForeignKey)
    and all("organization" in {f.name for f in end._meta.fields} for end in (model, field.related_model))
]


def rule_of(field: ForeignKey) -> str:
    return rule_name(field.model._meta.db_table, field.column)


def test_each_link_inside_an_organization_has_its_rule():
    links = {(field.model._meta.db_table, field.column, field.related_model._meta.db_table) for field in LINKING_FIELDS}
    assert links == set(LINKS)


@pytest.mark.parametrize("field", LINKING_FIELDS, ids=rule_of)
def test_no_row_is_changed_to_link_another_organization(w, field):
    rows = field.model.objects.filter(pk=w.own[field.model].pk)
    with pytest.raises(IntegrityError, match=rule_of(field)):
        checked(lambda: rows.update(**{field.name: w.foreign[field.related_model]}))


# What a copy of a row has to have of its own, or another rule would refuse it.
OTHERWISE = {
    Task: {"number": 99},
    SprintMembership: {"removed_at": timezone.now() + A_DAY},
    Attachment: {"file": "1/another"},
    FormSubmission: {"uuid": uuid.uuid4()},
    Invitation: {"nonce": "another"},
    ApiToken: {"hash": "another"},
    RefreshToken: {"hash": "another"},
    IdempotentCall: {"key": "another"},
    Passkey: {"credential_id": "another"},
    RecoveryCode: {"digest": "another"},
    ExternalIdentity: {"subject": "another"},
}


@pytest.mark.parametrize("field", LINKING_FIELDS, ids=rule_of)
def test_no_row_is_made_that_links_another_organization(w, field):
    row = field.model.objects.get(pk=w.own[field.model].pk)
    row.pk = None
    for name, value in OTHERWISE.get(type(row), {}).items():
        setattr(row, name, value)
    setattr(row, field.name, w.foreign[field.related_model])
    with pytest.raises(IntegrityError, match=rule_of(field)):
        checked(field.model.objects.bulk_create, [row])


@pytest.mark.parametrize(
    "model",
    [
        User,
        Project,
        Task,
        Comment,
        Epic,
        Sprint,
        SprintMembership,
        Attachment,
        Activity,
        Watcher,
        Notice,
        FormSubmission,
        Invitation,
        ApiToken,
        RefreshToken,
        ExternalIdentity,
    ],
)
def test_no_row_moves_to_another_organization_and_leaves_its_links_behind(w, model: type[Model]):
    with pytest.raises(IntegrityError, match="of_the_same_organization"):
        checked(lambda: model.objects.filter(pk=w.own[model].pk).update(organization=w.globex))
    assert model.objects.get(pk=w.own[model].pk).organization_id == w.acme.pk
