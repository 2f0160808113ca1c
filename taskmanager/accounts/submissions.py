"""Forms that act once, however often they are sent: double clicks, reloads, the back button, two tabs racing.

A form carries a one-time UUID. The view does its work inside `once()`; whoever comes second gets `AlreadySubmitted`,
with what the first one made. FORM_SUBMISSION_BACKEND chooses who remembers: the database, in the transaction of the
work itself, or the cache.
"""

import hashlib
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.core.cache import caches
from django.db import IntegrityError, transaction
from django.utils import timezone

from taskmanager.accounts.models import FormSubmission
from taskmanager.errors import DomainError
from taskmanager.redis_errors import redis_errors

KEPT = timedelta(days=1)
# The cache can't know that a process died in its work: after so many seconds the form may be sent again.
RUNNING_SECONDS = 60
# How long a second submission waits for the first one's end, and how often it looks.
WAIT_SECONDS = 10.0
LOOK_SECONDS = 0.05
CLEANED_AT_ONCE = 500


class AlreadySubmitted(DomainError):
    """The form acted before; `made` is what it made then, "" where that isn't known yet."""

    message = "This form has already been submitted."

    def __init__(self, made: str) -> None:
        """Take what the first submission made."""
        self.made = made
        super().__init__()


@dataclass
class Submission:
    """One submission under way. The view sets `made`, an address say, which a second submission will be told."""

    made: str = ""


class UuidField(forms.UUIDField):
    """The hidden one-time UUID of a form. Programs may leave it out: what they send then acts each time."""

    widget = forms.HiddenInput

    def __init__(self) -> None:
        """Give each new form its own."""
        super().__init__(
            required=False,
            initial=uuid.uuid4,
            error_messages={
                "invalid": "This form was changed on its way. Send it again: nothing that you typed is lost."
            },
        )

    def bound_data(self, data: Any, initial: Any) -> Any:
        """Show a form that is corrected with the same UUID, and with a new one where it had none that fits."""
        try:
            return self.to_python(data) or initial
        except forms.ValidationError:
            return initial


class SentOnceForm(forms.Form):
    """The UUID alone, for a form whose other fields are no text."""

    uuid = UuidField()


@contextmanager
def once(key: uuid.UUID | None, *, actor: Any, form: str) -> Iterator[Submission]:
    """Run the block in a transaction, unless the actor has sent this form (its address) with this UUID before.

    Raises AlreadySubmitted. What the block raises undoes everything, and the same UUID may be sent again.
    """
    submission = Submission()
    if key is None:
        with transaction.atomic():
            yield submission
    elif settings.FORM_SUBMISSION_BACKEND == "cache":
        with _remembered_by_cache(key, actor, form, submission):
            yield submission
    else:
        with _remembered_by_database(key, actor, form, submission):
            yield submission


@contextmanager
def _remembered_by_database(key: uuid.UUID, actor: Any, form: str, submission: Submission) -> Iterator[None]:
    user = actor if actor.is_authenticated else None
    with transaction.atomic():
        try:
            with transaction.atomic():
                # The unique index lets a racing twin wait here until this transaction ends, one way or the other.
                row = FormSubmission.objects.create(
                    organization_id=user.organization_id if user else None, user=user, form=form, uuid=key
                )
        except IntegrityError:
            first = FormSubmission.objects.filter(user=user, form=form, uuid=key).first()
            if first is None:
                raise  # another rule refused it
            raise AlreadySubmitted(first.made) from None
        yield
        FormSubmission.objects.filter(pk=row.pk).update(made=submission.made)
        # Each submission takes a few old ones along, so that the table stays small without a schedule.
        old = FormSubmission.objects.filter(created_at__lt=timezone.now() - KEPT).select_for_update(skip_locked=True)
        FormSubmission.objects.filter(pk__in=old.values("pk")[:CLEANED_AT_ONCE]).delete()


@contextmanager
def _remembered_by_cache(key: uuid.UUID, actor: Any, form: str, submission: Submission) -> Iterator[None]:
    name = f"submission:{actor.pk or ''}:{hashlib.sha256(form.encode()).hexdigest()}:{key}"
    mine = uuid.uuid4().hex
    _take(name, mine)
    try:
        with transaction.atomic():
            yield
    except BaseException:
        # Where the cache went away meanwhile, its entry ends by itself; what went wrong first is what counts.
        with suppress(*redis_errors()):
            if _cache().get(name) == (mine, None):
                _cache().delete(name)
        raise
    # It is done: an error now would make its sender do it again. "Under way" stays instead.
    with suppress(*redis_errors()):
        _cache().set(name, (mine, submission.made), KEPT.total_seconds())


def _cache() -> Any:
    """Return the cache that fails rather than forgets: without Redis a form is refused, and doesn't act twice."""
    return caches["strict"]


def _take(name: str, mine: str) -> None:
    """Mark the submission as under way, which one of many does; the others wait. Raises AlreadySubmitted."""
    end = time.monotonic() + WAIT_SECONDS
    while not _cache().add(name, (mine, None), RUNNING_SECONDS):
        _theirs, made = _cache().get(name, ("", None))
        if made is not None or time.monotonic() > end:
            raise AlreadySubmitted(made or "")
        time.sleep(LOOK_SECONDS)
