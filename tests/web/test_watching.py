"""Watching on the pages: the button, the field of the form, and the way out of the mails."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from taskmanager.tasks import jobs, queries, services
from taskmanager.tasks.forms import EmailListField
from taskmanager.tasks.models import Task, Watcher
from tests.web.pages import HTMX, JSON, page, sentence

BO, AL = "bo@example.com", "al@example.com"
INVALID = "One or more email addresses are not valid"


@pytest.fixture
def watched(board, ada) -> Task:
    return services.create_task(board, actor=ada, title="Rotate the signing keys", watchers=[BO])


def watchers(task: Task) -> list[str]:
    return queries.watchers_of(Task.objects.get(pk=task.pk))


def link(task: Task, email: str = BO) -> str:
    return f"/unsubscribe/{jobs.unsubscribe_token(task.pk, email)}/"


def test_a_click_watches_and_another_stops_it(watched, cleo, browse):
    client = browse(cleo)
    url = f"/tasks/{watched.pk}/"
    shown = client.get(url)
    assert BO in sentence(shown)
    assert "Stop watching" not in sentence(shown)
    response = client.post(f"{url}watch/", headers={"Referer": f"http://testserver{url}"}, follow=True)
    assert response.redirect_chain == [(f"http://testserver{url}", 302)]
    assert "You watch ACME-1: mails go to cleo@acme.example." in sentence(response)
    assert "Stop watching" in sentence(response)
    assert watchers(watched) == [BO, "cleo@acme.example"]
    client.post(f"{url}unwatch/")
    assert watchers(watched) == [BO]


def test_the_button_answers_with_the_task_to_htmx_and_with_the_task_in_json(watched, cleo, browse):
    client = browse(cleo)
    response = client.post(f"/tasks/{watched.pk}/watch/", headers={**HTMX, "HX-Target": "task"})
    assert response.status_code == 200
    assert page(response).has("article", id="task")
    assert "Stop watching" in response.content.decode()
    response = client.post(f"/tasks/{watched.pk}/unwatch/", headers=JSON)
    assert response.json()["watchers"] == [BO]


def test_a_full_task_says_so(board, ada, cleo, browse):
    full = [f"{number}@example.com" for number in range(50)]
    task = services.create_task(board, actor=ada, title="Popular", watchers=full)
    response = browse(cleo).post(f"/tasks/{task.pk}/watch/", headers=JSON)
    assert (response.status_code, response.json()) == (400, {"message": "A task has at most 50 watchers."})


def test_watchers_are_typed_when_a_task_is_created(board, cleo, browse):
    browse(cleo).post("/tasks/new/", {"title": "Try the restore", "watchers": f" {BO.upper()}, {AL};\r\n{BO},,"})
    assert watchers(Task.objects.get()) == [AL, BO]


def test_watchers_are_edited_with_the_task(watched, ada, browse):
    client = browse(ada)
    url = f"/tasks/{watched.pk}/edit/"
    assert page(client.get(url)).values["watchers"] == BO
    client.post(url, {"version": "1", "title": watched.title, "watchers": f"{BO}, {AL}"})
    assert watchers(watched) == [AL, BO]
    client.post(url, {"version": "2", "title": watched.title, "watchers": ""})
    assert watchers(watched) == []


def test_a_form_that_leaves_the_field_out_leaves_the_watchers_alone(watched, ada, browse):
    browse(ada).post(f"/tasks/{watched.pk}/edit/", {"version": "1", "title": "Another"})
    assert watchers(watched) == [BO]


def test_an_address_that_is_none_is_named_and_nothing_that_was_typed_is_lost(watched, ada, browse, rows):
    before = rows()
    typed = f"{BO}, nobody, <b>@x, {AL}"
    form = {"version": "1", "title": "Another", "watchers": typed}
    response = browse(ada).post(f"/tasks/{watched.pk}/edit/", form)
    assert response.status_code == 200
    assert f"{INVALID}: nobody, &lt;b&gt;@x." in response.content.decode()
    assert page(response).values["watchers"] == typed
    assert rows() == before


def test_watchers_that_two_people_edit_are_shown_side_by_side(watched, ada, ed, browse):
    services.watch_task(watched, actor=ed)
    form = {"version": "1", "title": watched.title, "watchers": AL}
    response = browse(ada).post(f"/tasks/{watched.pk}/edit/", form)
    assert response.status_code == 409
    assert page(response).values["watchers"] == AL
    assert f"{BO}, ed@acme.example" in sentence(response)
    again = {**form, "version": page(response).values["version"]}
    browse(ada).post(f"/tasks/{watched.pk}/edit/", again)
    assert watchers(watched) == [AL]


def test_a_conflict_elsewhere_keeps_watchers_that_came_meanwhile(watched, ada, ed, browse):
    services.edit_task(watched, actor=ada, version=1, title="Theirs")
    services.watch_task(watched, actor=ed)
    form = {"version": "1", "title": "Mine", "watchers": BO}
    response = browse(ada).post(f"/tasks/{watched.pk}/edit/", form)
    assert response.status_code == 409
    assert page(response).values["watchers"] == f"{BO}, ed@acme.example"


@pytest.mark.parametrize(
    ("typed", "addresses"),
    [
        ("", []),
        (" , ;\n", []),
        (f"{BO}", [BO]),
        (f"{BO},{AL}", [BO, AL]),
        (f"{BO};{AL}\n{BO.upper()}", [BO, AL]),
        ("bo@bücher.example", ["bo@bücher.example"]),
    ],
)
def test_the_field_takes_addresses_as_people_type_them(typed, addresses):
    assert EmailListField(required=False).clean(typed) == addresses


@pytest.mark.parametrize(
    "typed",
    [
        "bo",
        "bo@",
        "@example.com",
        f"{BO} {AL}",
        "Bo <bo@example.com>",
        '"a\x01b"@example.com',
        f"{'a' * 250}@example.com",
    ],
)
def test_the_field_refuses_what_is_no_address(typed):
    with pytest.raises(Exception, match=INVALID):
        EmailListField(required=False).clean(typed)


def test_the_field_takes_at_most_fifty_addresses():
    many = [f"{number}@example.com" for number in range(51)]
    assert len(EmailListField().clean(",".join(many[:50]))) == 50
    with pytest.raises(Exception, match="at most 50"):
        EmailListField().clean(",".join(many))


def test_the_way_out_needs_no_sign_in_and_tells_no_more_than_the_reference(watched):
    response = Client().get(link(watched))
    assert response.status_code == 200
    assert "Stop mails about ACME-1?" in sentence(response)
    for secret in (watched.title, "Acme", BO):
        assert secret not in response.content.decode()
    assert watchers(watched) == [BO]  # looking stops nothing: mail programs look, too


def test_one_click_stops_the_mails_and_a_second_says_that_they_had_stopped(watched):
    services.edit_task(watched, actor=watched.creator, version=1, watchers=[BO, AL])
    client = Client(enforce_csrf_checks=True)
    response = client.post(link(watched), {"List-Unsubscribe": "One-Click"})
    assert (response.status_code, watchers(watched)) == (200, [AL])
    assert "No more mails about ACME-1" in sentence(response)
    for again in (client.post(link(watched)), client.get(link(watched))):
        assert again.status_code == 200
        assert "These mails had stopped already" in sentence(again)
    assert watchers(watched) == [AL]


def test_the_button_of_the_page_stops_the_mails_too(watched, ed, browse):
    client = browse(ed)
    assert page(client.get(link(watched))).has("form", method="post", action=link(watched))
    client.post(link(watched))
    assert watchers(watched) == []


def test_a_token_outlives_a_pause_in_watching(watched, ed):
    services.watch_task(watched, actor=ed)
    old = link(watched, "ed@acme.example")
    services.unwatch_task(watched, actor=ed)
    services.watch_task(watched, actor=ed)
    Client().post(old)
    assert watchers(watched) == [BO]


def test_a_task_that_is_gone_sends_no_mails(watched, ada):
    url = link(watched)
    services.delete_task(watched, actor=ada)
    response = Client().get(url)
    assert response.status_code == 200
    assert "The task is gone" in sentence(response)


@pytest.mark.parametrize("change", [lambda t: t[:-1], lambda t: "x" + t, lambda _t: "x", lambda t: t.replace(":", "")])
def test_a_forged_token_is_a_page_that_helps(change, watched):
    token = jobs.unsubscribe_token(watched.pk, BO)
    for method in ("get", "post"):
        response = getattr(Client(), method)(f"/unsubscribe/{change(token)}/")
        assert response.status_code == 404
        assert "There is nothing here" in sentence(response)
    assert Watcher.objects.exists()


def test_the_page_costs_no_query_more_with_watchers(board, ada, browse):
    client, counts = browse(ada), []
    for emails in ([], [f"{number}@example.com" for number in range(50)]):
        task = services.create_task(board, actor=ada, title="Popular", watchers=emails)
        with CaptureQueriesContext(connection) as captured:
            response = client.get(f"/tasks/{task.pk}/")
        counts.append(len(captured))
    assert "49@example.com" in sentence(response)
    assert counts[0] == counts[1] <= 9
