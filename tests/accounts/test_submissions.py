"""A form acts once: by the database and by the cache, one after the other and at the same time."""

import uuid

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.cache import cache
from django.utils import timezone

from taskmanager.accounts import submissions
from taskmanager.accounts.models import FormSubmission, Organization, User
from taskmanager.accounts.submissions import AlreadySubmitted, once
from taskmanager.tasks.models import Comment, Task
from tests.conftest import PASSWORD
from tests.racing import race
from tests.web.pages import HTMX, JSON, page, sentence

AGAIN = "This form has already been submitted."
KEY = uuid.UUID("6a0f6b62-5f0b-4ab5-9a4c-0a8f6f3d1c11")


@pytest.fixture(params=["database", "cache"])
def backend(request, settings) -> str:
    settings.FORM_SUBMISSION_BACKEND = request.param
    return request.param


def send(client, url, data, **headers):
    """Open the form, and send it with its UUID."""
    return client.post(url, {**data, "uuid": page(client.get(url)).values["uuid"]}, headers=headers)


def test_each_new_form_has_a_uuid_of_its_own(board, ada, browse):
    found = {page(browse(ada).get("/tasks/new/")).values["uuid"] for _turn in range(3)}
    assert len({uuid.UUID(each) for each in found}) == 3


def test_a_task_that_is_sent_again_is_made_once_and_shown(backend, board, ada, browse):
    client = browse(ada)
    data = {"title": "Try the restore", "uuid": str(KEY)}
    first, second = client.post("/tasks/new/", data), client.post("/tasks/new/", data)
    task = Task.objects.get()
    assert (first.status_code, first["Location"]) == (second.status_code, second["Location"])
    assert second["Location"] == f"/tasks/{task.pk}/"
    assert AGAIN in sentence(client.get(second["Location"]))


def test_the_back_button_brings_the_same_form_back(backend, board, ada, browse):
    client = browse(ada)
    key = page(client.get("/tasks/new/")).values["uuid"]
    for title in ("Try the restore", "Try the restore, all of it"):
        client.post("/tasks/new/", {"title": title, "uuid": key})
    assert [task.title for task in Task.objects.all()] == ["Try the restore"]


def test_a_form_that_was_refused_is_sent_again_with_the_same_uuid(backend, board, ada, browse):
    client = browse(ada)
    for wrong in ({"title": ""}, {"title": "x", "due_date": "2001-01-01"}):
        response = client.post("/tasks/new/", {**wrong, "uuid": str(KEY)})
        assert page(response).values["uuid"] == str(KEY)
        assert not Task.objects.exists()
    assert client.post("/tasks/new/", {"title": "x", "uuid": str(KEY)}).status_code == 302
    assert Task.objects.count() == 1


@pytest.mark.parametrize("sent", [{}, {"uuid": ""}])
def test_what_comes_without_a_uuid_acts_each_time(backend, sent, board, ada, browse):
    for _turn in range(2):
        assert browse(ada).post("/tasks/new/", {"title": "x", **sent}).status_code == 302
    assert Task.objects.count() == 2


def test_a_uuid_that_is_none_is_said_and_nothing_that_was_typed_is_lost(board, ada, browse):
    response = browse(ada).post("/tasks/new/", {"title": "Try the restore", "uuid": "1; DROP TABLE"})
    assert "This form was changed on its way." in sentence(response)
    shown = page(response).values
    assert shown["title"] == "Try the restore"
    assert browse(ada).post("/tasks/new/", shown).status_code == 302
    assert Task.objects.count() == 1


def test_anothers_uuid_is_simply_another_submission(backend, board, ada, cleo, oscar, browse):
    for user in (ada, cleo, oscar):
        response = browse(user).post("/tasks/new/", {"title": user.username, "uuid": str(KEY)}, follow=True)
        assert AGAIN not in sentence(response)
    assert sorted(task.title for task in Task.objects.all()) == ["ada", "cleo", "oscar"]


def test_another_form_with_the_same_uuid_is_another_submission(backend, task, ada, browse):
    client = browse(ada)
    client.post("/tasks/new/", {"title": "x", "uuid": str(KEY)})
    client.post(f"/tasks/{task.pk}/comments/", {"text": "x", "uuid": str(KEY)})
    assert (Task.objects.count(), Comment.objects.count()) == (2, 1)


@pytest.mark.parametrize("headers", [{}, HTMX, JSON], ids=["page", "htmx", "json"])
def test_a_comment_that_is_sent_again_stands_there_once(backend, headers, task, ada, browse):
    client = browse(ada)
    data = {"text": "Seen on staging too.", "uuid": str(KEY)}
    client.post(f"/tasks/{task.pk}/comments/", data, headers=headers)
    again = client.post(f"/tasks/{task.pk}/comments/", data, headers=headers)
    comment = Comment.objects.get()
    if headers == JSON:
        assert (again.status_code, again.json()["id"], again.json()["message"]) == (200, comment.pk, AGAIN)
    elif headers == HTMX:
        assert (again["HX-Retarget"], again["HX-Reswap"]) == ("#task", "outerHTML")
        assert sentence(again).count("Seen on staging too.") == 1
        assert AGAIN in sentence(again)
        assert page(again).values["uuid"] != str(KEY)
    else:
        assert again["Location"] == f"/tasks/{task.pk}/#comment-{comment.pk}"
        assert AGAIN in sentence(client.get(f"/tasks/{task.pk}/"))


def test_a_comment_that_was_deleted_meanwhile_is_not_written_again(backend, task, ada, browse):
    client = browse(ada)
    data = {"text": "Seen on staging too.", "uuid": str(KEY)}
    client.post(f"/tasks/{task.pk}/comments/", data)
    Comment.objects.get().delete()
    assert client.post(f"/tasks/{task.pk}/comments/", data)["Location"] == f"/tasks/{task.pk}/"
    assert client.post(f"/tasks/{task.pk}/comments/", data, headers=JSON).json() == {"message": AGAIN}
    assert not Comment.objects.exists()


REGISTRATION = {
    "organization": "Acme",
    "username": "ada",
    "email": "ada@acme.example",
    "password1": PASSWORD,
    "password2": PASSWORD,
}


def test_a_registration_that_is_sent_again_makes_one_organization_and_signs_in(backend, roles, browse):
    for _turn in range(2):
        client = browse()  # whose first answer was lost, with its cookie
        response = client.post("/accounts/register/", {**REGISTRATION, "uuid": str(KEY)}, follow=True)
    assert AGAIN in sentence(response)
    assert response.redirect_chain[-1][0] == "/"
    assert (Organization.objects.count(), User.objects.count()) == (1, 1)


def test_a_registrations_uuid_opens_nothing_without_its_password(backend, roles, browse):
    browse().post("/accounts/register/", {**REGISTRATION, "uuid": str(KEY)})
    passwords = {"password1": "another horse", "password2": "another horse"}
    client = browse()
    response = client.post("/accounts/register/", {**REGISTRATION, **passwords, "uuid": str(KEY)})
    assert (response.status_code, response["Location"]) == (302, "/accounts/login/")
    assert "acme" not in client.get("/accounts/login/").content.decode().lower()
    assert Organization.objects.count() == 1


def test_a_block_that_fails_leaves_its_uuid_free(backend, ada):
    with pytest.raises(ZeroDivisionError), once(KEY, actor=ada, form="/x/"):
        raise ZeroDivisionError
    with once(KEY, actor=ada, form="/x/") as submission:
        submission.made = "/y/"
    with pytest.raises(AlreadySubmitted) as error, once(KEY, actor=ada, form="/x/"):
        pytest.fail("It acted again.")
    assert error.value.made == "/y/"


def test_strangers_forms_are_told_apart_by_their_uuids_alone(backend, db):
    nobody = AnonymousUser()
    with once(KEY, actor=nobody, form="/contact/"):
        pass
    with once(uuid.uuid4(), actor=nobody, form="/contact/"):
        pass
    with pytest.raises(AlreadySubmitted), once(KEY, actor=nobody, form="/contact/"):
        pass


def test_old_submissions_go_when_new_ones_come(ada):
    old = timezone.now() - submissions.KEPT * 1.01
    FormSubmission.objects.bulk_create(
        FormSubmission(organization=ada.organization, user=ada, form="/x/", uuid=uuid.uuid4(), created_at=old)
        for _turn in range(5)
    )
    young = FormSubmission.objects.create(organization=ada.organization, user=ada, form="/x/", uuid=uuid.uuid4())
    with once(KEY, actor=ada, form="/x/"):
        pass
    assert {row.uuid for row in FormSubmission.objects.all()} == {KEY, young.uuid}


def test_the_cache_frees_what_a_dead_process_began(ada, settings, monkeypatch):
    settings.FORM_SUBMISSION_BACKEND = "cache"
    monkeypatch.setattr(submissions, "RUNNING_SECONDS", 1)
    with once(KEY, actor=ada, form="/x/") as submission:
        [name] = [f"submission:{ada.pk}:{form}:{KEY}" for form in [_digest("/x/")]]
        assert cache.get(name)[1] is None
        submission.made = "/y/"
    assert cache.get(name)[1] == "/y/"
    cache.set(name, ("of a dead process", None), 1)
    with once(KEY, actor=ada, form="/x/") as submission:
        submission.made = "/z/"
    assert cache.get(name)[1] == "/z/"


def test_the_cache_tells_who_waited_too_long_that_the_first_one_runs(ada, settings, monkeypatch):
    settings.FORM_SUBMISSION_BACKEND = "cache"
    monkeypatch.setattr(submissions, "WAIT_SECONDS", 0.1)
    with once(KEY, actor=ada, form="/x/"), pytest.raises(AlreadySubmitted) as error, once(KEY, actor=ada, form="/x/"):
        pass
    assert error.value.made == ""


def _digest(text: str) -> str:
    import hashlib

    return hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.django_db(transaction=True)
def test_of_racing_submissions_one_acts_and_the_others_see_what_it_made(backend, board, ada, browse):
    clients = [browse(ada) for _turn in range(6)]
    data = {"title": "Try the restore", "uuid": str(KEY)}
    answers = race([lambda client=client: client.post("/tasks/new/", data) for client in clients])
    task = Task.objects.get()
    assert {(answer.status_code, answer["Location"]) for answer in answers} == {(302, f"/tasks/{task.pk}/")}
    board.refresh_from_db()
    assert board.last_number == 1
    said = [AGAIN in sentence(client.get("/")) for client in clients]
    assert sorted(said) == [False] + [True] * 5


@pytest.mark.django_db(transaction=True)
def test_racing_registrations_make_one_organization(backend, roles, browse):
    data = {**REGISTRATION, "uuid": str(KEY)}
    answers = race([lambda: browse().post("/accounts/register/", data) for _turn in range(4)])
    assert {(answer.status_code, answer["Location"]) for answer in answers} == {(302, "/")}
    assert Organization.objects.count() == 1
