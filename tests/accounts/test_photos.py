"""Photos of people: made of what strangers send, kept square and small, shown to colleagues alone."""

import re
from io import BytesIO

import pytest
from django.conf import settings
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError, connection
from django.utils import timezone
from django_tasks_db.models import DBTaskResult
from PIL import Image

from taskmanager.accounts import jobs, photos, services
from taskmanager.accounts.models import User
from taskmanager.tasks import services as tasks
from tests.images import animation, halves, jpeg, png
from tests.queue import run_jobs
from tests.racing import race
from tests.web.pages import body, page, sentence
from tests.web.test_attachments_on_s3 import bucket, keys, server  # noqa: F401 (fixtures)

PROFILE = "/accounts/profile/"


def upload(data: bytes, name: str = "me.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data)


def stored() -> list[str]:
    """Return the names of all stored files."""
    root = settings.MEDIA_ROOT
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()) if root.exists() else []


def url_of(user: User, size: int = 64) -> str:
    return f"/accounts/photos/{user.pk}/{user.photo}/" + ("" if size == 64 else f"?size={size}")


def image_at(client, address: str) -> Image.Image:
    return Image.open(BytesIO(body(client.get(address))))


@pytest.fixture
def with_photo(ada) -> User:
    services.edit_profile(ada, **fields(), photo=photos.make(upload(halves())))
    return ada


def fields(**changes) -> dict:
    return {"phone": "", "biography": "", "time_zone": "UTC", "theme": "system", **changes}


def test_a_photo_is_sent_with_the_profile_and_shown(ada, browse):
    client = browse(ada)
    response = client.post(PROFILE, {"phone": "5551234567", "photo": upload(halves())})
    assert (response.status_code, response["Location"]) == (302, PROFILE)
    ada.refresh_from_db()
    assert ada.phone == "5551234567"
    shown = page(client.get("/"))
    assert shown.has("img", src=url_of(ada), alt="", width="28", height="28", loading="lazy", class_="av-photo")
    assert page(client.get(PROFILE)).has("img", src=url_of(ada, 256), width="96")
    assert stored() == [f"{ada.organization_id}/photos/{ada.photo}-{size}.webp" for size in (256, 64)]


def test_a_profile_that_is_saved_without_a_file_keeps_the_photo(with_photo, browse):
    name = with_photo.photo
    browse(with_photo).post(PROFILE, {"phone": "5551234567", "biography": "x"})
    with_photo.refresh_from_db()
    assert (with_photo.photo, with_photo.phone) == (name, "5551234567")


def test_the_square_comes_from_the_middle_in_each_size_and_without_what_the_camera_noted(with_photo, browse):
    client = browse(with_photo)
    for size in (64, 256):
        image = image_at(client, url_of(with_photo, size))
        assert (image.format, image.size, image.mode) == ("WEBP", (size, size), "RGB")
        assert not dict(image.getexif())
        left, right = image.getpixel((size // 8, size // 2)), image.getpixel((size - size // 8, size // 2))
        assert left[0] > 3 * left[2]  # red, not the green of the cut-off edge
        assert right[2] > 3 * right[0]


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_the_right_way_up(kind, ada, browse):
    photo = photos.make(upload(halves(kind=kind, orientation=3)))
    image = Image.open(BytesIO(photo[256])).convert("RGB")
    assert image.getpixel((30, 128))[2] > 200  # turned upside down: blue is left
    assert not dict(image.getexif())


@pytest.mark.parametrize(
    "data",
    [
        png((1, 1)),
        png((7, 900), mode="P"),
        png((900, 7), mode="1"),
        png((50, 40), mode="I;16"),
        png((50, 40), mode="LA"),
        jpeg((90, 80), mode="CMYK"),
        jpeg((90, 80), mode="L"),
        animation(),
        png((30, 40), kind="WEBP"),
        jpeg((6000, 4200)),
    ],
    ids=["one pixel", "palette", "two colours", "16 bits", "grey", "cmyk", "grey jpeg", "gif", "webp", "25 megapixels"],
)
def test_every_kind_of_image_becomes_two_still_squares(data):
    made = photos.make(upload(data))
    for size, content in made.items():
        image = Image.open(BytesIO(content))
        assert (image.size, getattr(image, "n_frames", 1)) == ((size, size), 1)
        assert len(content) < 60_000


HOSTILE = {
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "html": b"<!doctype html><script>alert(1)</script>",
    "text": b"just words",
    "pdf": b"%PDF-1.7\n" + b"\0" * 99,
    "bmp": png(mode="RGB", kind="BMP"),
    "truncated png": halves()[:-300],
    "truncated jpeg": jpeg((400, 300))[:-4000],
    "only a head": halves()[:40],
    "a bomb": png((20_000, 20_000), mode="1"),
    "too many for a png": png((4100, 4000), mode="1"),
    "nothing that pillow knows": b"\x89PNG\r\n\x1a\n" + b"\xff" * 500,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_image_is_refused_in_words_and_nothing_is_stored(name, ada, browse):
    response = browse(ada).post(PROFILE, {"photo": upload(HOSTILE[name], "me.png"), "biography": "Typed with care"})
    assert response.status_code == 200
    [said] = page(response).errors["photo"]
    assert re.search("no image that can be shown|damaged|too many pixels", said)
    assert page(response).values["biography"] == "Typed with care"
    ada.refresh_from_db()
    assert (ada.photo, ada.biography, stored()) == ("", "", [])


def test_a_file_that_is_too_large_or_empty_is_refused_before_it_is_looked_at(ada, browse):
    large = halves() + b"\0" * settings.ATTACHMENT_MAX_SIZE
    response = browse(ada).post(PROFILE, {"photo": upload(large)})
    assert page(response).errors["photo"][0].endswith("and a photo may have 10 MiB.")
    response = browse(ada).post(PROFILE, {"photo": upload(b"")})
    assert page(response).errors["photo"] == ["That file is empty."]


def test_photos_are_throttled_and_the_rest_of_the_form_isnt_lost(ada, browse, monkeypatch):
    monkeypatch.setattr(services.profiles, "THROTTLE_PHOTO", (1, 3600))
    client = browse(ada)
    assert client.post(PROFILE, {"photo": upload(halves())}).status_code == 302
    response = client.post(PROFILE, {"photo": upload(halves()), "biography": "Typed with care"})
    assert response.status_code == 429
    assert int(response["Retry-After"]) > 3000
    assert page(response).values["biography"] == "Typed with care"
    assert client.post(PROFILE, {"biography": "Without a photo"}).status_code == 302


def test_another_photo_has_another_address_and_the_old_one_is_removed(with_photo, browse):
    client, before, files = browse(with_photo), url_of(with_photo), stored()
    assert body(client.get(before))
    client.post(PROFILE, {"photo": upload(jpeg((90, 90)))})
    with_photo.refresh_from_db()
    assert url_of(with_photo) != before
    assert client.get(before).status_code == 404
    run_jobs()
    assert len(stored()) == 2
    assert not set(files) & set(stored())


def test_a_photo_is_removed_by_a_tick(with_photo, browse):
    client = browse(with_photo)
    assert "Remove the photo" in sentence(client.get(PROFILE))
    client.post(PROFILE, {"remove_photo": "on"})
    run_jobs()
    with_photo.refresh_from_db()
    assert (with_photo.photo, stored()) == ("", [])
    assert "Remove the photo" not in sentence(client.get(PROFILE))


def test_a_new_photo_wins_over_the_tick(with_photo, browse):
    before = with_photo.photo
    browse(with_photo).post(PROFILE, {"remove_photo": "on", "photo": upload(jpeg((90, 90)))})
    with_photo.refresh_from_db()
    assert with_photo.photo not in {"", before}


def test_nobody_has_to_have_a_photo(ada, browse):
    shown = page(browse(ada).get("/"))
    assert shown.has("span", class_="av")
    assert not shown.has("img", class_="av")


def test_it_is_served_to_the_organization_alone_and_kept_by_the_browser(with_photo, cleo, oscar, browse):
    address = url_of(with_photo)
    response = browse(cleo).get(address)
    assert response["Content-Type"] == "image/webp"
    assert response["Cache-Control"] == "private, max-age=31536000, immutable"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'; sandbox"
    assert response["Content-Disposition"].startswith("inline")
    assert response["ETag"]
    body(response)
    assert browse(cleo).get(address, headers={"If-None-Match": response["ETag"]}).status_code == 304
    for user in (oscar,):
        assert browse(user).get(address).status_code == 404
    assert browse().get(address).status_code == 302


@pytest.mark.parametrize("query", ["?size=65", "?size=", "?size=256x", "?size=-1"])
def test_there_are_two_sizes_and_no_others(query, with_photo, browse):
    assert browse(with_photo).get(f"{url_of(with_photo)}{query}").status_code == 404


def test_a_name_that_is_guessed_or_anothers_leads_nowhere(with_photo, cleo, browse):
    client = browse(cleo)
    for address in (
        f"/accounts/photos/{with_photo.pk}/{'x' * 22}/",
        f"/accounts/photos/{cleo.pk}/{with_photo.photo}/",
        f"/accounts/photos/{10**12}/{with_photo.photo}/",
        f"/accounts/photos/{with_photo.pk}/..%2f..%2fsecret/",
    ):
        assert client.get(address).status_code == 404


def test_a_photo_that_the_storage_lost_is_not_there(with_photo, browse):
    for name in stored():
        default_storage.delete(name)
    assert browse(with_photo).get(url_of(with_photo)).status_code == 404


def test_what_was_stored_for_a_profile_that_fails_is_removed(ada, monkeypatch):
    def fail(*_arguments: object, **_fields: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(services.profiles, "_write", fail)
    with pytest.raises(RuntimeError):
        services.edit_profile(ada, **fields(), photo=photos.make(upload(halves())))
    assert stored() == []


def test_what_was_stored_before_the_database_was_gone_is_found_by_a_job(ada, monkeypatch):
    def fail(*_arguments: object, **_fields: object) -> None:
        raise OperationalError

    monkeypatch.setattr(services.profiles, "_write", fail)
    with pytest.raises(OperationalError):
        services.edit_profile(ada, **fields(), photo=photos.make(upload(halves())))
    assert len(stored()) == 2
    run_jobs()
    assert len(stored()) == 2  # an hour has to pass
    DBTaskResult.objects.update(run_after=timezone.now())
    run_jobs()
    assert stored() == []


def test_the_job_keeps_what_somebody_has(with_photo):
    DBTaskResult.objects.update(run_after=timezone.now())
    run_jobs()
    assert len(stored()) == 2
    jobs.remove_unused_photos.call([f"{with_photo.organization_id}/photos/never-was"])
    assert len(stored()) == 2


@pytest.mark.django_db(transaction=True)
def test_of_two_photos_at_once_one_stays_and_none_is_orphaned(ada):
    def send(size: int):
        def call() -> None:
            user = User.objects.get(pk=ada.pk)
            services.edit_profile(user, **fields(), photo=photos.make(upload(jpeg((size, size)))))

        return call

    assert race([send(80), send(90), send(100)]) == [None, None, None]
    connection.close()
    run_jobs()
    ada.refresh_from_db()
    assert stored() == [f"{ada.organization_id}/photos/{ada.photo}-{size}.webp" for size in (256, 64)]


def test_a_deleted_organization_takes_its_photos_along(with_photo):
    tasks.delete_organization(with_photo.organization)
    run_jobs()
    assert stored() == []


def test_photos_lie_in_a_bucket_too(bucket, ada, browse):  # noqa: F811
    client = browse(ada)
    client.post(PROFILE, {"photo": upload(halves())})
    ada.refresh_from_db()
    base = f"uploads/{ada.organization_id}/photos/{ada.photo}"
    assert keys(bucket) == {f"{base}-64.webp", f"{base}-256.webp"}
    # Not redirected to the bucket: the pages show images from ourselves alone.
    assert image_at(client, url_of(ada, 256)).size == (256, 256)
    client.post(PROFILE, {"remove_photo": "on"})
    run_jobs()
    assert keys(bucket) == set()


def test_photos_are_on_cards_lists_and_pages_at_no_query_more(with_photo, board, browse, django_assert_max_num_queries):
    task = tasks.create_task(board, actor=with_photo, title="Look", owner=with_photo)
    tasks.create_comment(task, actor=with_photo, text="Seen.")
    client = browse(with_photo)
    for address in ("/", "/tasks/", f"/tasks/{task.pk}/", "/accounts/members/", "/search/?q=Look"):
        images = [values for tag, values in page(client.get(address)).elements if tag == "img"]
        assert sum(values["src"] == url_of(with_photo) for values in images) > 1, address
        assert all({"width", "height", "alt"} <= values.keys() for values in images)
    card = page(client.get("/"))
    assert card.has("img", alt="Owner: ada", title="ada")
    with django_assert_max_num_queries(8):
        client.get("/")
