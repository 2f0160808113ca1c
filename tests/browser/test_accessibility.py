"""axe-core finds nothing on any page, light or dark, wide or narrow."""

import pytest
from django.contrib.auth.tokens import default_token_generator
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from playwright.sync_api import Page, expect

from taskmanager.accounts import jobs as account_jobs
from taskmanager.accounts import services as accounts
from taskmanager.tasks import jobs, services
from taskmanager.tasks.models import Task
from taskmanager.vendor import NODE_MODULES
from tests.browser.conftest import settle, sign_in, toasts
from tests.conftest import PASSWORD
from tests.devices import code_of, passkey_of

pytestmark = pytest.mark.browser

WIDTHS = {"wide": (1440, 900), "narrow": (390, 844)}
COLOUR_SCHEMES = ("light", "dark")
RUN = """async () => (await axe.run(document, {resultTypes: ["violations"]})).violations.flatMap(
    (rule) => rule.nodes.map((node) => `${rule.id}: ${node.html} ${node.failureSummary}`))"""


@pytest.fixture(scope="session")
def axe() -> str:
    return (NODE_MODULES / "axe-core/axe.min.js").read_text()


@pytest.fixture
def check(axe: str):
    """Look at a page as it stands in both colour schemes and at both widths."""

    def look(page: Page, name: str) -> None:
        # Evaluated like this it isn't one of the page's own scripts, which the policy would refuse.
        page.evaluate(axe)
        for scheme in COLOUR_SCHEMES:
            page.emulate_media(color_scheme=scheme)
            for width, (x, y) in WIDTHS.items():
                page.set_viewport_size({"width": x, "height": y})
                settle(page)
                assert page.evaluate(RUN) == [], f"{name}, {scheme}, {width}"

    return look


@pytest.fixture
def calm(page_as):
    # Colours are measured: none may be on its way to another.
    return lambda user=None: page_as(user, reduced_motion="reduce")


def test_pages_of_strangers_have_no_violation(calm, check, ada):
    page = calm()
    link = f"/accounts/reset/{urlsafe_base64_encode(force_bytes(ada.pk))}/{default_token_generator.make_token(ada)}/"
    reset = "/accounts/password_reset/"
    doors = ("/accounts/login/", "/accounts/register/", reset, f"{reset}done/", link, "/accounts/reset/done/")
    for address in (
        *doors,
        "/accounts/reset/MQ/forged/",
        "/accounts/sso/",
        "/accounts/sso/callback/",
        "/help/",
        "/about/",
        "/contact/",
    ):
        page.goto(address)
        check(page, address)
    page.goto("/accounts/login/")
    page.get_by_role("button", name="Sign in").click()
    page.goto("/accounts/register/")
    page.locator("form").first.evaluate("form => form.noValidate = true")
    page.get_by_role("button", name="Create organization").click()
    expect(page.get_by_label("Organization")).to_have_attribute("aria-invalid", "true")
    check(page, "a refused registration")


def test_the_way_out_of_the_mails_has_no_violation(calm, check, task, ada):
    services.watch_task(task, actor=ada)
    page = calm()
    page.goto(f"/unsubscribe/{jobs.unsubscribe_token(task.pk, ada.email)}/")
    check(page, "a question")
    page.get_by_role("button", name="Stop these mails").click()
    expect(page.get_by_role("heading", name="No more mails about ACME-1")).to_be_visible()
    check(page, "an answer")


def test_an_invitation_has_no_violation(calm, check, acme, ada):
    [invitation] = accounts.invite(acme, actor=ada, emails=["bo@example.com"])
    address = f"/accounts/invitations/{account_jobs.invitation_token(invitation.nonce)}/"
    page = calm()
    page.goto(address)
    check(page, "an invitation")
    page.get_by_label("Username").fill("ada")
    page.get_by_label("Password", exact=True).fill("12345")
    page.get_by_label("Password again").fill("12345")
    page.get_by_role("button", name="Join Acme").click()
    expect(page.locator(".errorlist").first).to_be_visible()
    check(page, "a refused form")
    page.goto("/accounts/invitations/forged/")
    check(page, "a refused link")
    admin = calm(ada)
    admin.goto("/accounts/members/")
    check(admin, "a lonely member")
    admin.goto("/accounts/invitations/")
    admin.get_by_role("button", name="Send invitations").click()
    expect(admin.locator(".errorlist")).to_be_visible()
    check(admin, "a refused invitation")


def test_what_is_shown_once_has_no_violation(calm, check, ada):
    page = calm(ada)
    page.goto("/accounts/tokens/")
    page.get_by_label("Expires").select_option("date")
    page.get_by_role("button", name="Make token").click()
    expect(page.locator(".errorlist").first).to_be_visible()
    check(page, "a refused token")
    page.get_by_label("Name").fill("Nightly export")
    page.get_by_label("Expires").select_option("90")
    page.get_by_role("button", name="Make token").click()
    expect(page.get_by_role("heading", name="Your new token")).to_be_visible()
    check(page, "a token")
    page.goto("/accounts/tokens/")
    check(page, "a list of tokens")
    page.get_by_role("button", name="Make a pair").click()
    expect(page.get_by_role("heading", name="Your pair of JWTs")).to_be_visible()
    check(page, "a pair")
    page.goto("/accounts/audit/?from=2026-02-01&to=2026-01-01")
    check(page, "a refused filter")


def test_second_factors_have_no_violation(calm, check, ada):
    page = calm(ada)
    page.goto("/accounts/second-factor/setup/")
    check(page, "set-up")
    page.goto("/accounts/second-factor/app/")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    key = page.locator(".qr-key").inner_text().replace(" ", "")
    check(page, "an app")
    page.get_by_label("Code that the app shows").fill(code_of(key, steps=-1))
    page.get_by_role("button", name="Turn it on").click()
    expect(page.get_by_role("heading", name="Your recovery codes")).to_be_visible()
    check(page, "recovery codes")
    page.goto("/accounts/second-factor/passkeys/")
    check(page, "a passkey")
    passkey = passkey_of(ada)
    page.goto("/accounts/second-factor/settings/")
    check(page, "factors")
    for address in (f"passkeys/{passkey.pk}/", f"passkeys/{passkey.pk}/remove/", "confirm/"):
        page.goto(f"/accounts/second-factor/{address}")
        check(page, address)

    stranger = calm()
    stranger.goto("/accounts/login/")
    sign_in(stranger, ada, PASSWORD)
    expect(stranger.get_by_role("heading", name="One more step")).to_be_visible()
    check(stranger, "a question")
    stranger.get_by_text("Use a recovery code").click()
    stranger.get_by_label("Recovery code").fill("x")
    stranger.get_by_role("button", name="Sign in with it").click()
    expect(stranger.get_by_text("That is none of your recovery codes")).to_be_visible()
    check(stranger, "a refused code")


NAMES = [
    "board",
    "empty board",
    "list",
    "list without a result",
    "search",
    "search without a result",
    "tasks of a day",
    "tasks of an archive",
    "reports",
    "reports of refused days",
    "empty reports",
    "burndown",
    "edit a comment",
    "delete a comment",
    "delete an attachment",
    "create",
    "detail",
    "edit",
    "delete",
    "epics",
    "epic",
    "create an epic",
    "delete an epic",
    "tasks of an epic",
    "sprints",
    "sprint",
    "edit a sprint",
    "edit sprints",
    "create in a sprint",
    "backlog",
    "plan a task",
    "help",
    "about",
    "contact",
    "contact thanks",
    "profile",
    "person",
    "close an account",
    "members",
    "member",
    "deactivate a member",
    "invitations",
    "organization",
    "single sign-on",
    "sessions",
    "tokens",
    "audit",
    "audit without a result",
    "change the password",
    "second factors",
    "confirm",
    "reset a second factor",
    "not found",
]


@pytest.mark.parametrize("names", [NAMES[at : at + 5] for at in range(0, len(NAMES), 5)], ids=", ".join)
def test_pages_have_no_violation(calm, check, ada, busy_board, names):
    page = calm(ada)
    for name in names:
        page.goto(busy_board[name])
        check(page, name)


def test_the_end_of_an_account_has_no_violation(calm, check, ada, ed):
    page = calm(ed)
    page.goto("/accounts/close/")
    check(page, "a question")
    page.get_by_role("button", name="Close my account").click()
    expect(page.locator(".errorlist")).to_be_visible()
    check(page, "without the password")
    page.goto("/accounts/closed/")
    check(page, "goodbye")


def test_every_page_is_looked_at(busy_board):
    assert list(busy_board) == NAMES


def test_the_board_of_a_new_organization_has_no_violation(calm, check, oscar):
    page = calm(oscar)
    page.goto("/")
    check(page, "new board")


def test_refused_pages_have_no_violation(calm, check, ed):
    page = calm(ed)
    page.goto("/tasks/new/")
    expect(page.get_by_text("Error 403")).to_be_visible()
    check(page, "not allowed")
    page.goto("/?project=../../etc")
    check(page, "not found")

    stranger = calm()
    stranger.goto("/accounts/login/")
    stranger.context.clear_cookies()
    stranger.locator("form").first.evaluate("form => form.submit()")
    expect(stranger.get_by_text("Error 403")).to_be_visible()
    check(stranger, "an outdated form")


def test_a_refused_task_has_no_violation(calm, check, ada):
    page = calm(ada)
    page.goto("/tasks/new/")
    page.get_by_label("Due date").fill("2001-01-01")
    page.get_by_role("button", name="Create task").click()
    expect(page.get_by_text("Give the task a title.")).to_be_visible()
    check(page, "a refused task")


def test_the_conflict_page_has_no_violation(calm, check, ada, task):
    page = calm(ada)
    page.goto(f"/tasks/{task.pk}/edit/")
    services.edit_task(task, actor=ada, version=1, title="Theirs", description="Theirs, too")
    page.get_by_label("Title").fill("Mine")
    page.get_by_label("Description").fill("Mine, too")
    page.get_by_role("button", name="Save task").click()
    expect(page.get_by_role("alert")).to_be_visible()
    check(page, "conflict")


def test_what_opens_over_the_board_has_no_violation(calm, check, ada, ed, busy_board):
    page = calm(ada)
    page.goto("/")
    page.keyboard.press("?")
    check(page, "shortcuts")
    page.keyboard.press("Escape")

    task = Task.objects.get(title="Renew the certificate")
    page.get_by_role("link", name=task.title).click()
    expect(page.get_by_role("dialog", name=task.title)).to_contain_text("History")
    page.get_by_role("dialog").get_by_label(f"More for {task.reference}").click()
    check(page, "panel")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")

    page.get_by_role("link", name=task.title).focus()
    page.keyboard.press("m")
    check(page, "a card's menu")
    page.keyboard.press("Escape")
    services.claim_task(task, actor=ed)
    page.get_by_role("button", name=f"Claim {task.reference}").click()
    expect(page.get_by_text(f"Ed Moreno claimed {task.reference} first.")).to_be_visible()
    page.get_by_role("button", name="Claim ACME-1").click()
    expect(toasts(page)).to_contain_text("You claimed ACME-1.")
    check(page, "a message and a refusal")
