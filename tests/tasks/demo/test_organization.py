"""The demo organization: believable at first sight and true to the rules."""

import datetime
import re
from collections import Counter
from itertools import pairwise

import pytest
from django.contrib.auth import authenticate
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from taskmanager.accounts.models import Invitation, Organization, User
from taskmanager.tasks import cards, demo, jobs, queries, services
from taskmanager.tasks.demo import loading
from taskmanager.tasks.demo.comments import COMMENTS
from taskmanager.tasks.demo.items import FREE, PEOPLE
from taskmanager.tasks.demo.mobile import MOBILE
from taskmanager.tasks.demo.plans import periods
from taskmanager.tasks.demo.schedule import Clock, reorder, schedule
from taskmanager.tasks.demo.web_late import TOP_OF_WEB
from taskmanager.tasks.models import (
    Activity,
    Attachment,
    Comment,
    Epic,
    Notice,
    Project,
    SprintMembership,
    Task,
    Watcher,
)
from tests.queue import run_jobs
from tests.tasks.demo.measures import PASSWORD, snapshot

# What changes nothing of the task itself.
SAYING = {"commented", "edited_comment", "attached"}
SOME_MONDAY = datetime.datetime(2026, 3, 2, tzinfo=datetime.UTC)
# Deep in the night, while people work, and in the evening of each day of a week.
MOMENTS = [
    SOME_MONDAY + datetime.timedelta(days=day, hours=hour, minutes=40) for day in range(7) for hour in (0, 8, 13, 23)
]


def titles(project: Project, status: str) -> list[str]:
    return [task.title for task in queries.column_page(project, status).tasks]


def test_it_is_a_team_with_two_projects(ada):
    organization = ada.organization
    assert (organization.name, organization.slug, organization.is_demo) == ("Acme", "acme", True)
    assert [(project.key, project.name) for project in Project.objects.of(organization).oldest_first()] == [
        ("WEB", "Web"),
        ("APP", "Mobile"),
    ]
    roles = {
        user.username: "+".join(sorted(user.groups.values_list("name", flat=True)))
        for user in User.objects.of(organization)
    }
    assert len(roles) == 8
    assert (roles["ada"], roles["ed"], roles["cleo"]) == ("Admin", "Editor", "Creator")
    assert Counter(roles.values())["Creator+Editor"] == 4
    assert all(user.get_full_name() and user.email.endswith("@acme.example") for user in User.objects.of(organization))


def test_an_invitation_waits_and_sends_no_mail(ada):
    invitation = Invitation.objects.of(ada.organization).open().get()
    assert (invitation.email, invitation.roles) == ("nora@acme.example", "Creator Editor")
    assert not DBTaskResult.objects.filter(task_path__contains="mail_invitation").exists()


def test_everybody_has_the_password(ada):
    for user in User.objects.of(ada.organization):
        assert authenticate(organization="acme", username=user.username, password=PASSWORD) == user


def test_there_is_work_in_every_state(ada, web):
    statuses = Counter(Task.objects.filter(project=web).values_list("status", flat=True))
    assert statuses == {"UNASSIGNED": 24, "IN_PROGRESS": 7, "DONE": 75, "ARCHIVED": 8}
    priorities = Counter(Task.objects.of(ada.organization).values_list("priority", flat=True))
    assert priorities["URGENT"] < priorities["LOW"] < priorities["HIGH"] < priorities["MEDIUM"]
    today = timezone.localdate()
    unfinished = Task.objects.of(ada.organization).filter(status__in=["UNASSIGNED", "IN_PROGRESS"])
    week = today + datetime.timedelta(days=7)
    assert 2 <= unfinished.filter(due_date__lt=today).count() <= 6
    assert unfinished.filter(due_date__range=(today, week)).count() >= 3
    assert unfinished.filter(due_date=None).count() >= 10


def test_the_board_looks_like_its_sketch(web):
    assert titles(web, "UNASSIGNED")[:3] == [
        "Payments webhook drops events when the signature clock drifts",
        "Let people sign in with a passkey",
        "Empty states for search and reports",
    ]
    assert titles(web, "IN_PROGRESS")[:3] == [
        "Import from a Jira export without losing comments",
        "Two people drag the same card: show who was first, keep what the other typed",
        "Burndown counts tasks that were added after the sprint began",
    ]
    assert titles(web, "DONE")[:3] == [
        "Rate limits answer with Retry-After",
        "Keyboard: move a card between columns",
        "Backup and restore in one file",
    ]


def test_what_was_completed_last_is_on_top(ada):
    for project in Project.objects.of(ada.organization):
        times = list(Task.objects.column(project, "DONE").values_list("completed_at", flat=True))
        assert times == sorted(times, reverse=True)


def test_history_ends_in_what_the_task_is(ada):
    """Each change starts from what the one before left, and the last one is how it is now."""
    known = 0
    for task in Task.objects.of(ada.organization).prefetch_related("activities"):
        lines = sorted(task.activities.all(), key=lambda line: line.pk)
        assert lines[0].verb == "created"
        changes = [line for line in lines if line.verb not in SAYING or "watchers" in line.changes]
        assert [line.version for line in changes] == list(range(1, task.version + 1))
        values: dict[str, object] = {}
        for line in changes:
            for name, (old, new) in line.changes.items():
                if name == "sprint":
                    continue  # one of several: planning into the next takes it out of none
                assert values.get(name, old) == old, (task, name)
                values[name] = new
        values.pop("owner", None)
        if "watchers" in values:
            assert values.pop("watchers") == queries.watchers_of(task)
        now = {name: services.comparable(getattr(task, name)) for name in values}
        assert values == now, task
        owners = [line.changes["owner"] for line in lines if "owner" in line.changes]
        assert task.owner_id == (owners[-1][1] if owners else None)
        known += len(lines)
    assert known == Activity.objects.exclude(task=None).count()


def test_people_watch_some_tasks_and_nobody_gets_a_mail_of_the_past(ada):
    watched = Watcher.objects.filter(organization=ada.organization)
    assert {"ops@example.com", "cleo@acme.example"} <= set(watched.values_list("email", flat=True))
    assert all(email.endswith((".example", "@example.com")) for email in watched.values_list("email", flat=True))
    assert not Notice.objects.exists()
    assert not DBTaskResult.objects.filter(task_path=jobs.mail_watchers.module_path).exists()


def test_loading_it_leaves_the_mails_of_others_in_the_queue(oscar):
    board = Project.objects.of(oscar.organization).get()
    task = services.create_task(board, actor=oscar, title="Foreign", watchers=["a@globex.example"])
    services.claim_task(task, actor=oscar)
    demo.load(PASSWORD)
    mails = DBTaskResult.objects.filter(task_path=jobs.mail_watchers.module_path)
    assert (Notice.objects.count(), mails.count()) == (1, 1)


def test_times_agree_with_history_and_nothing_lies_ahead(ada):
    now = timezone.now()
    lines = list(Activity.objects.of(ada.organization).order_by("pk"))
    assert all(one.created_at <= next_one.created_at for one, next_one in pairwise(lines))
    assert lines[-1].created_at <= now
    assert now - datetime.timedelta(days=100) < lines[0].created_at < now - datetime.timedelta(days=80)
    assert ada.organization.created_at < timezone.now()
    organization = Organization.objects.get(pk=ada.organization_id)
    assert organization.created_at < lines[0].created_at
    for task in Task.objects.of(organization).prefetch_related("activities"):
        of_task = [line for line in lines if line.task_id == task.pk and line.verb not in SAYING]
        assert (task.created_at, task.updated_at) == (of_task[0].created_at, of_task[-1].created_at)
        completions = [line for line in of_task if line.changes.get("completed_at", [None, None])[1]]
        for line in completions:
            assert line.changes["completed_at"][1] == line.created_at.isoformat()
        if task.status == Task.Status.ARCHIVED:
            assert task.archived_at == of_task[-1].created_at
        if task.status == Task.Status.DONE:
            assert task.completed_at == completions[-1].created_at > task.created_at
        for day in [task.due_date, *due_dates(of_task)]:
            assert day is None or day >= task.created_at.date()


def test_comments_are_dated_as_their_history_is(ada):
    for comment in Comment.objects.of(ada.organization).prefetch_related("activities"):
        lines = sorted(comment.activities.all(), key=lambda line: line.pk)
        times = [comment.created_at, *([comment.edited_at] if comment.edited_at else [])]
        assert [line.created_at for line in lines] == times
        assert {line.actor_id for line in lines} == {comment.author_id}


def test_people_talk_about_their_work(ada, web):
    comments = Comment.objects.of(ada.organization)
    assert comments.count() == sum(len(said) for said in COMMENTS.values()) >= 50
    assert comments.values("author").distinct().count() == 8
    assert comments.exclude(edited_at=None).exists()
    assert set(COMMENTS) <= {item.title for item in [*loading.WEB, *MOBILE]}
    labels = [card.comments_label for card in cards.column(queries.column_page(web, "UNASSIGNED"), ada).cards]
    assert labels[:3] == ["5 comments", "2 comments", "1 comment"]


def due_dates(lines: list[Activity]) -> list[datetime.date]:
    days = [day for line in lines for day in line.changes.get("due_date", [])]
    return [datetime.date.fromisoformat(day) for day in days if day]


def test_some_tasks_have_files_as_old_as_their_history(ada):
    run_jobs()
    attachments = Attachment.objects.of(ada.organization)
    assert {each.preview for each in attachments} == {"READY", "NONE"}
    for attachment in attachments:
        lines = attachment.task.activities.filter(verb="attached")
        [line] = [line for line in lines if attachment.name in line.changes["attachments"][1]]
        assert (line.created_at, line.actor) == (attachment.created_at, attachment.uploader)


def test_texts_refer_to_what_is_there(ada):
    tasks = Task.objects.of(ada.organization).select_related("project")
    references = {task.reference for task in tasks}
    texts = [task.description for task in tasks]
    assert sum(bool(text) for text in texts) > 0.8 * len(texts)
    text = "\n".join([*texts, *Comment.objects.of(ada.organization).values_list("text", flat=True)])
    assert "[[" not in text
    assert set(re.findall(r"\b(?:WEB|APP)-\d+", text)) <= references
    mentions = set(re.findall(r"(?<!\w)@(\w+)", text))
    assert {"samir", "ruth", "priya", "cleo"} <= mentions <= PEOPLE.keys()


def test_its_epics_are_those_of_the_sketch_and_each_has_come_far(ada, web):
    epics = Epic.objects.of(ada.organization).by_name().for_page()
    assert [epic.name for epic in epics] == ["API", "Accounts", "Billing", "Live board", "Onboarding"]
    assert all(5 <= epic.task_count >= epic.done_count > 0 for epic in epics)
    names = dict(Task.objects.filter(project=web).values_list("title", "epic__name"))
    assert names["Payments webhook drops events when the signature clock drifts"] == "Billing"
    assert names["Let people sign in with a passkey"] == "Accounts"
    assert names["Empty states for search and reports"] == "Onboarding"
    assert names["Rate limits answer with Retry-After"] == "API"
    assert names["Keyboard: move a card between columns"] == "Live board"
    assert names["Backup and restore in one file"] is None


def test_its_sprints_follow_each_other_and_sprint_14_is_active(ada, web):
    sprints = list(web.sprints.in_order().for_page())
    assert [sprint.name for sprint in sprints] == [f"Sprint {number}" for number in range(8, 16)]
    for one, following in pairwise(sprints):
        assert following.start_date == one.end_date + datetime.timedelta(days=1)
    assert [sprint.name for sprint in web.sprints.active(timezone.localdate())] == ["Sprint 14"]
    assert all(sprint.task_count >= 3 for sprint in sprints)
    assert 0 < sprints[6].done_count < sprints[6].task_count
    for membership in SprintMembership.objects.select_related("task"):
        assert membership.task.created_at <= membership.planned_at <= timezone.now()


@pytest.mark.once
@pytest.mark.parametrize("now", MOMENTS, ids=str)
def test_there_is_an_active_sprint_whenever_it_is_loaded(now):
    active = periods(Clock(now))[-2]
    assert (active.name, active.has(now)) == ("Sprint 14", True)


def test_titles_are_unique():
    items = [*loading.WEB, *MOBILE]
    assert len({item.title for item in items}) == len(items)


def test_it_is_the_same_each_time(roles):
    now = timezone.now()
    first = snapshot(demo.load(PASSWORD, now=now).organization)
    second = snapshot(demo.load(PASSWORD, now=now, reset=True).organization)
    assert first == second


@pytest.mark.once
@pytest.mark.parametrize("now", MOMENTS, ids=str)
def test_people_work_on_weekdays_and_dates_fit_whenever_it_is_loaded(now):
    clock = Clock(now)
    acts = [
        *schedule(loading.WEB, clock, first=loading.WEB_BEGAN, last=loading.WEB_ENDS),
        *schedule(MOBILE, clock, first=loading.MOBILE_BEGAN, last=loading.MOBILE_ENDS),
    ]
    latest = min(act.age for act in acts)
    assert latest > loading.LAST_REORDERED
    for act in [*acts, *reorder(TOP_OF_WEB, clock, age=loading.LAST_REORDERED)]:
        assert act.at <= now
        assert act.at.weekday() < 5
        assert datetime.time(8, 30) <= act.at.time() <= datetime.time(17, 30)
    histories: dict[str, list] = {}
    for act in acts:
        histories.setdefault(act.item.title, []).append(act)
    for lines in histories.values():
        ages = [act.age for act in lines]
        assert ages == sorted(ages, reverse=True)
        assert len(set(ages)) == len(ages)
        for act in lines:
            due = act.fields.get("due_date")
            assert due is None or due >= lines[0].at.date(), act.item.title
    overdue = [item for item in loading.WEB if item.status == FREE and item.due is not None and item.due < 0]
    assert all(clock.due(item.due, since=now.date()) < now.date() for item in overdue)


def test_age_zero_is_now_at_work_and_the_last_closing_time_otherwise():
    at_work = SOME_MONDAY + datetime.timedelta(hours=10)
    assert Clock(at_work).at(0) == at_work
    last_friday = SOME_MONDAY - datetime.timedelta(days=3)
    closing_time = last_friday + datetime.timedelta(hours=17, minutes=30)
    for hours in (-20, 0, 8):
        assert Clock(SOME_MONDAY + datetime.timedelta(hours=hours)).at(0) == closing_time
    assert Clock(at_work).at(1) == last_friday + datetime.timedelta(hours=10)
