"""One's own profile, and phone numbers of exactly ten digits, in the form and in the database."""

import pytest
from django.db import IntegrityError, transaction

from taskmanager.accounts.models import User
from tests.web.pages import page, sentence


@pytest.mark.parametrize(
    "typed", ["5551234567", "555 123 4567", "555-123-4567", "555.123.4567", "(555) 123-4567", " 555\u00a0123–4567 "]
)
def test_ten_digits_are_kept_however_they_are_written(typed, ada, browse):
    client = browse(ada)
    response = client.post("/accounts/profile/", {"phone": typed, "biography": "I **test**.\r\nOften."})
    assert (response.status_code, response["Location"]) == (302, "/accounts/profile/")
    ada.refresh_from_db()
    assert (ada.phone, ada.biography) == ("5551234567", "I **test**.\nOften.")
    shown = client.get("/accounts/profile/")
    assert "Your profile is saved." in sentence(shown)
    assert page(shown).values["phone"] == "5551234567"


@pytest.mark.parametrize(
    "typed", ["555123456", "55512345678", "+15551234567", "555123456x", "٥٥٥١٢٣٤٥٦٧", "-", "---", "1" * 41]
)
def test_anything_else_is_refused_and_kept_in_the_form(typed, ada, browse):
    response = browse(ada).post("/accounts/profile/", {"phone": typed, "biography": "Typed with care"})
    if typed.strip("-"):
        assert response.status_code == 200
        assert page(response).errors["phone"]
        assert page(response).values["biography"] == "Typed with care"
    ada.refresh_from_db()
    assert ada.phone == ""


def test_the_error_says_what_is_wanted(ada, browse):
    response = browse(ada).post("/accounts/profile/", {"phone": "555"})
    assert "Give exactly 10 digits, like 555 123 4567." in sentence(response)


def test_a_phone_number_can_be_taken_away_and_a_field_that_is_not_sent_stays(ada, browse):
    client = browse(ada)
    client.post("/accounts/profile/", {"phone": "5551234567", "biography": "x"})
    client.post("/accounts/profile/", {"phone": ""})
    ada.refresh_from_db()
    assert (ada.phone, ada.biography) == ("", "x")


def test_nobody_changes_anothers_profile(ada, cleo, browse):
    browse(cleo).post("/accounts/profile/", {"phone": "5551234567", "user": ada.pk, "id": ada.pk})
    ada.refresh_from_db()
    cleo.refresh_from_db()
    assert (ada.phone, cleo.phone) == ("", "5551234567")


@pytest.mark.parametrize("phone", ["555", "555123456x", "555123456\n", "555 123 45"])
def test_the_database_holds_ten_digits_too(phone, ada):
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.filter(pk=ada.pk).update(phone=phone)


def test_the_database_bounds_a_biography(ada):
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.filter(pk=ada.pk).update(biography="x" * 5001)
    User.objects.filter(pk=ada.pk).update(biography="x" * 5000)


def test_the_menu_leads_there(ada, browse):
    assert "/accounts/profile/" in page(browse(ada).get("/")).addresses()
