"""Making the demo organization, through the services that the product itself uses."""

import datetime
import re
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from taskmanager.accounts import services as accounts
from taskmanager.accounts.models import INVITED_AS, Invitation, Organization, Role, Theme, User
from taskmanager.errors import Conflict
from taskmanager.tasks import jobs, services
from taskmanager.tasks.demo.files import uploads
from taskmanager.tasks.demo.items import ADMIN, PEOPLE, Item
from taskmanager.tasks.demo.mobile import MOBILE
from taskmanager.tasks.demo.plans import THEMES, periods, plan, theme_of
from taskmanager.tasks.demo.schedule import Act, Clock, Verb, reorder, schedule
from taskmanager.tasks.demo.web_early import WEB_EARLY
from taskmanager.tasks.demo.web_late import TOP_OF_WEB, WEB_LATE
from taskmanager.tasks.demo.web_middle import WEB_MIDDLE
from taskmanager.tasks.models import (
    Activity,
    Attachment,
    Comment,
    Epic,
    Notice,
    Project,
    Sprint,
    SprintMembership,
    Task,
)

NAME = "Acme"
SLUG = "acme"
WEB = [*WEB_EARLY, *WEB_MIDDLE, *WEB_LATE]

# How long ago, in working days, of which three months have about 64.
FOUNDED = 65.0
WEB_BEGAN, WEB_ENDS = 63.5, 0.6
MOBILE_BEGAN, MOBILE_ENDS = 44.0, 1.3
LAST_REORDERED = 0.1

# The services know no time but now, and refuse due dates before today: they see each this much later.
DUE_SHIFT = datetime.timedelta(days=365)


class AcmeIsTaken(Conflict):
    """A real organization has the demo's name or slug."""

    message = f"An organization named {NAME} exists that isn't the demo's. Nothing was changed."


class DemoExists(Conflict):
    """The demo organization is there already."""

    message = "The demo organization exists already. It was left as it is."


@sensitive_variables("password")
@transaction.atomic
def load(password: str, *, reset: bool = False, now: datetime.datetime | None = None) -> User:
    """Make the demo organization, whose people all have this password; return its Admin.

    Its history is that of the three months before `now`. With `reset`, a demo organization that is there
    is deleted first. Raises AcmeIsTaken and DemoExists, both without a change.
    """
    if Organization.objects.filter(Q(slug=SLUG) | Q(name__iexact=NAME), is_demo=False).exists():
        raise AcmeIsTaken
    demos = Organization.objects.filter(is_demo=True)
    if reset:
        for organization in demos:
            services.delete_organization(organization)
    elif demos.exists():
        raise DemoExists
    return make(password, Clock(now or timezone.now()))


@sensitive_variables("password")
def load_into_empty_database(password: str) -> User | None:
    """Make the demo organization where there is no other at all; return its Admin, or None."""
    try:
        with transaction.atomic():
            return None if Organization.objects.exists() else load(password)
    except (AcmeIsTaken, DemoExists):
        return None  # another process had the same idea at the same moment, and was quicker


def find_admin() -> User | None:
    """Return the demo organization's first Admin who can sign in, with the organization; None without one."""
    admins = User.objects.active().filter(organization__is_demo=True, groups__name=Role.ADMIN)
    admin: User | None = admins.select_related("organization").order_by("pk").first()
    return admin


@sensitive_variables("password")
@transaction.atomic
def make(password: str, clock: Clock) -> User:
    """Make the demo organization without looking whether there is one; return its Admin.

    Raises AcmeIsTaken or DemoExists where somebody else has just taken its slug.
    """
    organization = accounts.create_organization(NAME, is_demo=True, slug=SLUG)
    if organization.slug != SLUG:
        # Two at the same time: the unique slug made us wait and take another one. Ours is rolled back.
        is_demo = Organization.objects.filter(slug=SLUG, is_demo=True).exists()
        raise DemoExists if is_demo else AcmeIsTaken
    people = _hire(organization, password)
    _invite(organization, people[ADMIN])
    web = services.create_project(organization, name="Web", key="WEB")
    mobile = services.create_project(organization, name="Mobile", key="APP")
    acts = [
        *schedule(WEB, clock, first=WEB_BEGAN, last=WEB_ENDS),
        *schedule(MOBILE, clock, first=MOBILE_BEGAN, last=MOBILE_ENDS),
        *reorder(TOP_OF_WEB, clock, age=LAST_REORDERED),
    ]
    acts += plan(WEB, acts, clock)
    acts.sort(key=lambda act: act.at)
    epics = _make_epics(web, people)
    sprints = _make_sprints(web, people, clock)
    projects = {**dict.fromkeys(WEB, web), **dict.fromkeys(MOBILE, mobile)}
    tasks: dict[Item, Task] = {}
    references: dict[str, str] = {}
    for act in acts:
        if act.verb == Verb.PLANNED:
            [tasks[act.item]] = services.plan_tasks(
                sprints[act.sprint], tasks=[tasks[act.item]], actor=people[act.actor]
            )
            continue
        arguments = _arguments(act, people, references)
        if act.verb in {Verb.COMMENTED, Verb.EDITED_COMMENT}:
            _say(act, tasks[act.item], actor=people[act.actor], text=arguments["text"])
            continue
        if act.verb == Verb.ATTACHED:
            files = uploads(arguments["names"])
            services.add_attachments(tasks[act.item], files=files, actor=people[act.actor])
            continue
        if act.verb == Verb.CREATED and projects[act.item] == web:
            arguments["epic"] = epics.get(theme_of(act.item))
        tasks[act.item] = _perform(act, projects[act.item], tasks, actor=people[act.actor], arguments=arguments)
        if act.verb == Verb.CREATED:
            references[act.item.name] = tasks[act.item].reference
    _date_plans(organization, clock)
    _date_tasks(organization, acts)
    _date_organization(organization, clock)
    # Nobody is to hear today of what happened in these three months.
    Notice.objects.filter(organization=organization).delete()
    jobs.forget_mails(task.pk for task in tasks.values())
    return people[ADMIN]


def _hire(organization: Organization, password: str) -> dict[str, User]:
    """Return the people by username. A good hash takes its time, so that all share one."""
    people = {
        person.username: accounts.add_member(
            organization,
            username=person.username,
            email=f"{person.username}@{SLUG}.example",
            password=None,
            roles=list(person.roles),
            full_name=person.full_name,
        )
        for person in PEOPLE.values()
    }
    User.objects.of(organization).update(password=make_password(password))
    for person in PEOPLE.values():
        accounts.edit_profile(
            people[person.username],
            phone="",
            biography=person.biography,
            time_zone=person.time_zone,
            theme=Theme.SYSTEM,
        )
    return people


def _invite(organization: Organization, admin: User) -> None:
    """Let somebody have an invitation that waits. No mail is sent: the address is nobody's."""
    Invitation.objects.create(
        organization=organization, email=f"nora@{SLUG}.example", roles=" ".join(INVITED_AS), invited_by=admin
    )


def _make_epics(project: Project, people: dict[str, User]) -> dict[str, Epic]:
    return {
        theme.name: services.create_epic(project, actor=people[ADMIN], name=theme.name, description=theme.text)
        for theme in THEMES
    }


def _make_sprints(project: Project, people: dict[str, User], clock: Clock) -> dict[str, Sprint]:
    """Return the sprints by name. They take tasks until they end, so each lies ahead until `_date_plans`."""
    return {
        period.name: services.create_sprint(
            project,
            actor=people[ADMIN],
            name=period.name,
            start_date=period.start + DUE_SHIFT,
            end_date=period.end + DUE_SHIFT,
        )
        for period in periods(clock)
    }


def _date_plans(organization: Organization, clock: Clock) -> None:
    """Set when epics and sprints were made, and when sprints begin and end."""
    made = clock.at(FOUNDED - 0.1)
    for model in (Epic, Sprint):
        model.objects.filter(organization=organization).update(created_at=made, updated_at=made)
    Sprint.objects.of(organization).update(start_date=F("start_date") - DUE_SHIFT, end_date=F("end_date") - DUE_SHIFT)
    Activity.objects.of(organization).filter(task=None).update(created_at=made)


def _arguments(act: Act, people: dict[str, User], references: dict[str, str]) -> dict[str, Any]:
    """Return the act's fields as the services take them."""
    arguments = dict(act.fields)
    if act.verb == Verb.CREATED and act.item.watchers:
        arguments["watchers"] = act.item.watchers
    if "owner" in arguments:
        arguments["owner"] = people[arguments["owner"]]
    if arguments.get("due_date"):
        arguments["due_date"] += DUE_SHIFT
    for name in arguments.keys() & {"description", "text"}:
        # A text can only refer to what was there when it was written: anything later is a KeyError.
        arguments[name] = re.sub(r"\[\[([a-z0-9-]+)\]\]", lambda match: references[match[1]], arguments[name])
    return arguments


def _perform(act: Act, project: Project, tasks: dict[Item, Task], actor: User, arguments: dict[str, Any]) -> Task:
    """Do it, and return the task as it is then."""
    if act.verb == Verb.CREATED:
        return services.create_task(project, actor=actor, **arguments)
    task = tasks[act.item]
    match act.verb:
        case Verb.EDITED:
            return services.edit_task(task, actor=actor, version=task.version, **arguments)
        case Verb.CLAIMED:
            return services.claim_task(task, actor=actor)
        case Verb.RELEASED:
            return services.release_task(task, actor=actor)
        case Verb.ARCHIVED:
            return services.archive_task(task, actor=actor)
        case _:
            after = tasks[act.above].pk if act.above else None
            return services.move_task(task, actor=actor, status=act.status, after=after)


def _say(act: Act, task: Task, actor: User, text: str) -> None:
    """Comment on the task, or edit the comment that was written last."""
    if act.verb == Verb.COMMENTED:
        services.create_comment(task, actor=actor, text=text)
        return
    comment = task.comments.select_related("task").latest("pk")
    services.edit_comment(comment, actor=actor, version=comment.version, text=text)


def _date_tasks(organization: Organization, acts: list[Act]) -> None:
    """Set when everything happened, in the tasks, their comments and files, and in what their history tells."""
    tasks = Task.objects.of(organization).in_bulk()
    comments = Comment.objects.of(organization).in_bulk()
    activities = list(Activity.objects.of(organization).exclude(task=None).order_by("pk"))
    memberships = {(row.task_id, row.sprint_id): row for row in SprintMembership.objects.of(organization)}
    for activity, act in zip(activities, acts, strict=True):
        activity.created_at = act.at
        if activity.comment_id:
            _date_comment(comments[activity.comment_id], act)
        elif act.verb == Verb.ATTACHED:
            names = activity.changes["attachments"][1]
            Attachment.objects.filter(task=activity.task_id, name__in=names).update(created_at=act.at)
        else:
            _date_task(tasks[activity.task_id or 0], activity, act)
        if act.verb == Verb.PLANNED:
            memberships[activity.task_id or 0, activity.sprint_id or 0].planned_at = act.at
    for task in tasks.values():
        task.due_date = task.due_date and task.due_date - DUE_SHIFT
    times = ["created_at", "updated_at", "completed_at", "archived_at", "due_date"]
    Task.objects.bulk_update(tasks.values(), times)
    Comment.objects.bulk_update(comments.values(), ["created_at", "edited_at"])
    SprintMembership.objects.bulk_update(memberships.values(), ["planned_at"])
    Activity.objects.bulk_update(activities, ["created_at", "changes"])


def _date_comment(comment: Comment, act: Act) -> None:
    if act.verb == Verb.COMMENTED:
        comment.created_at = act.at
    else:
        comment.edited_at = act.at


def _date_task(task: Task, activity: Activity, act: Act) -> None:
    task.updated_at = act.at
    if act.verb == Verb.CREATED:
        task.created_at = act.at
    if "completed_at" in activity.changes:
        is_done = activity.changes["completed_at"][1] is not None
        was = None if is_done or task.completed_at is None else task.completed_at.isoformat()
        task.completed_at = act.at if is_done else None
        activity.changes["completed_at"] = [was, act.at.isoformat() if is_done else None]
    if "status" in activity.changes:
        task.archived_at = act.at if activity.changes["status"][1] == Task.Status.ARCHIVED else None
    if "due_date" in activity.changes:
        activity.changes["due_date"] = [
            day and (datetime.date.fromisoformat(day) - DUE_SHIFT).isoformat() for day in activity.changes["due_date"]
        ]


def _date_organization(organization: Organization, clock: Clock) -> None:
    founded = clock.at(FOUNDED)
    Organization.objects.filter(pk=organization.pk).update(created_at=founded)
    Project.objects.of(organization).update(created_at=founded)
    User.objects.of(organization).update(date_joined=founded)
