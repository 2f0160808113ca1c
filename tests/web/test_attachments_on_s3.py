"""Attachments in a bucket, on a real server that speaks S3."""

import gzip
import json
import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urljoin, urlsplit
from urllib.request import urlopen

import boto3
import pytest
from django.core.files.storage import storages
from django.core.management import call_command
from django.templatetags.static import static
from moto.server import ThreadedMotoServer

from taskmanager.settings.files import S3
from taskmanager.tasks import services
from tests.images import png
from tests.queue import run_jobs
from tests.web.pages import body
from tests.web.test_attachment_pages import CONTENT, upload

KEYS = {"AWS_ACCESS_KEY_ID": "someone", "AWS_SECRET_ACCESS_KEY": "hidden", "AWS_STORAGE_BUCKET_NAME": "uploads"}

# As docs/operations.md tells operators to write it.
EVERYBODY_READS_STATIC_FILES = {
    "Effect": "Allow",
    "Principal": "*",
    "Action": "s3:GetObject",
    "Resource": "arn:aws:s3:::uploads/static/*",
}


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(server, monkeypatch, settings):
    for name, value in {**KEYS, "AWS_S3_ENDPOINT_URL": server}.items():
        monkeypatch.setenv(name, value)
    read = S3.read()
    settings.MEDIA_URL_STORAGE = "s3"
    settings.STORAGES = {**settings.STORAGES, "default": read.media(), "bucket": read.static()}
    options = {"aws_access_key_id": "someone", "aws_secret_access_key": "hidden", "region_name": "us-east-1"}
    bucket = boto3.resource("s3", endpoint_url=server, **options).Bucket("uploads")
    bucket.create()
    yield bucket
    bucket.objects.delete()
    bucket.delete()
    storages["default"].connection.meta.client.close()
    bucket.meta.client.close()


def keys(bucket) -> set[str]:
    return {each.key for each in bucket.objects.all()}


def test_a_file_is_stored_downloaded_and_removed(bucket, task, ada, browse, server):
    [attachment] = services.add_attachments(task, files=[upload("Übersicht.html")], actor=ada)
    assert keys(bucket) == {f"uploads/{attachment.file.name}"}
    client = browse(ada)
    response = client.get(f"/attachments/{attachment.pk}/")
    assert response.status_code == 302
    assert response["Cache-Control"] == "private, no-store"
    url = urlsplit(response["Location"])
    assert f"{url.scheme}://{url.netloc}" == server
    asked = parse_qs(url.query)
    assert asked["X-Amz-Expires"] == ["300"]
    assert asked["response-content-type"] == ["text/plain"]
    with urlopen(response["Location"]) as download:
        assert download.read() == CONTENT
        assert download.headers["Content-Disposition"] == "attachment; filename*=utf-8''%C3%9Cbersicht.html"
        assert download.headers["Content-Type"] == "text/plain"
    assert client.head(f"/attachments/{attachment.pk}/").status_code == 302
    services.delete_attachment(attachment, actor=ada)
    assert len(keys(bucket)) == 1
    run_jobs()
    assert keys(bucket) == set()


def test_a_preview_is_sent_by_us(bucket, task, ada, browse):
    [attachment] = services.add_attachments(task, files=[upload("a.png", png((900, 600)))], actor=ada)
    run_jobs()
    assert keys(bucket) == {f"uploads/{attachment.file.name}", f"uploads/{attachment.file.name}-preview.webp"}
    response = browse(ada).get(f"/attachments/{attachment.pk}/preview/")
    assert response.status_code == 200
    assert body(response)[8:12] == b"WEBP"
    assert response["Content-Security-Policy"].startswith("default-src 'none'")


def test_another_organization_gets_no_signature(bucket, task, ada, oscar, browse):
    [attachment] = services.add_attachments(task, files=[upload()], actor=ada)
    assert browse(oscar).get(f"/attachments/{attachment.pk}/").status_code == 404


def test_what_is_rolled_back_leaves_no_object(bucket, task, ada, monkeypatch):
    monkeypatch.setattr(services.attachments, "record", lambda *_arguments: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        services.add_attachments(task, files=[upload()], actor=ada)
    assert keys(bucket) == set()


def test_a_lost_object_is_said_to_be_lost(bucket, task, ada, browse):
    [attachment] = services.add_attachments(task, files=[upload("a.png", png())], actor=ada)
    run_jobs()
    bucket.objects.delete()
    assert browse(ada).get(f"/attachments/{attachment.pk}/preview/").status_code == 404


def test_static_files_are_collected_into_the_bucket_and_served_from_there(bucket, settings, server):
    settings.STORAGES = {**settings.STORAGES, "staticfiles": settings.STORAGES["bucket"]}
    bucket.Policy().put(Policy=json.dumps({"Version": "2012-10-17", "Statement": [EVERYBODY_READS_STATIC_FILES]}))
    # Without those of Django's own admin, which are most of all files and are stored no other way.
    settings.STATICFILES_FINDERS = [each for each in settings.STATICFILES_FINDERS if "AppDirectories" not in each]
    call_command("collectstatic", interactive=False, verbosity=0)
    address = static("css/app.css")
    assert address.startswith(f"{server}/uploads/static/css/app.")
    assert address != f"{server}/uploads/static/css/app.css"
    with urlopen(address) as download:
        assert download.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert download.headers["Content-Type"] == "text/css"
        assert download.headers["Content-Encoding"] == "gzip"
        text = gzip.decompress(download.read()).decode()
    # What it names is there, too, under a name that changes with its content.
    [font, *_others] = re.findall(r'url\("?([^")]+\.woff2)"?\)', text)
    with urlopen(urljoin(address, font)) as download:
        assert download.read(4) == b"wOF2"
        assert download.headers["Content-Encoding"] is None
    storages["staticfiles"].connection.meta.client.close()
