"""Watching: who does, how it merges with edits, and which changes are noted for whom."""

import datetime

import pytest
from django.db import transaction
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from taskmanager.accounts.models import Role
from taskmanager.errors import NotAllowed, NotFound
from taskmanager.tasks import markdown, queries, services, timeline
from taskmanager.tasks.models import Notice, Task, Watcher

BO = "bo@example.com"


@pytest.fixture
def watched(board, ada) -> Task:
    """ACME-1, which Bo from outside watches."""
    return services.create_task(board, actor=ada, title="Rotate the signing keys", watchers=[BO])


def watchers(task: Task) -> list[str]:
    return queries.watchers_of(Task.objects.get(pk=task.pk))


def sentences(user, task: Task) -> list[str]:
    events = [entry.event for entry in timeline.read(task, user).entries]
    return [
        " ".join([event.actor_name, event.sentence, *(f"{c.label}: {c.old} → {c.new}" for c in event.changes)])
        for event in events
    ]


def told() -> list[tuple[str, str]]:
    return list(Notice.objects.order_by("pk").values_list("watcher__email", "activity__verb"))


@pytest.mark.parametrize("given", [[], [Role.CREATOR], [Role.EDITOR], [Role.ADMIN]], ids=str)
def test_every_member_may_watch_and_stop(given, watched, member, ada):
    vi = member("vi", *given)
    services.watch_task(watched, actor=vi)
    assert watchers(watched) == [BO, "vi@acme.example"]
    services.unwatch_task(watched, actor=vi)
    assert watchers(watched) == [BO]
    assert sentences(ada, watched)[1:] == ["vi started watching", "vi stopped watching"]


def test_watching_twice_is_watching_once(watched, ed):
    for _ in range(2):
        services.watch_task(watched, actor=ed)
    assert (watchers(watched), watched.activities.count()) == ([BO, "ed@acme.example"], 2)
    for _ in range(2):
        services.unwatch_task(watched, actor=ed)
    assert (watchers(watched), watched.activities.count()) == ([BO], 3)


def test_a_stranger_or_a_deactivated_member_watches_nothing(watched, oscar, ed):
    ed.is_active = False
    for actor in (oscar, ed):
        for act in (services.watch_task, services.unwatch_task):
            with pytest.raises(NotFound):
                act(watched, actor=actor)
    assert watchers(watched) == [BO]


def test_watching_is_another_version_but_no_news_of_the_work(watched, ed):
    before = Task.objects.get(pk=watched.pk)
    services.watch_task(watched, actor=ed)
    after = Task.objects.get(pk=watched.pk)
    assert (after.version, after.updated_at) == (2, before.updated_at)


def test_addresses_fold_without_regard_to_case(board, ada):
    typed = ["Bo@Example.com", "bo@example.COM", " al@example.com "]
    task = services.create_task(board, actor=ada, title="Fold", watchers=typed)
    assert watchers(task) == ["al@example.com", BO]


def test_an_edit_replaces_the_watchers_and_history_says_how(watched, ada):
    services.edit_task(watched, actor=ada, version=1, watchers=["al@example.com"])
    assert watchers(watched) == ["al@example.com"]
    assert sentences(ada, watched)[-1] == "ada edited it Watchers: bo@example.com → al@example.com"
    services.edit_task(watched, actor=ada, version=2, watchers=[])
    assert sentences(ada, watched)[-1] == "ada edited it Watchers: al@example.com → nobody"


def test_the_same_watchers_in_another_order_are_no_change(watched, ada):
    services.edit_task(watched, actor=ada, version=1, watchers=["al@example.com", BO])
    saved = services.edit_task(watched, actor=ada, version=2, watchers=[BO.upper(), "al@example.com"])
    assert saved.version == 2


def test_an_edit_that_began_before_somebody_watched_does_not_end_that(watched, ada, ed):
    services.watch_task(watched, actor=ed)
    services.edit_task(watched, actor=ada, version=1, title="Another", watchers=[BO])
    assert watchers(watched) == [BO, "ed@acme.example"]


def test_two_edits_of_the_watchers_are_a_conflict_that_shows_both(watched, ada, ed):
    services.watch_task(watched, actor=ed)
    with pytest.raises(services.EditConflict) as caught:
        services.edit_task(watched, actor=ada, version=1, watchers=[])
    [field] = caught.value.fields
    assert (field.field, field.yours, field.theirs, field.actor) == ("watchers", [], [BO, "ed@acme.example"], ed)
    assert watchers(watched) == [BO, "ed@acme.example"]


def test_who_may_not_change_the_task_chooses_no_watchers(watched, ed, cleo):
    for actor in (ed, cleo):
        with pytest.raises(NotAllowed):
            services.edit_task(watched, actor=actor, version=1, watchers=[])
    assert watchers(watched) == [BO]


def test_a_task_has_at_most_fifty_watchers(board, ada, ed):
    fifty = [f"{number}@example.com" for number in range(50)]
    task = services.create_task(board, actor=ada, title="Popular", watchers=fifty)
    with pytest.raises(services.TooManyWatchers, match="at most 50"):
        services.watch_task(task, actor=ed)
    services.create_comment(task, actor=ada, text="@ed look")  # which must not fail for that
    assert len(watchers(task)) == 50


def test_deleting_a_task_deletes_its_watchers_and_what_they_were_to_hear(watched, ada):
    services.claim_task(watched, actor=ada)
    services.delete_task(watched, actor=ada)
    assert not Watcher.objects.exists()
    assert not Notice.objects.exists()


def test_whom_a_comment_names_watches_from_then_on(watched, ada, ed, cleo, oscar):
    services.create_comment(watched, actor=ada, text="@Ed, `@cleo` and @oscar: look, or ask x@cleo.example")
    assert watchers(watched) == [BO, "ed@acme.example"]
    assert told() == [(BO, "commented"), ("ed@acme.example", "commented")]
    services.edit_task(watched, actor=ada, version=1, watchers=[BO], title="From the form of before")
    assert watchers(watched) == [BO, "ed@acme.example"]


def test_whom_an_edited_comment_names_anew_watches_and_who_stopped_is_left_alone(watched, ada, ed, cleo):
    comment = services.create_comment(watched, actor=ada, text="@ed look")
    services.unwatch_task(watched, actor=ed)
    services.edit_comment(comment, actor=ada, version=1, text="@ed and @cleo look")
    assert watchers(watched) == [BO, "cleo@acme.example"]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("@ed", {"ed"}),
        ("**@Ed.** and\n\n- @cleo", {"ed", "cleo"}),
        ("`@ed` and\n\n    @cleo\n", set()),
        ("[@ed](https://example.com) mail@ed.example", set()),
        ("", set()),
    ],
)
def test_a_mention_is_what_becomes_a_link(text, names):
    assert markdown.mentions(text) == names


NEWS = {
    "commented": lambda task, actor: services.create_comment(task, actor=actor, text="Look."),
    "claimed": lambda task, actor: services.claim_task(task, actor=actor),
    "claimed optimistically": lambda task, actor: services.claim_task_optimistically(task, actor=actor),
    "completed": lambda task, actor: services.move_task(task, actor=actor, status="DONE"),
    "archived": lambda task, actor: services.archive_task(task, actor=actor),
    "status": lambda task, actor: services.edit_task(task, actor=actor, version=1, status="DONE"),
    "owner": lambda task, actor: services.edit_task(task, actor=actor, version=1, owner=actor),
    "due date": lambda task, actor: services.edit_task(
        task, actor=actor, version=1, due_date=timezone.now().date() + datetime.timedelta(days=9)
    ),
}
NO_NEWS = {
    "title": lambda task, actor: services.edit_task(task, actor=actor, version=1, title="Another"),
    "priority": lambda task, actor: services.edit_task(task, actor=actor, version=1, priority="LOW"),
    "place": lambda task, actor: services.move_task(task, actor=actor, status="UNASSIGNED"),
    "watchers": lambda task, actor: services.watch_task(task, actor=actor),
    "nothing": lambda task, actor: services.edit_task(task, actor=actor, version=1, title=task.title),
}


@pytest.mark.parametrize("act", NEWS.values(), ids=NEWS.keys())
def test_a_change_that_matters_is_noted_for_each_watcher_with_one_job(act, watched, ada, settings):
    settings.NOTIFICATION_DELAY = 120
    act(watched, ada)
    [notice] = Notice.objects.select_related("activity")
    assert (notice.watcher.email, notice.activity) == (BO, watched.activities.latest("pk"))
    job = DBTaskResult.objects.get()
    assert (job.task_path, job.args_kwargs["args"]) == ("taskmanager.tasks.jobs.mails.mail_watchers", [watched.pk])
    assert job.run_after == notice.created_at + datetime.timedelta(seconds=120)


def test_a_release_is_noted(watched, ada, ed):
    services.claim_task(watched, actor=ed)
    services.release_task(watched, actor=ada)
    assert told() == [(BO, "claimed"), (BO, "released")]


@pytest.mark.parametrize("act", NO_NEWS.values(), ids=NO_NEWS.keys())
def test_everything_else_is_noted_for_nobody(act, watched, ada):
    act(watched, ada)
    assert (told(), DBTaskResult.objects.count()) == ([], 0)


def test_nobody_is_told_of_their_own_acts(task, ed, ada):
    services.watch_task(task, actor=ed)
    type(ed).objects.filter(pk=ed.pk).update(email="ed@acme.example")
    ed.email = "Ed@Acme.example"
    services.claim_task(task, actor=ed)
    assert (told(), DBTaskResult.objects.count()) == ([], 0)
    services.create_comment(task, actor=ada, text="Thanks.")
    assert told() == [("ed@acme.example", "commented")]


def test_a_deactivated_member_is_told_nothing_more(task, ed, ada):
    services.watch_task(task, actor=ed)
    type(ed).objects.filter(pk=ed.pk).update(is_active=False)
    services.claim_task(task, actor=ada)
    assert told() == []


def test_a_change_that_is_rolled_back_is_noted_for_nobody(watched, ada):
    with transaction.atomic():
        services.claim_task(watched, actor=ada)
        assert told()
        transaction.set_rollback(True)
    assert (told(), DBTaskResult.objects.count()) == ([], 0)


def test_a_task_without_watchers_asks_for_no_job(task, ada):
    services.claim_task(task, actor=ada)
    assert not DBTaskResult.objects.exists()


def test_an_address_that_unsubscribes_is_history_by_itself(watched, ada):
    assert services.unsubscribe(watched, email=BO)
    assert not services.unsubscribe(watched, email=BO)
    assert sentences(ada, watched)[1:] == ["bo@example.com unsubscribed"]
    assert Task.objects.get(pk=watched.pk).version == 2
