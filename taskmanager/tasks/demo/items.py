"""What the demo is made of: people, and pieces of work with how they came about."""

from dataclasses import dataclass

from taskmanager.accounts.models import Role
from taskmanager.tasks.models import Task

FREE = Task.Status.UNASSIGNED
DOING = Task.Status.IN_PROGRESS
DONE = Task.Status.DONE
ARCHIVED = Task.Status.ARCHIVED

LOW = Task.Priority.LOW
MEDIUM = Task.Priority.MEDIUM
HIGH = Task.Priority.HIGH
URGENT = Task.Priority.URGENT


@dataclass(frozen=True)
class Person:
    """Somebody of the team."""

    username: str
    full_name: str
    roles: tuple[Role, ...]
    biography: str = ""
    time_zone: str = "UTC"

    @property
    def may_change(self) -> bool:
        """Whether they may claim tasks, and change those that they created or own."""
        return Role.EDITOR in self.roles or Role.ADMIN in self.roles


ADMIN = "ada"
PEOPLE = {
    person.username: person
    for person in (
        Person(
            ADMIN,
            "Ada Lind",
            (Role.ADMIN,),
            biography="Runs the team and this Taskmanager. Ask me for roles, or when **nobody** knows whose it is.",
        ),
        Person(
            "ed",
            "Ed Moreno",
            (Role.EDITOR,),
            "Backend: payments, webhooks, all that has a clock.\n\n- reviews before noon\n- on call in even weeks",
            "Europe/Madrid",
        ),
        Person(
            "cleo",
            "Cleo Marsh",
            (Role.CREATOR,),
            "Support. I write down what customers say, in *their* words; @ada and @ruth sort it.",
            "America/New_York",
        ),
        Person("ruth", "Ruth Bakker", (Role.CREATOR, Role.EDITOR), "Product, mostly the web.", "Europe/Amsterdam"),
        Person("priya", "Priya Nair", (Role.CREATOR, Role.EDITOR, Role.ADMIN)),
        Person("tomas", "Tomás Silva", (Role.CREATOR, Role.EDITOR)),
        Person(
            "yuki",
            "Yuki Tanaka",
            (Role.CREATOR, Role.EDITOR),
            "Mobile. My morning is your evening: write it into the task, and it is done when you wake up.",
            "Asia/Tokyo",
        ),
        Person("samir", "Samir Haddad", (Role.CREATOR, Role.EDITOR)),
    )
}


# Compared by identity: it stands for one task, and is the key under which that is found again.
@dataclass(frozen=True, eq=False)
class Item:
    """A task as it is today, and what its history should tell."""

    title: str
    status: str
    by: str
    """Who wrote it."""
    owner: str = ""
    """Who has it, or had it until it was done. Archived without an owner means decided against."""
    text: str = ""
    """Its description. `[[name]]` becomes the reference of the item with that name."""
    outcome: str = ""
    """What was added to the description when it was done, or given up."""
    priority: str = MEDIUM
    due: int | None = None
    """In days from today; of finished work, from the day of its completion."""
    name: str = ""
    """What `[[name]]` in later texts calls it."""
    watchers: tuple[str, ...] = ()
    """Whoever else gets mails about it, besides those whom comments name: addresses that reach nobody."""
    old_title: str = ""
    old_priority: str = ""
    old_due: int | None = None
    """What these were before somebody edited them; `old_due` is reckoned as `due` is."""
    tried_by: str = ""
    """Who claimed it first and gave it back."""
    assigned: bool = False
    """Whether the owner was given the task, instead of claiming it."""
    reopened: bool = False
    """Whether it was taken for done too early once."""
    last: float | None = None
    """How many working days ago it was claimed, or completed; chosen by chance where it is None."""

    @property
    def is_edited(self) -> bool:
        """Whether its history has an edit."""
        return bool(self.old_title or self.old_priority or self.old_due is not None)
