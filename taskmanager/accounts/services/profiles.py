"""What people tell about themselves, and how they look."""

from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction

from taskmanager.accounts import jobs, photos, throttling
from taskmanager.accounts.models import (
    Organization,
    User,
)
from taskmanager.accounts.photos import Photo
from taskmanager.files.storing import kept_with_their_rows

# How many photos somebody may send, and in how many seconds: each is some work while they wait.
THROTTLE_PHOTO = (30, 3600)
PHOTOS_PER_JOB = 500


def count_photo(user: User) -> None:
    """Count a photo that is sent, before it is looked at. Raises TooManyRequests over THROTTLE_PHOTO."""
    limit, seconds = THROTTLE_PHOTO
    throttling.count_try("photo", str(user.pk), limit=limit, seconds=seconds)


def edit_profile(
    user: User,
    *,
    phone: str,
    biography: str,
    time_zone: str,
    theme: str,
    photo: Photo | None = None,
    remove_photo: bool = False,
) -> None:
    """Change what somebody tells about themselves, and how pages look to them; without a `photo`, theirs stays.

    The form has made ten digits of the phone, and knows the zones and themes. Call it outside of a transaction.
    """
    told = {"phone": phone, "biography": biography, "time_zone": time_zone, "theme": theme}
    if photo is None:
        _write(user, {**told, "photo": ""} if remove_photo else told)
        return
    name = photos.new_name()
    base = photos.base_of(user.organization_id, name)
    with kept_with_their_rows(photos.places_of(base), remover=jobs.remove_unused_photos, names=[base]):
        for size, data in photo.items():
            default_storage.save(photos.place_of(base, size), ContentFile(data))
        _write(user, {**told, "photo": name})


@transaction.atomic
def _write(user: User, fields: dict[str, Any]) -> None:
    # Of two who change their photo at once the second one waits here, and removes the first one's.
    before = User.objects.select_for_update(of=("self",), no_key=True).get(pk=user.pk)
    for name, value in fields.items():
        setattr(user, name, value)
    user.save(update_fields=[*fields])
    if before.photo and before.photo != user.photo and "photo" in fields:
        jobs.remove_unused_photos.enqueue([photos.base_of(user.organization_id, before.photo)])


def remove_photos_of(organization: Organization, *, only: User | None = None) -> None:
    """Have the photos of people, who are deleted in the same transaction, removed after its commit, by jobs."""
    people = User.objects.of(organization).exclude(photo="").order_by("pk")
    names = list((people.filter(pk=only.pk) if only else people).values_list("photo", flat=True))
    for first in range(0, len(names), PHOTOS_PER_JOB):
        some = names[first : first + PHOTOS_PER_JOB]
        jobs.remove_unused_photos.enqueue([photos.base_of(organization.pk, name) for name in some])
