"""The page of a person, as colleagues see it."""

import pytest
from django.test import Client
from django.utils import timezone

from taskmanager.accounts import services as accounts
from taskmanager.accounts.models import Role, User
from taskmanager.tasks import markdown, services
from tests.web.pages import page, sentence


def tell(user: User, **fields: str) -> None:
    accounts.edit_profile(user, **{"phone": "", "biography": "", "time_zone": "UTC", "theme": "system", **fields})


def test_it_tells_who_somebody_is(ada, ed, cleo, task, browse):
    tell(ed, phone="5551234567", biography="I **test**. Ask @ada about ACME-1.", time_zone="Asia/Tokyo")
    services.claim_task(task, actor=ed)
    response = browse(cleo).get("/accounts/people/ed/")
    said = sentence(response)
    for words in ("Ed Moreno", "@ed · Editor", "ed@acme.example", "555 123 4567", "9 hours ahead of you", "1 open"):
        assert words in said
    assert "<strong>test</strong>" in response.content.decode()
    links = page(response).addresses()
    assert {"/accounts/people/ada/", "/t/ACME-1/", "/tasks/?q=owner%3Aed", "tel:5551234567"} <= set(links)
    assert "/tasks/?q=owner%3Aed+is%3Aopen" in links
    assert f"{timezone.now():%Y-%m-%d}" in response.content.decode()


def test_the_links_lead_to_the_tasks(ada, ed, board, browse):
    services.create_task(board, actor=ada, title="Of Ed", owner=ed)
    services.create_task(board, actor=ada, title="Of Ada", owner=ada)
    listed = sentence(browse(ada).get("/tasks/?q=owner%3Aed+is%3Aopen"))
    assert "Of Ed" in listed
    assert "Of Ada" not in listed


@pytest.mark.parametrize("name", ["ED", "eD", "ed"])
def test_capitals_do_not_matter(name, ada, ed, browse):
    assert browse(ada).get(f"/accounts/people/{name}/").status_code == 200


@pytest.mark.parametrize("name", ["nobody", "oscar", "e", "ed%00", "ed@acme.example", "x" * 400, "%F0%9F%98%80"])
def test_nobody_else_is_there(name, ada, ed, oscar, browse):
    assert browse(ada).get(f"/accounts/people/{name}/").status_code == 404


def test_two_organizations_have_an_ada_each(ada, oscar, browse):
    accounts.add_member(
        oscar.organization, username="ada", email="a@globex.example", password=None, roles=[], full_name="Ada Globex"
    )
    assert "Ada Globex" not in sentence(browse(ada).get("/accounts/people/ada/"))
    assert "Ada Globex" in sentence(browse(oscar).get("/accounts/people/ada/"))


def test_a_username_with_signs_has_a_page(ada, member, browse):
    member("bo.b+x_1-y")
    assert "@bo.b+x_1-y" in sentence(browse(ada).get("/accounts/people/bo.b+x_1-y/"))
    html = markdown.render("@bo.b+x_1-y", organization=ada.organization)
    assert html.count('href="/accounts/people/bo.b%2Bx_1-y/"') == 1
    assert browse(ada).get("/accounts/people/bo.b%2Bx_1-y/").status_code == 200


def test_a_biography_is_safe(ada, ed, browse):
    tell(ed, biography='<script>alert(1)</script> [x](javascript:alert(1)) <img src=x onerror="alert(1)">')
    shown = page(browse(ada).get("/accounts/people/ed/"))
    assert not any("onerror" in values for _tag, values in shown.elements)
    assert not any(address.startswith("javascript") for address in shown.addresses())
    assert "<script>alert(1)</script>" in shown.text


def test_it_says_who_is_deactivated(ada, ed, browse):
    accounts.deactivate_member(ed, actor=ada)
    assert "Ed Moreno is deactivated" in sentence(browse(ada).get("/accounts/people/ed/"))


def test_who_has_no_role_and_told_nothing_has_a_page_too(ada, member, browse):
    said = sentence(browse(ada).get(f"/accounts/people/{member('bo').username}/"))
    assert "no role" in said
    assert "Phone" not in said


def test_on_ones_own_page_one_is_led_to_the_profile(ed, browse):
    response = browse(ed).get("/accounts/people/ed/")
    assert "that is you" in sentence(response)
    assert "/accounts/profile/" in page(response).addresses()
    assert "/accounts/people/ed/" in page(browse(ed).get("/accounts/profile/")).addresses()


def test_an_admin_is_led_to_the_roles_and_others_are_not(ada, ed, cleo, browse):
    address = f"/accounts/members/{ed.pk}/"
    assert address in page(browse(ada).get("/accounts/people/ed/")).addresses()
    assert address not in page(browse(cleo).get("/accounts/people/ed/")).addresses()


def test_names_on_a_task_lead_there(ada, ed, task, browse):
    services.claim_task(task, actor=ed)
    services.create_comment(task, actor=ed, text="Mine.")
    links = page(browse(ada).get(f"/tasks/{task.pk}/")).addresses()
    assert links.count("/accounts/people/ed/") == 2
    assert "/accounts/people/ada/" in links


def test_it_costs_the_same_for_everybody(ada, member, board, browse, django_assert_max_num_queries):
    bo = member("bo", Role.CREATOR, Role.EDITOR)
    tell(bo, biography="See ACME-1 and @ada.")
    for number in range(12):
        services.create_task(board, actor=ada, title=f"Task {number}", owner=bo)
    client = browse(ada)
    # The session, its user, the person, their roles, their open tasks; projects for links and header; who is mentioned.
    with django_assert_max_num_queries(8):
        client.get("/accounts/people/bo/")


def test_strangers_are_asked_to_sign_in(ed):
    response = Client().get("/accounts/people/ed/")
    assert (response.status_code, response["Location"]) == (302, "/accounts/login/?next=/accounts/people/ed/")
