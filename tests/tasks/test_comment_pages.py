"""Comments on the page of a task: as fragments for htmx, as plain forms, as JSON; safe whatever is typed."""

import pytest
from django.test import Client

from taskmanager.tasks import services
from taskmanager.tasks.models import COMMENT_LENGTH, Comment
from tests.tasks.test_markdown import ATTACKS, Page

HTMX = {"HX-Request": "true"}
JSON = {"Accept": "application/json"}
QUERIES = [
    "session",
    "user with organization and permissions",
    "task with project, owner, creator and number of comments",
    "history with who acted and what they said",
    "people whom history names",
    "usernames",
    "projects of the header",
    "sprints of the task",
    "attachments with who attached them",
]


@pytest.fixture
def url(task) -> str:
    return f"/tasks/{task.pk}/comments/"


@pytest.fixture
def comment(task, cleo) -> Comment:
    return services.create_comment(task, actor=cleo, text="Which *keys*?")


def html(response) -> str:
    return response.content.decode()


def test_a_plain_form_leads_back_to_the_comment(task, url, cleo, browse):
    client = browse(cleo)
    response = client.post(url, {"text": "  Which keys, @ada?\r\nSee ACME-1.  "})
    comment = Comment.objects.get()
    assert comment.text == "Which keys, @ada?\nSee ACME-1."
    assert (response.status_code, response["Location"]) == (302, f"/tasks/{task.pk}/#comment-{comment.pk}")
    shown = html(client.get(f"/tasks/{task.pk}/"))
    assert f'id="comment-{comment.pk}"' in shown
    assert '<a href="/accounts/people/ada/" rel="noopener noreferrer nofollow">@ada</a>' in shown
    assert 'href="/t/ACME-1/"' in shown
    assert f'action="/tasks/{task.pk}/comments/"' in shown


def test_htmx_gets_an_empty_box_the_comment_to_append_and_the_card(task, url, cleo, browse):
    response = browse(cleo).post(url, {"text": "Which *keys*?"}, headers=HTMX)
    comment = Comment.objects.get()
    shown = html(response)
    assert response.status_code == 200
    assert '<ol hx-swap-oob="beforeend:#events">' in shown
    assert f'id="comment-{comment.pk}"' in shown
    assert "<em>keys</em>" in shown
    assert 'id="id_text"' in shown
    assert "hx-preserve" not in shown
    assert f'id="card-{task.pk}"' in shown
    assert "1 comment</span>" in shown
    assert "<html" not in shown
    assert response["HX-Trigger"] == '{"announce": {"value": "Comment added."}}'


def test_programs_get_json(task, url, comment, cleo, browse):
    client = browse(cleo)
    answer = client.post(url, {"text": "All of them."}, headers=JSON)
    made = Comment.objects.latest("pk")
    assert answer.status_code == 201
    assert answer.json() == {
        "id": made.pk,
        "task": task.pk,
        "author": {"id": cleo.pk, "username": "cleo"},
        "text": "All of them.",
        "created_at": answer.json()["created_at"],
        "edited_at": None,
        "version": 1,
    }
    changed = client.post(f"/comments/{made.pk}/edit/", {"text": "Two of them.", "version": 1}, headers=JSON)
    assert (changed.status_code, changed.json()["text"], changed.json()["version"]) == (200, "Two of them.", 2)
    refused = client.post(f"/comments/{made.pk}/edit/", {"text": "Three.", "version": 1}, headers=JSON)
    assert (refused.status_code, refused.json()) == (409, {"message": "This comment was edited meanwhile."})
    empty = client.post(url, {"text": " "}, headers=JSON)
    assert (empty.status_code, empty.json()) == (400, {"message": "Write something first."})
    empty = client.post(f"/comments/{made.pk}/edit/", {"text": " "}, headers=JSON)
    assert (empty.status_code, empty.json()) == (400, {"message": "Write something first."})
    assert client.post(f"/comments/{made.pk}/delete/", headers=JSON).status_code == 204
    assert Comment.objects.get() == comment


BAD_TEXTS = [
    ({}, "Write something first."),
    ({"text": ""}, "Write something first."),
    ({"text": " \r\n\t "}, "Write something first."),
    ({"text": "x" * (COMMENT_LENGTH + 1)}, "A comment has at most 20,000 characters. This one has 20001."),
    ({"text": "a\x00b"}, "Null characters are not allowed."),
    ({"text": "a\N{REPLACEMENT CHARACTER}b"}, "Some characters did not arrive as valid UTF-8. Please type them again."),
]


@pytest.mark.parametrize(("data", "said"), BAD_TEXTS, ids=[said for _data, said in BAD_TEXTS])
@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "htmx"])
def test_what_is_wrong_is_said_at_the_field_and_what_was_typed_stays(data, said, headers, url, cleo, browse):
    response = browse(cleo).post(url, data, headers=headers)
    shown = html(response)
    assert response.status_code == 200
    assert f'<ul class="errorlist" id="id_text_error"><li>{said}</li></ul>' in shown
    assert 'aria-invalid="true"' in shown
    assert "autofocus" in shown
    if data.get("text", "").startswith("x"):
        assert data["text"] in shown
    assert not Comment.objects.exists()


def test_text_that_was_no_utf8_is_refused(url, cleo, browse):
    response = browse(cleo).post(url, b"text=caf%E9", content_type="application/x-www-form-urlencoded")
    assert "did not arrive as valid UTF-8" in html(response)
    assert not Comment.objects.exists()


def test_line_ends_of_browsers_count_once(url, cleo, browse):
    text = "x\r\n" * (COMMENT_LENGTH // 2)
    assert browse(cleo).post(url, {"text": text}).status_code == 302
    assert len(Comment.objects.get().text) == COMMENT_LENGTH - 1


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_dangerous_survives_in_a_comment(attack, task, url, ada, browse):
    if "\x01" in attack:
        attack = attack.replace("\x01", "")
    client = browse(ada)
    shown = html(client.post(url, {"text": attack}, headers=HTMX))
    page = html(client.get(f"/tasks/{task.pk}/"))
    for answer in (shown, page):
        prose = answer.rpartition('<div class="prose">')[2].partition("</div>\n  </article>")[0]
        assert Page(prose).wrong == []


def test_the_author_is_offered_to_edit_and_to_delete_an_admin_to_delete(task, comment, cleo, ada, ed, browse):
    offers = {
        user.username: [act for act in ("edit", "delete") if f"/comments/{comment.pk}/{act}/" in shown]
        for user in (cleo, ada, ed)
        for shown in [html(browse(user).get(f"/tasks/{task.pk}/"))]
    }
    assert offers == {"cleo": ["edit", "delete"], "ada": ["delete"], "ed": []}


def test_editing_works_as_a_page(task, comment, cleo, browse):
    client = browse(cleo)
    shown = html(client.get(f"/comments/{comment.pk}/edit/"))
    assert "<html" in shown
    assert "Which *keys*?</textarea>" in shown
    assert '<input type="hidden" name="version" value="1" id="id_version">' in shown
    response = client.post(f"/comments/{comment.pk}/edit/", {"text": "All *keys*?", "version": "1"})
    assert (response.status_code, response["Location"]) == (302, f"/tasks/{task.pk}/#comment-{comment.pk}")
    assert ">edited</span>" in html(client.get(f"/tasks/{task.pk}/"))


def test_editing_works_in_place(comment, cleo, browse):
    client = browse(cleo)
    shown = html(client.get(f"/comments/{comment.pk}/edit/", headers=HTMX))
    assert "<html" not in shown
    assert f'<li class="comment" id="comment-{comment.pk}">' in shown
    assert f'id="id_text_{comment.pk}"' in shown
    response = client.post(f"/comments/{comment.pk}/edit/", {"text": "All *keys*?", "version": "1"}, headers=HTMX)
    assert f'<li class="comment" id="comment-{comment.pk}">' in html(response)
    assert "All <em>keys</em>?" in html(response)
    assert response["HX-Trigger"] == '{"announce": {"value": "Comment saved."}}'


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "htmx"])
def test_a_conflict_shows_both_texts_and_loses_none(headers, comment, cleo, browse):
    client = browse(cleo)
    services.edit_comment(comment, actor=cleo, version=1, text="From the <phone>")
    url = f"/comments/{comment.pk}/edit/"
    response = client.post(url, {"text": "From the desk", "version": "1"}, headers=headers)
    shown = html(response)
    assert response.status_code == 409
    assert '<div class="diff-text diff-theirs">From the &lt;phone&gt;</div>' in shown
    assert '<div class="diff-text diff-yours">From the desk</div>' in shown
    assert "From the desk</textarea>" in shown
    assert 'name="version" value="2"' in shown
    assert client.post(url, {"text": "From the desk", "version": "2"}).status_code == 302
    comment.refresh_from_db()
    assert comment.text == "From the desk"


@pytest.mark.parametrize("version", ["0", "-1", "two", "9" * 30])
def test_a_version_that_is_none_is_told_above_the_form(version, comment, cleo, browse):
    response = browse(cleo).post(f"/comments/{comment.pk}/edit/", {"text": "Later", "version": version})
    assert response.status_code == 200
    assert "names a version of the comment that doesn&#x27;t exist" in html(response)


@pytest.mark.parametrize(("data", "said"), BAD_TEXTS, ids=[said for _data, said in BAD_TEXTS])
def test_an_edit_is_checked_as_a_new_comment_is(data, said, comment, cleo, browse):
    response = browse(cleo).post(f"/comments/{comment.pk}/edit/", {**data, "version": "1"})
    assert (response.status_code, said in html(response)) == (200, True)
    comment.refresh_from_db()
    assert comment.version == 1


def test_a_comment_among_older_ones_is_read_where_it_stands(task, comment, cleo, browse):
    for number in range(50):
        services.create_comment(task, actor=cleo, text=str(number))
    response = browse(cleo).post(f"/comments/{comment.pk}/edit/", {"text": "Edited", "version": "1"})
    address, _, anchor = response["Location"].partition("#")
    assert "?before=" in address
    page = html(browse(cleo).get(address))
    assert f'id="{anchor}"' in page
    assert "Show newest" in page
    # What is written from there is read on the newest part: no fragment is appended to the wrong one.
    assert f'hx-post="/tasks/{task.pk}/comments/"' not in page


def test_deleting_asks_first_and_works_as_a_page(task, comment, ada, browse):
    client = browse(ada)
    shown = html(client.get(f"/comments/{comment.pk}/delete/"))
    assert "Delete this comment for good?" in shown
    assert "Which <em>keys</em>?" in shown
    assert Comment.objects.exists()
    response = client.post(f"/comments/{comment.pk}/delete/", follow=True)
    assert response.redirect_chain == [(f"/tasks/{task.pk}/", 302)]
    assert "Comment deleted." in html(response)
    assert "deleted a comment by Cleo Marsh" in html(response)
    assert not Comment.objects.exists()


def test_deleting_asks_first_and_works_in_place(task, comment, cleo, browse):
    client = browse(cleo)
    shown = html(client.get(f"/comments/{comment.pk}/delete/", headers=HTMX))
    assert "<html" not in shown
    assert "It can’t be undone." in shown
    response = client.post(f"/comments/{comment.pk}/delete/", headers=HTMX)
    assert '<li class="event">' in html(response)
    assert "Cleo Marsh</b> deleted a comment" in html(response)
    assert f'id="card-{task.pk}"' in html(response)
    assert " comment</span>" not in html(response)


@pytest.mark.parametrize("act", ["edit", "delete"])
@pytest.mark.parametrize("headers", [{}, HTMX, JSON], ids=["page", "htmx", "json"])
def test_a_colleague_may_not_and_a_stranger_finds_nothing(act, headers, comment, ed, oscar, browse):
    url = f"/comments/{comment.pk}/{act}/"
    data = {"text": "Mine now", "version": "1"}
    for method in ("get", "post"):
        assert getattr(browse(ed), method)(url, data, headers=headers).status_code == 403
        assert getattr(browse(oscar), method)(url, data, headers=headers).status_code == 404
    comment.refresh_from_db()
    assert comment.version == 1


@pytest.mark.parametrize("headers", [{}, HTMX, JSON], ids=["page", "htmx", "json"])
def test_there_is_nothing_to_say_about_what_is_not_there(headers, task, url, ada, oscar, browse):
    assert browse(oscar).post(url, {"text": "Hello"}, headers=headers).status_code == 404
    services.delete_task(task, actor=ada)
    assert browse(ada).post(url, {"text": "Hello"}, headers=headers).status_code == 404
    assert browse(ada).get("/comments/999999/edit/", headers=headers).status_code == 404
    assert not Comment.objects.exists()


def test_wrong_methods_and_people_without_a_sign_in_are_refused(url, comment, cleo, browse):
    assert browse(cleo).get(url).status_code == 405
    assert browse(cleo).put(f"/comments/{comment.pk}/edit/").status_code == 405
    assert browse(cleo).put(f"/comments/{comment.pk}/delete/").status_code == 405
    for address in (url, f"/comments/{comment.pk}/edit/", f"/comments/{comment.pk}/delete/"):
        assert Client().post(address, {"text": "x"})["Location"].startswith("/accounts/login/")
    assert Client(enforce_csrf_checks=True).post(url, {"text": "x"}).status_code in {302, 403}


@pytest.mark.parametrize("count", [1, 70])
def test_the_page_takes_the_same_queries_with_any_number_of_comments(
    count, task, ada, ed, cleo, browse, settings, django_assert_max_num_queries
):
    services.edit_task(task, actor=ada, version=1, owner=ed, description="ACME-1 by @ed")
    services.edit_task(task, actor=ada, version=2, owner=cleo)
    for number in range(count):
        services.create_comment(task, actor=(ada, ed, cleo)[number % 3], text=f"ACME-{number + 1} for @ed, {number}")
    services.edit_task(task, actor=ada, version=3, owner=ed)
    client = browse(ada)
    legend = QUERIES[1:] if settings.REDIS_URL else QUERIES
    assert len(legend) <= 9
    with django_assert_max_num_queries(len(legend)) as captured:
        client.get(f"/tasks/{task.pk}/")
    assert len(captured) == len(legend)


def test_what_is_typed_outlives_a_change_of_the_task_around_it(task, ada, browse):
    assert 'hx-preserve="true"' in html(browse(ada).get(f"/tasks/{task.pk}/"))
