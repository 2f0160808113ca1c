"""A real Chromium against Django's live server, which runs with the settings of production.

A test fails, whatever it is about, when one of its pages has an error or a warning in the console, asks
another host for something, or gets a server error. What a test provokes it names in `provoked`.
"""

import datetime
import os
import re
from collections.abc import Callable, Iterator

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Locator,
    Page,
    Request,
    Response,
    WebError,
    expect,
    sync_playwright,
)
from pytest_django.live_server_helper import LiveServer

from taskmanager.accounts import photos
from taskmanager.accounts import services as accounts
from taskmanager.accounts.models import Session, User
from taskmanager.tasks import services
from taskmanager.tasks.models import Project, Task
from tests.devices import app_of, passkey_of
from tests.images import png
from tests.queue import run_jobs
from tests.servers import chromium

# Playwright's synchronous API runs an event loop in the thread of the tests, and Django refuses to ask the
# database where one runs. Here that harms nobody: the loop stands still while a test asks.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"

# The sandbox needs rights that containers lack; the rest keeps the browser from asking the internet things.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# Chromium and htmx report each refused request in the console. Refusing is no error: a lost race is a 409.
REFUSALS = [
    r"the server responded with a status of 4\d\d ",
    r"^Response Status Error Code 4\d\d from ",
]

A_WEEK = datetime.timedelta(days=7)
PATIENCE = 20_000  # milliseconds; only a machine that is busy with other things needs them
expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="session")
def chrome() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), headless=True, args=ARGUMENTS)
        yield browser
        browser.close()


class Watch:
    """Sees what goes wrong in the pages of a browser window, and which requests are under way."""

    def __init__(self, context: BrowserContext, home: str) -> None:
        self.home = home
        self.troubles: list[str] = []
        self.under_way: set[Request] = set()
        context.on("console", self._console)
        context.on("weberror", self._error)
        context.on("request", self._request)
        context.on("response", self._response)
        context.on("requestfinished", self._end)
        context.on("requestfailed", self._end)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.troubles.append(message.text)

    def _error(self, error: WebError) -> None:
        self.troubles.append(f"script error: {error.error}")

    def _request(self, request: Request) -> None:
        self.under_way.add(request)
        if not request.url.startswith((f"{self.home}/", "data:")):
            self.troubles.append(f"asked another host: {request.url}")

    def _end(self, request: Request) -> None:
        self.under_way.discard(request)

    def _response(self, response: Response) -> None:
        if response.status >= 500:
            self.troubles.append(f"{response.status} from {response.url}")


@pytest.fixture
def provoked() -> list[str]:
    """What a test does to its pages on purpose: patterns of the troubles that it will cause."""
    return []


@pytest.fixture
def page_as(
    chrome: Browser, live_server: LiveServer, transactional_db: None, provoked: list[str]
) -> Iterator[Callable[..., Page]]:
    """Open a window of its own, where the user is signed in: `page_as(ada)`, `page_as(has_touch=True)`."""
    opened: list[tuple[BrowserContext, Watch]] = []

    def make(user: User | None = None, **options: object) -> Page:
        context = chrome.new_context(**{"base_url": live_server.url, "locale": "en-GB", **options})
        context.set_default_timeout(PATIENCE)
        opened.append((context, Watch(context, live_server.url)))
        if user is not None:
            client = Client()
            client.force_login(user)
            cookie = client.cookies["sessionid"]
            context.add_cookies([{"name": "sessionid", "value": cookie.value, "url": live_server.url}])
        return context.new_page()

    yield make
    for context, watch in opened:
        # A request that is under way while the tables are emptied would fail for no fault of its own.
        for _turn in range(100):
            if not watch.under_way:
                break
            context.pages[0].wait_for_timeout(20)
        context.close()
    known = re.compile("|".join([*REFUSALS, *provoked]))
    troubles = [trouble for _context, watch in opened for trouble in watch.troubles if not known.search(trouble)]
    assert not troubles


@pytest.fixture
def many(board: Project, ada: User) -> Callable[..., list[Task]]:
    """Make many tasks, the last one on top of its column: `many(60)`."""

    def make(count: int, **fields: object) -> list[Task]:
        return [
            services.create_task(board, actor=ada, **{"title": f"Task number {index}", **fields})
            for index in range(1, count + 1)
        ]

    return make


@pytest.fixture
def end_sessions() -> Callable[[], None]:
    """Sign everybody out behind their backs, as an Admin or the passing of time does."""

    def end() -> None:
        Session.objects.all().delete()
        cache.clear()

    return end


@pytest.fixture
def busy_board(board: Project, ada: User, ed: User, cleo: User) -> dict[str, str]:
    """A board with all kinds of cards; return the addresses that show what there is to show, by their names."""
    wide = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 2
    services.create_task(board, actor=ada, title=wide, priority="LOW")
    text = f"## Steps\n\n1. **Stop** it\n2. `{wide}`\n\n> Careful, @ed\n\nSee ACME-1.\n\n```\n{wide}\n```"
    task = services.create_task(
        board,
        actor=ada,
        title="Renew the certificate",
        description=text,
        priority="URGENT",
        due_date=timezone.localdate(),
    )
    services.create_task(board, actor=cleo, title="Write the release notes", priority="HIGH", owner=ed)
    services.create_task(board, actor=ada, title="Update the map of the office", status="DONE", owner=ed)
    services.archive_task(services.create_task(board, actor=ada, title="Order chairs"), actor=ada)
    services.claim_task(task, actor=ed)
    services.release_task(task, actor=ed)
    services.create_project(board.organization, name="Website", key="WEB")
    comment = services.create_comment(task, actor=ada, text=text)
    services.create_comment(task, actor=ed, text="Done on staging.")
    epic = services.create_epic(board, actor=ada, name=wide[:100], description=text)
    today = timezone.localdate()
    running, _next = [
        services.create_sprint(
            board, actor=ada, name=f"Sprint {number}", start_date=start, end_date=start + A_WEEK, epic=epic
        )
        for number, start in ((1, today), (2, today + A_WEEK))
    ]
    for number in range(3):
        planned = services.create_task_in_sprint(running, actor=ada, title=f"{number} {wide[:180]}", epic=epic)
    services.move_task(planned, actor=ada, status="DONE")
    services.plan_task(task, sprint=running, actor=ada)
    files = {f"{wide}.png": png((900, 600)), "photo.png": png()[:-20], "poster.png": png((20_000, 20_000), mode="1")}
    uploads = [SimpleUploadedFile(name, data) for name, data in [*files.items(), ("notes.txt", b"Seen on staging.")]]
    attachment = services.add_attachments(task, files=uploads, actor=ada)[0]
    accounts.invite(board.organization, actor=ada, emails=["bo@example.com", f"{'x' * 60}@example.com"])
    accounts.deactivate_member(cleo, actor=ada)
    told = {"phone": "5551234567", "biography": text, "time_zone": "Asia/Tokyo", "theme": "system"}
    accounts.edit_profile(ed, **told, photo=photos.make(SimpleUploadedFile("me.png", png((90, 80), mode="RGB"))))
    passkey_of(ada, name=wide[:50])
    app_of(ed)
    run_jobs()
    return {
        "board": "/",
        "empty board": "/?project=WEB",
        "list": "/tasks/",
        "list without a result": "/tasks/?q=nothing-has-this-name",
        "search": "/search/?q=certificate",
        "search without a result": "/search/?q=nothing-has-this-name is:shut",
        "tasks of a day": f"/tasks/{timezone.localdate()}/",
        "tasks of an archive": f"/tasks/archive/{timezone.localdate().year}/",
        "reports": "/reports/",
        "reports of refused days": "/reports/?from=2026-11-22&to=2026-11-21",
        "empty reports": "/reports/?project=WEB",
        "burndown": f"/sprints/{running.pk}/burndown/",
        "edit a comment": f"/comments/{comment.pk}/edit/",
        "delete a comment": f"/comments/{comment.pk}/delete/",
        "delete an attachment": f"/attachments/{attachment.pk}/delete/",
        "create": "/tasks/new/",
        "detail": f"/tasks/{task.pk}/",
        "edit": f"/tasks/{task.pk}/edit/",
        "delete": f"/tasks/{task.pk}/delete/",
        "epics": "/epics/",
        "epic": f"/epics/{epic.pk}/",
        "create an epic": "/epics/new/",
        "delete an epic": f"/epics/{epic.pk}/delete/",
        "tasks of an epic": f"/epics/{epic.pk}/tasks/",
        "sprints": "/sprints/",
        "sprint": f"/sprints/{running.pk}/",
        "edit a sprint": f"/sprints/{running.pk}/edit/",
        "edit sprints": "/sprints/manage/",
        "create in a sprint": f"/sprints/{running.pk}/tasks/new/",
        "backlog": "/backlog/",
        "plan a task": f"/tasks/{planned.pk}/plan/",
        "help": "/help/",
        "about": "/about/",
        "contact": "/contact/",
        "contact thanks": "/contact/thanks/",
        "profile": "/accounts/profile/",
        "person": "/accounts/people/ed/",
        "close an account": "/accounts/close/",
        "members": "/accounts/members/",
        "member": f"/accounts/members/{ed.pk}/",
        "deactivate a member": f"/accounts/members/{ed.pk}/deactivate/",
        "invitations": "/accounts/invitations/",
        "organization": "/accounts/organization/",
        "single sign-on": "/accounts/organization/single-sign-on/",
        "sessions": "/accounts/sessions/",
        "tokens": "/accounts/tokens/",
        "audit": "/accounts/audit/",
        "audit without a result": "/accounts/audit/?kind=failures&person=nobody",
        "change the password": "/accounts/password_change/",
        "second factors": "/accounts/second-factor/settings/",
        "confirm": "/accounts/second-factor/confirm/",
        "reset a second factor": f"/accounts/members/{ed.pk}/second-factor/reset/",
        "not found": "/tasks/999999/",
    }


# What people see and do on the board


def column(page: Page, status: str) -> Locator:
    return page.locator(f'.cards[data-status="{status}"]')


def card(page: Page, task: Task) -> Locator:
    return page.locator(f"#card-{task.pk}")


def toasts(page: Page) -> Locator:
    return page.get_by_role("region", name="Messages")


def choose(page: Page, task: Task, label: str) -> None:
    """Choose from the card's menu, which shows itself to a mouse that comes near."""
    card(page, task).hover()
    card(page, task).get_by_label(f"Move {task.reference}").click()
    card(page, task).get_by_role("button", name=label).click()


def settle(page: Page) -> None:
    """Wait until what was changed is painted."""
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def wait_until(page: Page, condition: Callable[[], object]) -> None:
    """Let the page go on until something is true that only the test can see."""
    for _turn in range(500):
        if condition():
            return
        page.wait_for_timeout(20)
    pytest.fail("It never came true.")


def drag(page: Page, task: Task, status: str, *, below: Task | None = None) -> None:
    """Take the card with the mouse, carry it to the column, and let it go on top, or below another card."""
    taken = card(page, task)
    taken.scroll_into_view_if_needed()
    start = taken.bounding_box()
    page.mouse.move(start["x"] + 30, start["y"] + start["height"] / 2)
    page.mouse.down()
    page.mouse.move(start["x"] + 42, start["y"] + start["height"] / 2 + 6, steps=4)
    page.locator(".board.is-dragging").wait_for()
    goal = (card(page, below) if below else column(page, status)).bounding_box()
    x, y = goal["x"] + goal["width"] / 2, goal["y"] + (goal["height"] - 4 if below else 6)
    page.mouse.move(x, y, steps=12)
    # The board looks where the pointer is twenty times a second.
    column(page, status).locator(f"#card-{task.pk}.slot").wait_for()
    page.mouse.up()
    page.locator(".board:not(.is-dragging)").wait_for()


def sign_in(page: Page, user: User, password: str) -> None:
    page.get_by_label("Organization").fill(user.organization.slug)
    page.get_by_label("Username or e-mail").fill(user.username)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
