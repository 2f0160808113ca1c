"""Redis where there is one, and the same pages where there is none."""

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection

from taskmanager.accounts.models import Session
from taskmanager.accounts.sessions import hash_of
from taskmanager.tasks import services
from tests.web.pages import page


def test_cache_and_sessions_are_where_the_configuration_says():
    with_redis = bool(settings.REDIS_URL)
    ours = "taskmanager.caching.ForgivingRedisCache"
    backend = ours if with_redis else "django.core.cache.backends.locmem.LocMemCache"
    assert settings.CACHES["default"]["BACKEND"] == backend
    sessions = "cached_sessions" if with_redis else "sessions"
    assert f"taskmanager.accounts.{sessions}" == settings.SESSION_ENGINE


@pytest.mark.django_db
def test_a_session_is_in_the_database_and_is_read_from_redis_where_there_is_one(ada, browse):
    client = browse(ada)
    key = client.cookies[settings.SESSION_COOKIE_NAME].value
    assert Session.objects.filter(pk=hash_of(key)).exists()
    Session.objects.all().delete()
    assert client.get("/").status_code == (200 if settings.REDIS_URL else 302)


@pytest.mark.django_db
def test_a_session_survives_an_emptied_cache(ada, browse):
    client = browse(ada)
    cache.clear()
    assert client.get("/").status_code == 200


@pytest.mark.django_db
def test_a_lost_cache_changes_no_page(task, ada, browse):
    services.edit_task(task, actor=ada, version=1, description="# Why\n\nACME-1 by @ada")
    client = browse(ada)
    urls = ("/", "/tasks/", f"/tasks/{task.pk}/", f"/tasks/{task.pk}/edit/", "/help/")
    fresh = [page(client.get(url)).text for url in urls]
    cached = [page(client.get(url)).text for url in urls]
    cache.clear()
    emptied = [page(client.get(url)).text for url in urls]
    assert fresh == cached == emptied


@pytest.mark.django_db
def test_a_cached_description_is_not_shown_after_a_change(task, ada, browse):
    client = browse(ada)
    for version, text in enumerate(("First words", "Second words"), start=1):
        services.edit_task(task, actor=ada, version=version, description=text)
        assert text in client.get(f"/tasks/{task.pk}/").content.decode()


@pytest.mark.django_db
def test_a_cached_description_of_one_organization_is_not_anothers(task, ada, oscar, browse):
    theirs = services.create_task(oscar.organization.projects.get(), actor=oscar, title="x", description="By @ada")
    services.edit_task(task, actor=ada, version=1, description="By @ada")
    assert page(browse(ada).get(f"/tasks/{task.pk}/")).has(
        "a", href="/accounts/people/ada/", rel="noopener noreferrer nofollow"
    )
    assert "/accounts/people/ada/" not in page(browse(oscar).get(f"/tasks/{theirs.pk}/")).addresses()


def test_the_run_uses_the_database_that_it_was_started_with():
    assert connection.vendor == ("postgresql" if "postgres" in settings.DATABASES["default"]["ENGINE"] else "sqlite")
