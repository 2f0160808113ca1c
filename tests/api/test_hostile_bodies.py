"""Whatever is sent, the answer is a refusal that says so in JSON, and never an error of ours."""

import pytest

HUGE = 10 * 1024 * 1024


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"[" * 100_000 + b"]" * 100_000, "application/json"),
        (b'{"title": ' + b"1" * 5000 + b"}", "application/json"),
        (b'{"title": "x", "owner": ' + b"9" * 400 + b"}", "application/json"),
        (b'{"title": "a\\u0000b"}', "application/json"),
        (b'{"title": "\\ud800"}', "application/json"),
        (b'{"title": NaN}', "application/json"),
        (b"\xff\xfe\x00", "application/json"),
        (b"title=x", "application/x-www-form-urlencoded"),
        (b"--x\r\n", "multipart/form-data; boundary=x"),
        (b"x", "multipart/form-data"),
        (b"<title/>", "application/xml; charset=no-such-charset"),
        (b'"' + b"a" * HUGE + b'"', "application/json"),
        (b'{"title": "' + b"a" * HUGE + b'"}', "application/json"),
    ],
    ids=lambda value: value[:16].decode("latin-1") if isinstance(value, bytes) else value,
)
@pytest.mark.parametrize("path", ["/tasks/", "/epics/", "/tasks/{pk}/comments", "/tasks/{pk}/attachments"])
def test_a_hostile_body_is_refused(ada, task, caller, path, body, kind):
    # Not post(): the client itself would read the body.
    response = caller(ada).client.generic("POST", f"/api/v1{path.format(pk=task.pk)}", body, content_type=kind)
    assert response.status_code in {400, 413, 415, 422}, response.content[:300]
    assert response["Content-Type"].startswith("application/json")
    assert set(response.json()) <= {"message", "detail"}
