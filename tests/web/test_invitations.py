"""Invitations: by mail, once, for a week; every other link gets the same answer."""

import datetime
import json
import re
import uuid
from functools import partial

import pytest
from django.apps import apps
from django.contrib.auth import SESSION_KEY
from django.db import connection
from django.test import Client
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from taskmanager.accounts import jobs, services
from taskmanager.accounts.models import FormSubmission, Invitation, Role, User
from taskmanager.errors import NotAllowed, NotFound
from tests.conftest import PASSWORD
from tests.mailbox import part, serving
from tests.queue import run_jobs
from tests.racing import race
from tests.web.pages import page, sentence

LIST = "/accounts/invitations/"
BO = "bo@example.com"
JOIN = {"username": "bo", "password1": PASSWORD, "password2": PASSWORD}
REFUSED = "This invitation doesn’t work"


@pytest.fixture
def mailbox(settings):
    with serving() as box:
        settings.MAILERS = box.mailers
        settings.PUBLIC_URL = "https://tasks.example.com"
        yield box


@pytest.fixture
def invitation(acme, ada) -> Invitation:
    [invitation] = services.invite(acme, actor=ada, emails=[BO])
    return invitation


def link(invitation: Invitation) -> str:
    return f"{LIST}{jobs.invitation_token(Invitation.objects.get(pk=invitation.pk).nonce)}/"


def expire(invitation: Invitation) -> None:
    past = timezone.now() - datetime.timedelta(days=8)
    Invitation.objects.filter(pk=invitation.pk).update(created_at=past, expires_at=past + datetime.timedelta(days=7))


def test_an_invitation_is_sent_accepted_and_signs_in(ada, mailbox, browse):
    response = browse(ada).post(LIST, {"emails": f" {BO.upper()} ", "roles": ["Editor"]}, follow=True)
    assert response.redirect_chain == [(LIST, 302)]
    assert "Invited bo@example.com: the mail is on its way." in sentence(response)
    assert "bo@example.com Editor · by ada" in sentence(response)
    run_jobs()
    mail = mailbox.to(BO)
    assert mail["Subject"] == "ada invites you to Acme"
    assert mail["Auto-Submitted"] == "auto-generated"
    [address] = set(re.findall(r"https://tasks\.example\.com/\S+", part(mail, "plain")))
    assert f'href="{address}"' in part(mail, "html")
    place = address.removeprefix("https://tasks.example.com")

    browser = Client()
    shown = browser.get(place)
    assert (shown.status_code, page(shown).values["username"]) == (200, "bo")
    assert "Join Acme ada invites bo@example.com" in sentence(shown)
    joined = browser.post(place, {**page(shown).values, **JOIN}, follow=True)
    assert joined.redirect_chain == [("/", 302)]
    assert "Welcome to Acme." in sentence(joined)
    bo = User.objects.get(username="bo")
    assert joined.context["user"] == bo
    assert (bo.organization, bo.email, bo.roles) == (ada.organization, BO, [Role.EDITOR])
    assert bo.check_password(PASSWORD)
    assert (bo.is_staff, bo.is_superuser) == (False, False)
    assert browser.cookies["organization"].value == "acme"
    kept = Invitation.objects.get()
    assert kept.accepted_by == bo
    assert kept.accepted_at
    assert "Nobody. Who accepts" in sentence(browse(ada).get(LIST))
    # The mail once more, in the same browser: it is done.
    assert browser.get(place)["Location"] == "/"


def test_without_a_choice_people_become_creator_and_editor(ada, browse):
    form = page(browse(ada).get(LIST))
    ticked = [values["value"] for tag, values in form.elements if values.get("name") == "roles" and "checked" in values]
    assert ticked == ["Creator", "Editor"]
    browse(ada).post(LIST, {"emails": BO})
    assert Invitation.objects.get().role_list == [Role.CREATOR, Role.EDITOR]


def test_several_at_once(ada, mailbox, browse):
    typed = f"{BO}, al@example.com;cy@example.com\r\n{BO.upper()}\r\n dee@example.com,"
    assert "Invited 4 people" in sentence(browse(ada).post(LIST, {"emails": typed}, follow=True))
    run_jobs()
    assert sorted(mail["To"] for mail in mailbox.mails) == sorted(
        [BO, "al@example.com", "cy@example.com", "dee@example.com"]
    )
    assert len({part(mail, "plain") for mail in mailbox.mails}) == 4


@pytest.mark.parametrize("typed", ["", "  ", ",", "bo", "bo@", "bo@example.com al@", "a\x00@example.com", "x" * 20_001])
def test_what_is_no_address_is_refused_and_nothing_is_lost(typed, ada, browse, rows):
    before = rows()
    response = browse(ada).post(LIST, {"emails": typed, "roles": ["Admin"]})
    assert page(response).errors["emails"]
    assert page(response).has("input", value="Admin", checked="")
    assert rows() == before
    assert not DBTaskResult.objects.exists()


def test_who_is_a_member_or_invited_already_is_named_and_nobody_is_invited(ada, ed, cleo, invitation, browse):
    services.deactivate_member(cleo, actor=ada)
    for address in ("ED@acme.example", cleo.email):
        response = browse(ada).post(LIST, {"emails": f"new@example.com {address}"})
        assert f"A member already: {address.lower()}." in sentence(response)
    response = browse(ada).post(LIST, {"emails": f"new@example.com {BO}"})
    assert f"Invited already: {BO}." in sentence(response)
    assert Invitation.objects.count() == 1


def test_an_address_may_be_invited_by_two_organizations_and_join_both(ada, oscar, invitation):
    [other] = services.invite(oscar.organization, actor=oscar, emails=[BO])
    for each in (invitation, other):
        assert Client().post(link(each), JOIN).status_code == 302
    assert [user.organization for user in User.objects.filter(email=BO).order_by("pk")] == [
        ada.organization,
        oscar.organization,
    ]


def test_an_invitation_that_has_expired_makes_way_for_a_new_one(ada, acme, invitation, browse):
    old = link(invitation)
    expire(invitation)
    assert "Expired on" in sentence(browse(ada).get(LIST))
    browse(ada).post(LIST, {"emails": BO})
    [new] = Invitation.objects.of(acme).open()
    assert new != invitation
    assert Client().get(old).status_code == 404


def test_sending_again_ends_the_old_link(ada, invitation, mailbox, browse):
    run_jobs()
    old = link(invitation)
    expire(invitation)
    response = browse(ada).post(f"{LIST}{invitation.pk}/resend/", follow=True)
    assert "A new link is on its way to bo@example.com" in sentence(response)
    run_jobs()
    first, second = mailbox.mails
    assert old in part(first, "plain")
    assert link(invitation) in part(second, "plain")
    assert first["Message-ID"] != second["Message-ID"]
    assert Client().get(old).status_code == 404
    assert Client().get(link(invitation)).status_code == 200


def test_a_job_that_runs_twice_sends_the_same_mail(invitation, mailbox):
    for _turn in range(2):
        jobs.mail_invitation.call(invitation.pk)
    first, second = mailbox.raw
    # All but the moment at which it was sent, and what marks the parts.
    same = [re.sub(rb"(?m)^Date:.*$|=+\d+==", b"", raw) for raw in (first, second)]
    assert same[0] == same[1]


@pytest.mark.parametrize("act", ["revoke", "expire", "accept", "delete"])
def test_no_mail_is_sent_for_what_is_over(act, ada, invitation, mailbox):
    if act == "revoke":
        services.revoke_invitation(invitation, actor=ada)
    elif act == "expire":
        expire(invitation)
    elif act == "accept":
        services.accept_invitation(invitation, username="bo", password=PASSWORD)
    else:
        invitation.delete()
    run_jobs()
    assert mailbox.mails == []


def refused_links(invitation, ada, oscar) -> dict[str, str]:
    """Return links that no longer work or never did, by what is wrong with them."""
    token = jobs.invitation_token(invitation.nonce)
    names = ("expired", "revoked", "used", "sent again")
    given = dict(
        zip(
            names,
            services.invite(ada.organization, actor=ada, emails=[f"{n.split()[0]}@x.example" for n in names]),
            strict=True,
        )
    )
    links = {name: link(each) for name, each in given.items()}
    expire(given["expired"])
    services.revoke_invitation(given["revoked"], actor=ada)
    services.accept_invitation(given["used"], username="used", password=PASSWORD)
    services.resend_invitation(given["sent again"], actor=ada)
    nonce, signature = token.split(".")
    [foreign] = services.invite(oscar.organization, actor=oscar, emails=["f@x.example"])
    return {
        **links,
        "nonce alone": f"{LIST}{nonce}/",
        "another's signature": f"{LIST}{foreign.nonce}.{signature}/",
        "another's nonce": f"{LIST}{nonce}.{jobs.invitation_token(foreign.nonce).split('.')[1]}/",
        "cut": f"{LIST}{token[:-1]}/",
        "number": f"{LIST}{invitation.pk}/",
        "nonsense": f"{LIST}%00%F0%9F%98%80/",
    }


def test_every_link_that_does_not_work_gets_the_same_helpful_page(invitation, ada, oscar, rows):
    links = refused_links(invitation, ada, oscar)
    before = rows()
    answers = {}
    for name, address in links.items():
        shown, sent = Client().get(address), Client().post(address, JOIN)
        assert (shown.status_code, sent.status_code) == (404, 404), name
        answers[name] = sentence(shown), sentence(sent)
    assert rows() == before
    assert len(set(answers.values())) == 1
    text = answers["nonsense"][0]
    for words in (REFUSED, "works once, and for seven days", "ask whoever invited you"):
        assert words in text
    assert "Acme" not in text


@pytest.mark.django_db
def test_what_the_database_holds_opens_nothing(invitation, ada, mailbox, settings, browse):
    """Somebody stole all rows, and knows the program; the SECRET_KEY they don't know."""
    right = link(invitation)
    run_jobs()
    rows = [row for model in apps.get_models() for row in model._default_manager.all().values()]
    stolen = json.dumps(rows, default=str)
    token = right.split("/")[-2]
    assert invitation.nonce in stolen
    assert token not in stolen
    assert token.split(".")[1] not in stolen
    key = settings.SECRET_KEY
    settings.SECRET_KEY = "a guess"
    forged = [link(invitation), *(f"{LIST}{value}/" for value in (invitation.nonce, f"{invitation.nonce}.x"))]
    settings.SECRET_KEY = key
    assert {Client().get(address).status_code for address in forged} == {404}
    # Nor once it was used, when the form that was sent is remembered.
    Client().post(right, {**JOIN, "uuid": str(uuid.uuid4())})
    assert FormSubmission.objects.exists()
    assert token not in json.dumps(list(FormSubmission.objects.values()), default=str)


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"username": ""}, "username"),
        ({"username": "b o"}, "username"),
        ({"username": "bo@example.com"}, "username"),
        ({"username": "ADA"}, "username"),
        ({"password2": "another one, quite long"}, "password2"),
        ({"password1": "12345", "password2": "12345"}, "password1"),
        ({"password1": "bo@example.com", "password2": "bo@example.com"}, "password1"),
    ],
    ids=str,
)
def test_what_is_wrong_is_said_beside_the_field_and_the_link_still_works(typed, field, invitation, ada, rows):
    before = rows()
    response = Client().post(link(invitation), {**JOIN, **typed})
    assert response.status_code == 200
    assert list(page(response).errors) == [field]
    assert rows() == before
    assert Client().post(link(invitation), JOIN).status_code == 302


def test_an_address_that_became_a_members_meanwhile_is_told_to_sign_in(invitation, acme):
    services.add_member(acme, username="robert", email=BO, password=PASSWORD, roles=[])
    response = Client().post(link(invitation), JOIN)
    assert "This address belongs to a member already. Sign in instead." in sentence(response)


def test_a_stranger_who_is_signed_in_elsewhere_is_told_and_joins_as_the_new_user(invitation, oscar, browse):
    client = browse(oscar)
    assert "You are signed in as oscar at Globex." in sentence(client.get(link(invitation)))
    joined = client.post(link(invitation), JOIN, follow=True)
    assert joined.context["user"].username == "bo"
    assert joined.context["user"].organization == invitation.organization


@pytest.mark.parametrize("backend", ["database", "cache"])
def test_the_forms_act_once(backend, ada, settings, browse):
    settings.FORM_SUBMISSION_BACKEND = backend
    client = browse(ada)
    data = {"emails": BO, "uuid": str(uuid.uuid4())}
    client.post(LIST, data)
    again = client.post(LIST, data, follow=True)
    assert "This form has already been submitted." in sentence(again)
    invitation = Invitation.objects.get()
    data = {**JOIN, "uuid": str(uuid.uuid4())}
    for _turn in range(2):
        # A double click: both were sent before the answer to the first came.
        assert Client().post(link(invitation), data, follow=True).context["user"].username == "bo"
    assert Client().post(link(invitation), {**data, "password1": "x", "password2": "x"}).status_code == 404
    assert User.objects.filter(username="bo").count() == 1


def test_an_organization_sends_so_many_and_no_more(ada, oscar, settings, browse):
    settings.THROTTLE_INVITATION = (3, 3600)
    client = browse(ada)
    many = " ".join(f"p{number}@example.com" for number in range(4))
    response = client.post(LIST, {"emails": many})
    assert (response.status_code, response["Retry-After"]) == (429, "3600")
    assert (
        "An organization may send 3 invitations at a time. None of these was sent: try fewer, or in 60 minutes."
        in sentence(response)
    )
    assert page(response).values["emails"] == many
    # Asking for too many took nothing away.
    assert client.post(LIST, {"emails": "p1@example.com p2@example.com p3@example.com"}).status_code == 302
    assert client.post(LIST, {"emails": BO}).status_code == 429
    first = Invitation.objects.earliest("pk")
    assert "3 invitations at a time" in sentence(client.post(f"{LIST}{first.pk}/resend/", follow=True))
    assert browse(oscar).post(LIST, {"emails": BO}).status_code == 302
    assert Invitation.objects.count() == 4


def test_revoking_is_said_and_what_is_over_is_neither_sent_nor_revoked(ada, invitation, browse):
    client = browse(ada)
    assert "is revoked" in sentence(client.post(f"{LIST}{invitation.pk}/revoke/", follow=True))
    for act in ("revoke", "resend"):
        assert "can't be used any more" in sentence(client.post(f"{LIST}{invitation.pk}/{act}/", follow=True))
    assert Client().get(link(invitation)).status_code == 404


def test_services_ask_for_role_and_organization(invitation, acme, ed, oscar):
    for actor, error in ((ed, NotAllowed), (oscar, NotFound)):
        for call in (
            partial(services.invite, acme, emails=["x@example.com"]),
            partial(services.resend_invitation, invitation),
            partial(services.revoke_invitation, invitation),
        ):
            with pytest.raises(error):
                call(actor=actor)
    assert Invitation.objects.open().get() == invitation


def test_the_page_is_not_kept_by_caches_and_tells_no_other_site_its_address(invitation):
    response = Client().get(link(invitation))
    assert "no-store" in response["Cache-Control"]
    assert response["Referrer-Policy"] == "same-origin"


def test_an_invitation_outlives_who_asked(invitation, ada, acme, member):
    member("bee", Role.ADMIN)
    User.objects.filter(pk=ada.pk).delete()
    assert "An Admin invites bo@example.com" in sentence(Client().get(link(invitation)))
    assert jobs.message_of(Invitation.objects.get()).subject == "An Admin invites you to Acme"


def test_a_line_end_in_a_name_begins_no_other_header(invitation, acme, mailbox):
    type(acme).objects.filter(pk=acme.pk).update(name="Acme\r\nBcc: all@example.com")
    run_jobs()
    assert mailbox.to(BO)["Subject"] == "ada invites you to Acme Bcc: all@example.com"
    assert mailbox.to(BO)["Bcc"] is None


def test_the_list_takes_the_same_queries_for_1_and_30(ada, acme, browse, django_assert_max_num_queries):
    client = browse(ada)
    for count in (1, 30):
        services.invite(acme, actor=ada, emails=[f"p{count}-{number}@example.com" for number in range(count)])
        # Session, user with rights, what the roles may, projects, how many, the invitations.
        with django_assert_max_num_queries(7):
            client.get(LIST)


@pytest.mark.django_db(transaction=True)
def test_of_racing_acceptances_one_makes_a_user(acme, ada):
    [invitation] = services.invite(acme, actor=ada, emails=[BO])
    address = link(invitation)
    calls = [partial(Client().post, address, {**JOIN, "username": f"bo{number}"}) for number in range(4)]
    statuses = sorted(getattr(response, "status_code", response) for response in race(calls))
    assert statuses == [302, 404, 404, 404]
    assert User.objects.filter(email=BO).count() == 1
    connection.close()


@pytest.mark.django_db(transaction=True)
def test_of_racing_invitations_of_one_address_one_is_sent(acme, ada):
    # Each request has a user of its own.
    actors = [User.objects.select_related("organization").get(pk=ada.pk) for _turn in range(3)]
    results = race([partial(services.invite, acme, actor=actor, emails=[BO]) for actor in actors])
    errors = [type(result) for result in results if isinstance(result, Exception)]
    assert errors == [services.AlreadyInvited] * 2
    assert Invitation.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_accepting_and_revoking_at_once_one_wins(acme, ada):
    for turn in range(5):
        [invitation] = services.invite(acme, actor=ada, emails=[f"p{turn}@example.com"])
        accept = partial(services.accept_invitation, invitation, username=f"p{turn}", password=None)
        results = race([accept, partial(services.revoke_invitation, invitation, actor=ada)])
        assert sum(isinstance(result, services.InvitationGone) for result in results) == 1
        invitation.refresh_from_db()
        assert (invitation.accepted_at is None) != (invitation.revoked_at is None)


def test_a_form_that_is_sent_again_guesses_no_passwords(invitation, ada, settings):
    """It signs in whoever sent it first, by the password in it: as often as the sign-in page does, and no more."""
    settings.THROTTLE_SIGN_IN = (2, 3600)
    place, key = link(invitation), str(uuid.uuid4())
    Client().post(place, {**JOIN, "uuid": key})
    for guess in ("a guess, quite long", "another, quite long"):
        typed = {"username": "ada", "password1": guess, "password2": guess, "uuid": key}
        assert Client().post(place, typed).headers["Location"] == "/accounts/login/"
    right = {"username": "ada", "password1": PASSWORD, "password2": PASSWORD, "uuid": key}
    client = Client()
    response = client.post(place, right)
    assert (response.status_code, "Retry-After" in response.headers) == (429, True)
    assert SESSION_KEY not in client.session
