"""Files: previews of images, and the removal of what nobody needs any more."""

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.tasks import task

from taskmanager.tasks import thumbnails
from taskmanager.tasks.models import Attachment

Preview = Attachment.Preview


@task()
def make_thumbnail(attachment_id: int) -> None:
    """Make the preview of an image, or find out why there can't be one."""
    attachment = Attachment.objects.filter(pk=attachment_id, preview=Preview.PENDING).first()
    if attachment is None:
        return
    pending = Attachment.objects.filter(pk=attachment_id, preview=Preview.PENDING)
    try:
        with attachment.file.open() as file:
            data = file.read()
    except FileNotFoundError:
        pending.update(preview=Preview.BROKEN)  # where its row is still there, its file was lost
        return
    try:
        small = thumbnails.make(data, attachment.content_type)
    except thumbnails.NoThumbnail as error:
        pending.update(preview=error.preview)
        return
    name = thumbnails.name_of(str(attachment.file.name))
    default_storage.save(name, ContentFile(small))
    made = pending.update(preview=Preview.READY, thumbnail=name)
    if not made and not Attachment.objects.filter(pk=attachment_id).exists():
        default_storage.delete(name)  # deleted meanwhile, and so were its files


@task()
def remove_unused_files(names: list[str]) -> None:
    """Remove stored files, and their thumbnails, that no attachment has: of those deleted, or never finished."""
    used = set(Attachment.objects.filter(file__in=names).values_list("file", flat=True))
    for name in names:
        if name in used:
            continue
        default_storage.delete(name)
        default_storage.delete(thumbnails.name_of(name))
