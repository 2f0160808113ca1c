"""The audit page: what Admins see of it, how they find something, and that nobody changes it."""

import csv
import datetime
import io

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from taskmanager.accounts import services
from taskmanager.accounts.events import GROUPS, SENTENCES, in_words
from taskmanager.accounts.models import AuditEvent, AuditKind, Role, User
from taskmanager.accounts.views import EVENTS_ON_A_PAGE
from tests.web.pages import body, page, sentence

AUDIT = "/accounts/audit/"


def happened(organization, kind=AuditKind.SIGNED_IN, *, days_ago=0, **fields):
    """Write an event that happened some days ago; rows are never changed afterwards."""
    services.record_event(organization, kind, **fields)
    if days_ago:
        event = AuditEvent.objects.latest("pk")
        event.delete()
        event.pk, event.created_at = None, timezone.now() - datetime.timedelta(days=days_ago)
        event.save(force_insert=True)


def told(response) -> list[str]:
    """Return what the rows say, in their order."""
    return [what for _event, what, _who in response.context["rows"]]


def lines(response) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(body(response).decode())))


def test_it_tells_in_words_who_did_what_when_and_from_where(ada, cleo, browse):
    User.objects.filter(pk=ada.pk).update(first_name="Ada", last_name="Lind", time_zone="Asia/Tokyo")
    ada.refresh_from_db()
    services.change_roles(cleo, actor=ada, roles=[Role.CREATOR, Role.EDITOR], address="192.0.2.7")
    response = browse(ada).get(AUDIT)
    event = AuditEvent.objects.latest("pk")
    assert told(response)[0] == "Ada Lind gave Cleo Marsh the role Editor"
    with timezone.override("Asia/Tokyo"):
        moment = f"{timezone.localtime(event.created_at):%H:%M}"
    assert f"{moment} Ada Lind gave Cleo Marsh the role Editor ada 192.0.2.7" in sentence(response)
    assert any(tag == "time" and values["datetime"].endswith("+09:00") for tag, values in page(response).elements)


@pytest.mark.parametrize("role", [Role.EDITOR, Role.CREATOR])
def test_others_are_refused(role, member, browse):
    client = browse(member("bo", role))
    assert client.get(AUDIT).status_code == 403
    assert client.get(f"{AUDIT}csv/").status_code == 403
    assert AUDIT not in page(client.get("/")).addresses()


def test_admins_find_it_in_the_menu(ada, browse):
    assert AUDIT in page(browse(ada).get("/")).addresses()


def test_nothing_of_another_organization_is_there(ada, oscar, browse):
    services.record_event(None, AuditKind.SIGN_IN_FAILED, address="192.0.2.66")
    happened(oscar.organization, actor=oscar, address="192.0.2.99")
    for address in (
        AUDIT,
        f"{AUDIT}?person=oscar",
        f"{AUDIT}csv/",
        f"{AUDIT}?before={AuditEvent.objects.latest('pk').pk}",
    ):
        text = body(browse(ada).get(address)).decode()
        assert "192.0.2.99" not in text
        assert "192.0.2.66" not in text


def test_the_newest_come_first_and_pages_follow_each_other(ada, acme, browse):
    AuditEvent.objects.all().delete()
    moment = timezone.now()
    # Many of one moment, too: none is told twice or left out.
    AuditEvent.objects.bulk_create(
        AuditEvent(
            organization=acme,
            kind=AuditKind.SIGNED_IN,
            actor=ada,
            actor_name="ada",
            created_at=moment - datetime.timedelta(seconds=number // 50),
        )
        for number in range(EVENTS_ON_A_PAGE * 2 + 30)
    )
    client, found, address = browse(ada), [], AUDIT
    for rows in (EVENTS_ON_A_PAGE, EVENTS_ON_A_PAGE, 30):
        response = client.get(address)
        found += [event for event, _what, _who in response.context["rows"]]
        assert len(response.context["rows"]) == rows
        address = next((each for each in page(response).addresses() if "before=" in each and "csv" not in each), "")
        address = f"{AUDIT}{address}" if address.startswith("?") else address
    assert address == ""
    assert [event.pk for event in found] == list(
        AuditEvent.objects.order_by("-created_at", "-pk").values_list("pk", flat=True)
    )


@pytest.mark.parametrize("before", ["", "x", "-1", "0", "9" * 30, "٣", "\0"])
def test_a_place_that_is_none_shows_the_newest(before, ada, browse):
    response = browse(ada).get(AUDIT, {"before": before})
    assert response.status_code == 200
    assert told(response)


def test_it_is_filtered_by_kind_person_and_days(ada, ed, acme, browse):
    AuditEvent.objects.all().delete()
    happened(acme, AuditKind.SIGNED_IN, actor=ada, days_ago=5)
    happened(acme, AuditKind.SIGN_IN_FAILED, actor=ed, days_ago=3)
    happened(acme, AuditKind.MEMBER_DEACTIVATED, actor=ada, subject=ed)
    client, today = browse(ada), timezone.localdate()

    def found(**query):
        return [line.split()[-1] for line in told(client.get(AUDIT, query))]

    days = [str(today - datetime.timedelta(days=ago)) for ago in range(7)]
    assert found() == ["Moreno", "in", "in"]
    assert found(kind="failures") == ["in"]
    assert found(kind="members") == ["Moreno"]
    assert found(person="ED") == ["Moreno", "in"]
    assert found(person="nobody") == []
    assert found(person="\0") == []
    assert found(**{"from": days[4]}) == ["Moreno", "in"]
    assert found(to=days[4]) == ["in"]
    assert found(**{"from": days[3], "to": days[3], "person": "ed"}) == ["in"]
    assert [len(lines(client.get(f"{AUDIT}csv/", query))) for query in ({}, {"person": "ed"})] == [3, 2]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"kind": "eaten"}, "kind"),
        ({"from": "yesterday"}, "first"),
        ({"to": "0001-01-01"}, "last"),
        ({"from": "2026-02-01", "to": "2026-01-01"}, "last"),
        ({"person": "x" * 51}, "person"),
    ],
)
def test_a_filter_that_cannot_be_read_finds_nothing_and_says_why(query, field, ada, browse):
    response = browse(ada).get(AUDIT, query)
    assert response.status_code == 200
    assert "Nothing was looked for" in sentence(response)
    assert field in response.context["form"].errors
    assert lines(browse(ada).get(f"{AUDIT}csv/", query)) == []


def test_an_empty_page_says_what_will_be_there(ada, browse):
    AuditEvent.objects.all().delete()
    client = browse(ada)
    assert "Nothing happened yet" in sentence(client.get(AUDIT))
    assert "Nothing fits" in sentence(client.get(f"{AUDIT}?kind=failures"))


def test_queries_do_not_grow_with_rows(ada, member, acme, browse):
    client = browse(ada)
    counts = []
    for first, last in ((0, 3), (3, 40)):
        for number in range(first, last):
            happened(
                acme, AuditKind.ROLES_CHANGED, actor=ada, subject=member(f"bo{number}"), before=[], after=["Admin"]
            )
        client.get(AUDIT)
        with CaptureQueriesContext(connection) as queries:
            client.get(AUDIT)
        with CaptureQueriesContext(connection) as of_file:
            assert len(lines(client.get(f"{AUDIT}csv/"))) > last
        counts.append((len(queries), len(of_file)))
    assert counts[0] == counts[1]
    assert counts[0][0] <= 6


def test_the_file_is_no_formula(ada, acme, browse):
    happened(acme, AuditKind.TOKEN_CREATED, actor=ada, name="=1+1", scope="read")
    User.objects.filter(pk=ada.pk).update(first_name="=cmd|' /C calc'!A0")
    row = lines(browse(ada).get(f"{AUDIT}csv/"))[0]
    assert row["what"].startswith("'=cmd")
    response = browse(ada).get(f"{AUDIT}csv/")
    assert response["Content-Disposition"].startswith('attachment; filename="audit-acme-')
    body(response)


def test_every_kind_is_in_one_group_and_has_a_sentence(ada, ed, acme):
    kinds = [kind for _label, kinds in GROUPS.values() for kind in kinds]
    assert sorted(kinds) == sorted(AuditKind)
    assert set(SENTENCES) == set(AuditKind)
    for kind in AuditKind:
        for people in ({}, {"actor": ada}, {"actor": ada, "subject": ed}):
            services.record_event(acme, kind, **people)
            text = in_words(AuditEvent.objects.latest("pk"))
            assert "{" not in text
            assert not text.endswith(" ")


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (["Creator"], ["Creator", "Admin"], "ada gave Ed Moreno the role Admin"),
        (["Creator", "Editor"], [], "ada took the roles Creator and Editor from Ed Moreno"),
        (["Creator"], ["Editor"], "ada gave Ed Moreno the role Editor and took the role Creator from them"),
    ],
)
def test_roles_are_told_as_given_and_taken(before, after, words, ada, ed, acme):
    services.record_event(acme, AuditKind.ROLES_CHANGED, actor=ada, subject=ed, before=before, after=after)
    assert in_words(AuditEvent.objects.latest("pk")) == words


@pytest.mark.parametrize(
    ("kind", "detail", "words"),
    [
        ("signed_in", {"how": "password"}, "ada signed in"),
        ("signed_in", {"how": "passkey"}, "ada signed in with a passkey"),
        ("signed_in", {"how": "password", "second_factor": "totp"}, "ada signed in, and proved it by a code"),
        ("second_factor_added", {"factor": "totp", "name": "Phone"}, "ada added the second factor “Phone”"),
        ("recovery_code_used", {"left": 7}, "ada used a recovery code, and has 7 left"),
        (
            "organization_changed",
            {"require_second_factor": True},
            "ada decided that the organization requires a second factor",
        ),
        (
            "organization_changed",
            {"after": {"name": "Acme & Co"}},
            "ada changed the organization’s name to “Acme & Co”",
        ),
        ("token_revoked", {"tokens": 2, "pairs": 1}, "ada revoked their own 2 tokens and 1 sign-in by JWT"),
    ],
)
def test_details_are_told(kind, detail, words, ada, acme):
    services.record_event(acme, AuditKind(kind), actor=ada, **detail)
    assert in_words(AuditEvent.objects.latest("pk")) == words


def test_what_no_person_did_is_told_so(ada, acme):
    services.record_event(acme, AuditKind.SECOND_FACTOR_RESET, subject=ada, how="command")
    assert in_words(AuditEvent.objects.latest("pk")) == "Whoever runs this Taskmanager reset ada’s second factor"


def test_a_name_with_braces_is_told_as_it_is(ada, acme):
    services.record_event(acme, AuditKind.TOKEN_USED, actor=ada, name="{actor.password} {0} {")
    assert "“{actor.password} {0} {”" in in_words(AuditEvent.objects.latest("pk"))


def test_names_are_shown_as_text(ada, acme, browse):
    happened(acme, AuditKind.TOKEN_USED, actor=ada, name="<script>alert(1)</script>")
    assert "<script>alert" not in browse(ada).get(AUDIT).content.decode()


def test_former_members_keep_the_name_that_they_had(ada, ed, acme, browse):
    happened(acme, AuditKind.SIGNED_IN, actor=ed)
    ed.delete()
    assert told(browse(ada).get(AUDIT))[0] == "ed signed in"


def test_nobody_edits_or_deletes_a_row_in_djangos_admin(ada, acme, browse):
    root = User.objects.create_superuser(organization=acme, username="root", email="r@acme.example", password=None)
    event = AuditEvent.objects.of(acme).latest("pk")
    client = browse(root)
    before = list(AuditEvent.objects.values())
    place = f"/admin/accounts/auditevent/{event.pk}/"
    assert client.get(f"{place}change/").status_code == 200
    assert client.post(f"{place}change/", {"kind": "signed_in"}).status_code == 403
    assert client.post(f"{place}delete/", {"post": "yes"}).status_code == 403
    assert client.post("/admin/accounts/auditevent/add/", {"kind": "signed_in"}).status_code == 403
    selected = {"action": "delete_selected", "_selected_action": [event.pk], "post": "yes"}
    client.post("/admin/accounts/auditevent/", selected)
    assert list(AuditEvent.objects.values()) == before
