"""Where files lie, how large they may be, and from where browsers get them."""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from taskmanager.settings.environment import ORIGIN, is_loopback, read

SIZE = re.compile(r"(?P<count>[1-9]\d{0,11})(?P<unit>|KiB|MiB|GiB)")
BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
REGION = re.compile(r"[a-z0-9-]{2,40}")


def size(name: str, default: str) -> int:
    """Return a number of bytes like "10MiB"."""
    text = str(read("str", name, default))
    match = SIZE.fullmatch(text)
    if not match:
        raise ImproperlyConfigured(f"{name} must be a number of bytes, or look like 10MiB, not {text!r}.")
    return int(match["count"]) * {"": 1, "KiB": 1024, "MiB": 1024**2, "GiB": 1024**3}[match["unit"]]


def static_host() -> str:
    """Return STATIC_HOST, the origin of a CDN that fetches the static files from us; "" for none.

    Raises ImproperlyConfigured for one whose scripts somebody on the way could change.
    """
    text = str(read("str", "STATIC_HOST", "")).rstrip("/")
    try:
        url = urlsplit(text)
        valid = url.hostname and url.port != 0 and (url.scheme == "https" or is_loopback(url.hostname))
        rest = url.path or url.query or url.fragment or url.username
    except ValueError:
        valid, rest = False, ""
    # What is in it goes into a header: an origin has nothing that could end a directive there.
    if text and (not valid or rest or not ORIGIN.fullmatch(text)):
        raise ImproperlyConfigured(f"STATIC_HOST must look like https://cdn.example.com, without a path, not {text!r}.")
    return text


def accel_redirect_prefix() -> str:
    """Return ACCEL_REDIRECT_PREFIX, the internal address under which nginx finds the uploads; "" for none."""
    text = str(read("str", "ACCEL_REDIRECT_PREFIX", ""))
    if text and not (text.startswith("/") and text.endswith("/") and text.isascii() and " " not in text):
        raise ImproperlyConfigured(f"ACCEL_REDIRECT_PREFIX must look like /internal/uploads/, not {text!r}.")
    return text


@dataclass(frozen=True)
class S3:
    """A bucket, as the AWS_ variables tell."""

    bucket: str
    address: str  # where the bucket's objects are found
    options: dict[str, Any]  # of the storages

    @classmethod
    def read(cls) -> "S3":
        """Read the variables. Raises ImproperlyConfigured naming the one that is wrong or missing."""
        values = {
            name: str(read("str", name, ""))
            for name in ("AWS_STORAGE_BUCKET_NAME", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
        }
        for name, value in values.items():
            if not value:
                raise ImproperlyConfigured(f"{name} is not set. Storage on S3 needs it.")
        bucket = values["AWS_STORAGE_BUCKET_NAME"]
        if not BUCKET.fullmatch(bucket):
            raise ImproperlyConfigured(f"AWS_STORAGE_BUCKET_NAME must be the name of a bucket, not {bucket!r}.")
        endpoint = cls._endpoint()
        region = str(read("str", "AWS_S3_REGION_NAME", "us-east-1" if endpoint else ""))
        if not REGION.fullmatch(region):
            problem = f"must look like eu-central-1, not {region!r}" if region else "is not set. Storage on S3 needs it"
            raise ImproperlyConfigured(f"AWS_S3_REGION_NAME {problem}.")
        options = {
            "access_key": values["AWS_ACCESS_KEY_ID"],
            "secret_key": values["AWS_SECRET_ACCESS_KEY"],
            "bucket_name": bucket,
            "region_name": region,
            "endpoint_url": endpoint or None,
            "signature_version": "s3v4",
            # Servers other than Amazon's seldom know a host for each bucket.
            "addressing_style": "path" if endpoint else "auto",
            # What is larger is kept in a temporary file while it is read: by default all of it would be in memory.
            "max_memory_size": 8 * 1024**2,
        }
        return cls(bucket, f"{endpoint or f'https://s3.{region}.amazonaws.com'}/{bucket}/", options)

    @staticmethod
    def _endpoint() -> str:
        text = str(read("str", "AWS_S3_ENDPOINT_URL", "")).rstrip("/")
        try:
            url = urlsplit(text)
            valid = not text or (url.scheme in {"http", "https"} and url.hostname and url.port != 0)
        except ValueError:
            valid = False
        if not valid or url.path or url.query or url.fragment or url.username:
            raise ImproperlyConfigured(f"AWS_S3_ENDPOINT_URL must look like https://s3.example.com, not {text!r}.")
        return text

    def media(self) -> dict[str, Any]:
        """Return the storage of attachments: nobody reads it without a signature."""
        disposition = {"ContentDisposition": "attachment"}
        options = {**self.options, "location": "uploads", "querystring_auth": True, "object_parameters": disposition}
        return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}

    def static(self, host: str = "") -> dict[str, Any]:
        """Return the storage of static files, under names that change with their content; `host` is a CDN's origin.

        A bucket doesn't ask what its caller can read, so scripts and styles lie there compressed, and only so.
        """
        url = urlsplit(host or self.address)
        options = {
            **self.options,
            "location": "static",
            "custom_domain": f"{url.netloc}{url.path}".rstrip("/"),
            "url_protocol": f"{url.scheme}:",
            "querystring_auth": False,
            "gzip": True,
            "object_parameters": {"CacheControl": "public, max-age=31536000, immutable"},
        }
        return {"BACKEND": "storages.backends.s3.S3ManifestStaticStorage", "OPTIONS": options}
