"""Previews of images: small, upright, telling nothing, and none of what is broken or too large."""

from io import BytesIO

import pytest
from django.core.files.storage import default_storage

from taskmanager.accounts.models import User
from taskmanager.tasks import jobs, services, thumbnails
from taskmanager.tasks.models import Attachment, Task
from tests.images import animation, jpeg, png
from tests.queue import run_jobs
from tests.uploads import files_of, upload


def attached(task: Task, actor: User, content: bytes) -> Attachment:
    """Attach the image, let its preview be made, and return the attachment as it is then."""
    [attachment] = services.add_attachments(task, files=[upload("a.png", content)], actor=actor)
    run_jobs()
    attachment.refresh_from_db()
    return attachment


@pytest.mark.parametrize(
    ("content", "size"),
    [
        (png((1200, 800)), (480, 320)),
        (png((30, 20)), (30, 20)),
        (png((30, 20), mode="P"), (30, 20)),
        (png((30, 20), mode="LA"), (30, 20)),
        (png((30, 20), mode="I;16"), (30, 20)),
        (jpeg((30, 20), mode="CMYK"), (30, 20)),
        (animation(), (40, 30)),
        (png((900, 900), kind="WEBP"), (480, 480)),
        (jpeg((1200, 800), orientation=6), (320, 480)),
        (jpeg((20, 5000)), (2, 480)),
    ],
    ids=["large", "small", "palette", "transparent", "16 bits", "print", "moving", "webp", "turned", "thin"],
)
def test_a_preview_is_small_and_upright(content, size, task, ada):
    from PIL import Image

    attachment = attached(task, ada, content)
    assert attachment.preview == "READY"
    assert attachment.thumbnail.name == f"{attachment.file.name}-preview.webp"
    with attachment.thumbnail.open() as file, Image.open(file) as image:
        assert (image.format, image.size) == ("WEBP", size)


def test_a_preview_doesnt_tell_where_the_photo_was_taken(task, ada):
    from PIL import Image

    photo = jpeg((600, 400), orientation=3, note="Taken at home")
    assert b"Taken at home" in photo
    attachment = attached(task, ada, photo)
    with attachment.thumbnail.open() as file:
        data = file.read()
    assert b"Taken at home" not in data
    with Image.open(BytesIO(data)) as image:
        assert not image.getexif()
        assert not {"exif", "xmp", "icc_profile"} & set(image.info)


def test_a_bomb_gets_no_preview_and_is_never_unfolded(task, ada):
    bomb = png((20_000, 20_000), mode="1")
    assert len(bomb) < 100_000
    attachment = attached(task, ada, bomb)
    assert (attachment.content_type, attachment.preview, attachment.thumbnail.name) == ("image/png", "TOO_LARGE", "")
    with pytest.raises(thumbnails.NoThumbnail, match="Too large"):
        thumbnails.make(bomb, "image/png")


@pytest.mark.parametrize("pixels", [(10_001, 5_000), (20_001, 5_000)])
def test_above_fifty_megapixels_there_is_no_preview(pixels):
    content = png(pixels, mode="1")
    assert thumbnails.look(BytesIO(content), "image/png") == "TOO_LARGE"
    with pytest.raises(thumbnails.NoThumbnail):
        thumbnails.make(content, "image/png")


@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_a_damaged_image_gets_no_preview(share, task, ada):
    whole = jpeg((600, 400))
    attachment = attached(task, ada, whole[: int(len(whole) * share)])
    assert (attachment.preview, attachment.thumbnail.name) == ("BROKEN", "")


def test_an_image_whose_file_was_lost_gets_no_preview(task, ada):
    [attachment] = services.add_attachments(task, files=[upload("a.png", png())], actor=ada)
    default_storage.delete(attachment.file.name)
    run_jobs()
    attachment.refresh_from_db()
    assert attachment.preview == "BROKEN"


def test_a_job_may_run_twice(task, ada, acme):
    attachment = attached(task, ada, png())
    before = files_of(acme)
    jobs.make_thumbnail.call(attachment.pk)
    Attachment.objects.filter(pk=attachment.pk).update(preview="PENDING", thumbnail="")
    jobs.make_thumbnail.call(attachment.pk)
    attachment.refresh_from_db()
    assert (attachment.preview, files_of(acme)) == ("READY", before)
    for _time in range(2):
        jobs.remove_unused_files.call([attachment.file.name, "1/never-was"])
    assert files_of(acme) == before


def test_an_image_that_is_deleted_while_its_preview_is_made_leaves_no_file(task, ada, acme, monkeypatch):
    [attachment] = services.add_attachments(task, files=[upload("a.png", png())], actor=ada)
    make = thumbnails.make

    def deleted_meanwhile(*arguments):
        services.delete_attachment(attachment, actor=ada)
        jobs.remove_unused_files.call([attachment.file.name])
        return make(*arguments)

    monkeypatch.setattr(thumbnails, "make", deleted_meanwhile)
    jobs.make_thumbnail.call(attachment.pk)
    assert files_of(acme) == set()
    jobs.make_thumbnail.call(attachment.pk)
