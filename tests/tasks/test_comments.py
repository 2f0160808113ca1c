"""Comments: everybody may write, authors may edit, authors and Admins may delete, and history tells so."""

import pytest
from django.utils import timezone

from taskmanager.accounts.models import Role, User
from taskmanager.errors import NotAllowed, NotFound
from taskmanager.tasks import cards, history, queries, services, timeline
from taskmanager.tasks.models import Activity, Comment, Task
from tests.racing import race


@pytest.fixture
def comment(task, cleo) -> Comment:
    return services.create_comment(task, actor=cleo, text="Which keys?")


def verbs(task: Task) -> list[str]:
    return [line.verb for line in task.activities.order_by("pk")]


def sentences(user, task: Task) -> list[str]:
    """Return the task's story as it reads, with the texts of comments."""
    entries = timeline.read(task, user).entries
    return [
        f"{entry.event.actor_name}: {entry.comment.text}"
        if entry.comment
        else f"{entry.event.actor_name} {entry.event.sentence}"
        for entry in entries
    ]


@pytest.mark.parametrize("given", [[], [Role.CREATOR], [Role.EDITOR], [Role.ADMIN]], ids=str)
def test_everybody_in_the_organization_may_comment(given, task, member):
    bo = member("bo", *given)
    comment = services.create_comment(task, actor=bo, text="Me too.")
    comment.refresh_from_db()
    assert (comment.author, comment.text, comment.task, comment.organization) == (
        bo,
        "Me too.",
        task,
        task.organization,
    )
    assert (comment.version, comment.edited_at) == (1, None)
    line = task.activities.latest("pk")
    assert (line.verb, line.actor, line.comment, line.changes) == ("commented", bo, comment, {})


def test_a_comment_changes_nothing_of_its_task(task, comment):
    before = task.updated_at, task.version
    task.refresh_from_db()
    assert (task.updated_at, task.version) == before
    services.edit_task(task, actor=task.creator, version=1, title="Saved from the form of before")


def test_a_stranger_can_neither_write_nor_change_a_comment(task, comment, oscar):
    for act in (
        lambda: services.create_comment(task, actor=oscar, text="Hello"),
        lambda: services.edit_comment(comment, actor=oscar, version=1, text="Hello"),
        lambda: services.delete_comment(comment, actor=oscar),
    ):
        with pytest.raises(NotFound):
            act()
    assert verbs(task) == ["created", "commented"]


def test_a_deactivated_member_comments_no_more(task, cleo):
    cleo.is_active = False
    with pytest.raises(NotFound):
        services.create_comment(task, actor=cleo, text="Still here")


def test_its_author_edits_a_comment(task, comment, cleo):
    saved = services.edit_comment(comment, actor=cleo, version=1, text="Which keys exactly?")
    saved.refresh_from_db()
    assert (saved.text, saved.version) == ("Which keys exactly?", 2)
    assert saved.created_at < saved.edited_at <= timezone.now()
    line = task.activities.latest("pk")
    assert (line.verb, line.actor, line.comment, line.changes) == ("edited_comment", cleo, comment, {})


def test_nobody_else_edits_a_comment_not_even_an_admin(task, comment, ada, ed):
    for actor in (ada, ed):
        with pytest.raises(NotAllowed, match="Only its author can edit a comment"):
            services.edit_comment(comment, actor=actor, version=1, text="No keys.")
    assert verbs(task) == ["created", "commented"]


def test_a_comment_of_a_former_member_is_nobodys_to_edit(task, comment, cleo, ada):
    cleo.delete()
    comment.refresh_from_db()
    assert comment.author is None
    with pytest.raises(NotAllowed):
        services.edit_comment(comment, actor=ada, version=1, text="No keys.")
    assert sentences(ada, task) == ["ada created this", "A former member: Which keys?"]
    services.delete_comment(comment, actor=ada)
    assert sentences(ada, task)[-1] == "ada deleted a comment by a former member"


def test_saving_without_a_change_is_no_edit(task, comment, cleo):
    assert services.edit_comment(comment, actor=cleo, version=1, text="Which keys?").version == 1
    assert verbs(task) == ["created", "commented"]


def test_of_two_edits_from_the_same_version_the_second_is_shown_the_first(task, comment, cleo):
    services.edit_comment(comment, actor=cleo, version=1, text="From the phone")
    with pytest.raises(services.CommentConflict) as caught:
        services.edit_comment(comment, actor=cleo, version=1, text="From the desk")
    assert caught.value.comment.text == "From the phone"
    assert services.edit_comment(comment, actor=cleo, version=1, text="From the phone").version == 2
    assert services.edit_comment(comment, actor=cleo, version=2, text="From the desk").version == 3


@pytest.mark.parametrize("version", [0, -1, 2])
def test_a_version_that_never_was_is_refused(version, comment, cleo):
    with pytest.raises(services.UnknownVersion, match="of the comment"):
        services.edit_comment(comment, actor=cleo, version=version, text="Later")


def test_authors_delete_their_own_and_admins_any(task, comment, ada, cleo, ed):
    with pytest.raises(NotAllowed, match="Only its author or an Admin"):
        services.delete_comment(comment, actor=ed)
    services.delete_comment(comment, actor=ada)
    own = services.create_comment(task, actor=cleo, text="Then all of them.")
    services.delete_comment(own, actor=cleo)
    assert not Comment.objects.exists()
    assert sentences(ada, task) == [
        "ada created this",
        "ada deleted a comment by Cleo Marsh",
        "Cleo Marsh deleted a comment",
    ]


def test_history_keeps_nothing_of_what_a_deleted_comment_said(task, comment, cleo):
    services.edit_comment(comment, actor=cleo, version=1, text="The password is hunter2")
    services.delete_comment(comment, actor=cleo)
    kept = str(list(Activity.objects.values()))
    assert "hunter2" not in kept
    assert "Which keys" not in kept


def test_what_is_gone_can_neither_be_edited_nor_deleted_again(task, comment, cleo):
    services.delete_comment(comment, actor=cleo)
    for act in (
        lambda: services.edit_comment(comment, actor=cleo, version=1, text="Again"),
        lambda: services.delete_comment(comment, actor=cleo),
    ):
        comment.pk = comment.pk or 1
        with pytest.raises(NotFound):
            act()


def test_a_deleted_task_takes_its_comments_along_and_takes_no_more(task, comment, ada):
    services.delete_task(task, actor=ada)
    assert not Comment.objects.exists()
    with pytest.raises(NotFound):
        services.create_comment(Task(pk=task.pk or 1, organization=ada.organization), actor=ada, text="Too late")


@pytest.mark.django_db(transaction=True)
def test_of_two_racing_edits_one_wins_and_the_other_sees_it(task, cleo):
    comment = services.create_comment(task, actor=cleo, text="Which keys?")
    texts = ["From the phone", "From the desk"]
    results = race(
        [lambda text=text: services.edit_comment(comment, actor=cleo, version=1, text=text) for text in texts]
    )
    [saved] = [result for result in results if isinstance(result, Comment)]
    [lost] = [result for result in results if isinstance(result, services.CommentConflict)]
    comment.refresh_from_db()
    assert comment.text == saved.text == lost.comment.text
    assert comment.version == 2


@pytest.mark.django_db(transaction=True)
def test_comments_and_the_deletion_of_their_task_never_collide(task, ada, cleo):
    def say():
        return services.create_comment(task, actor=cleo, text="Wait")

    results = race([say, say, lambda: services.delete_task(task, actor=ada), say, say])
    assert results[2] is None
    assert all(isinstance(result, Comment | NotFound) for result in results if result is not None)
    assert not Comment.objects.exists()


@pytest.mark.parametrize("count", [0, 1, 30])
def test_a_story_costs_the_same_with_any_number_of_comments(count, task, ada, ed, cleo, django_assert_num_queries):
    legend = ["history with who acted and what they said", "people whom history names", "project keys", "usernames"]
    task = services.edit_task(task, actor=ada, version=1, owner=ed, description="ACME-1 @ed")
    for number in range(count):
        actor = (ada, ed, cleo)[number % 3]
        services.create_comment(task, actor=actor, text=f"{number}: ACME-{number + 1} @{actor.username}")
    reader = User.objects.select_related("organization").get(pk=ada.pk)
    reader.has_perm("tasks.delete_comment")
    with django_assert_num_queries(len(legend)):
        story = timeline.read(task, reader)
        assert len([entry.html for entry in story.entries if entry.comment]) == count


def test_comments_and_events_are_told_in_the_order_in_which_they_happened(task, ada, ed, cleo):
    services.create_comment(task, actor=cleo, text="Who?")
    services.claim_task(task, actor=ed)
    services.create_comment(task, actor=ed, text="Me.")
    services.release_task(task, actor=ed)
    assert sentences(ada, task) == [
        "ada created this",
        "Cleo Marsh: Who?",
        "Ed Moreno claimed it",
        "Ed Moreno: Me.",
        "Ed Moreno released it",
    ]


def test_a_long_story_is_told_in_parts_without_a_gap(task, ada):
    for number in range(60):
        services.create_comment(task, actor=ada, text=str(number))
        services.edit_task(task, actor=ada, version=1 + number, title=f"Title {number}")
    parts, before = [], None
    while True:
        story = timeline.read(task, ada, before=before)
        parts.append(story.entries)
        before = story.before
        if before is None:
            break
    assert [len(part) for part in parts] == [50, 50, 21]
    told = [entry.comment.text for part in reversed(parts) for entry in part if entry.comment]
    assert told == [str(number) for number in range(60)]


def test_the_place_of_a_comment_is_the_part_that_ends_with_it(task, ada):
    first = services.create_comment(task, actor=ada, text="First")
    assert timeline.place(first) is None
    for number in range(49):
        services.create_comment(task, actor=ada, text=str(number))
    assert timeline.place(first) is None
    services.create_comment(task, actor=ada, text="One too many")
    place = timeline.place(first)
    assert timeline.read(task, ada, before=place).entries[-1].comment == first


def test_a_stranger_is_told_nothing(task, comment, oscar):
    assert timeline.read(task, oscar).entries == []


def test_a_card_counts_comments_without_a_query_more(board, task, comment, ada, django_assert_num_queries):
    for number in range(5):
        other = services.create_task(board, actor=ada, title=str(number))
        for _each in range(number):
            services.create_comment(other, actor=ada, text="Yes")
    ada.has_perm("tasks.change_task")
    with django_assert_num_queries(1):
        column = cards.column(queries.column_page(board, "UNASSIGNED"), ada)
        labels = {card.task.title: card.comments_label for card in column.cards}
    assert labels == {
        "0": "",
        "1": "1 comment",
        "2": "2 comments",
        "3": "3 comments",
        "4": "4 comments",
        "Rotate the signing keys": "1 comment",
    }


def test_history_in_words_names_nobody_of_another_organization(task, comment, ada, oscar, acme):
    services.delete_comment(comment, actor=ada)
    Activity.objects.filter(verb="deleted_comment").update(changes={"author": [oscar.pk, None]})
    event = history.events(task.activities.for_timeline()[:1], acme)[0]
    assert event.sentence == "deleted a comment by a former member"
