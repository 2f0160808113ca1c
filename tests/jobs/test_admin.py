"""Dead letters in Django's admin: for superusers alone, to be tried again or deleted."""

from types import SimpleNamespace

import pytest
from django.apps import apps
from django.contrib.admin import AdminSite
from django.test import Client, RequestFactory
from django.urls import reverse
from django_tasks_db.models import DBTaskResult

from taskmanager.accounts.models import User
from tests.jobs import sample

pytestmark = pytest.mark.skipif(not apps.is_installed("django.contrib.admin"), reason="there is no admin here")


@pytest.fixture
def job_admin():
    from taskmanager.jobs.admin import JobAdmin

    return JobAdmin(DBTaskResult, AdminSite())


@pytest.fixture
def superuser(ada):
    ada.is_staff = ada.is_superuser = True
    ada.save()
    return ada


def request_of(user: User):
    request = RequestFactory().get("/")
    request.user = user
    request.said = []
    request._messages = SimpleNamespace(add=lambda level, message, tags: request.said.append(message))
    return request


@pytest.fixture
def jobs(db) -> dict[str, DBTaskResult]:
    """One job in each state."""
    found = {}
    for status in ("READY", "RUNNING", "FAILED", "SUCCESSFUL"):
        result = sample.write.enqueue("/nowhere", status)
        DBTaskResult.objects.filter(pk=result.id).update(
            status=status, worker_ids=["a", "b"], traceback="Traceback <b>of</b> it" if status == "FAILED" else ""
        )
        found[status] = DBTaskResult.objects.get(pk=result.id)
    return found


def test_dead_letters_are_tried_again_with_all_their_attempts(job_admin, jobs, superuser):
    request = request_of(superuser)
    job_admin.try_again(request, DBTaskResult.objects.all())
    states = {pk: (row.status, len(row.worker_ids)) for pk, row in DBTaskResult.objects.in_bulk().items()}
    assert states == {
        jobs["READY"].pk: ("READY", 2),
        jobs["RUNNING"].pk: ("RUNNING", 2),
        jobs["FAILED"].pk: ("READY", 0),
        jobs["SUCCESSFUL"].pk: ("SUCCESSFUL", 2),
    }
    assert request.said == ["1 job will be tried again."]
    assert jobs["FAILED"].pk in DBTaskResult.objects.ready().values_list("pk", flat=True)


def test_jobs_are_deleted_except_while_they_run(job_admin, jobs, superuser):
    request = request_of(superuser)
    job_admin.delete(request, DBTaskResult.objects.all())
    assert [job.status for job in DBTaskResult.objects.all()] == ["RUNNING"]
    assert request.said == ["3 jobs deleted."]


def test_only_superusers_see_jobs_and_nobody_writes_them(job_admin, jobs, superuser, ed):
    ed.is_staff = True
    for user, may in ((superuser, True), (ed, False)):
        request = request_of(user)
        assert job_admin.has_module_permission(request) is may
        assert job_admin.has_view_permission(request, jobs["FAILED"]) is may
        assert not job_admin.has_add_permission(request)
        assert not job_admin.has_change_permission(request, jobs["FAILED"])
    assert list(job_admin.get_actions(request_of(superuser))) == ["try_again", "delete"]


def test_a_dead_letter_shows_what_went_wrong(job_admin, jobs):
    assert "Traceback &lt;b&gt;of&lt;/b&gt; it" in job_admin.formatted_traceback(jobs["FAILED"])
    assert job_admin.arguments(jobs["FAILED"]) == "/nowhere, FAILED"
    assert job_admin.attempts(jobs["FAILED"]) == 2


def test_the_pages_of_dead_letters_open(jobs, superuser):
    client = Client()
    client.force_login(superuser)
    base = "admin:django_tasks_database_dbtaskresult"
    listed = client.get(reverse(f"{base}_changelist"), {"status__exact": "FAILED"})
    assert "/nowhere, FAILED" in listed.content.decode()
    shown = client.get(reverse(f"{base}_change", args=[jobs["FAILED"].pk]))
    assert "Traceback &lt;b&gt;of&lt;/b&gt; it" in shown.content.decode()
    action = {"action": "try_again", "_selected_action": [str(jobs["FAILED"].pk)]}
    client.post(reverse(f"{base}_changelist"), action)
    assert DBTaskResult.objects.get(pk=jobs["FAILED"].pk).status == "READY"
