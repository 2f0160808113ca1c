"""A task by what people call it: /t/ACME-1/."""

import pytest

from taskmanager.tasks import services


@pytest.mark.parametrize("reference", ["ACME-1", "acme-1", "Acme-1"])
def test_a_reference_in_any_case_leads_to_the_task(reference, task, ada, browse):
    response = browse(ada).get(f"/t/{reference}/")
    assert (response.status_code, response["Location"]) == (302, f"/tasks/{task.pk}/")


@pytest.mark.parametrize("reference", ["ACME-1", "GLOB-1"])
def test_each_organization_has_references_of_its_own(reference, task, ada, oscar, browse):
    services.create_task(oscar.organization.projects.get(), actor=oscar, title="Theirs")
    expected = {"ACME-1": (302, 404), "GLOB-1": (404, 302)}[reference]
    assert tuple(browse(user).get(f"/t/{reference}/").status_code for user in (ada, oscar)) == expected


@pytest.mark.parametrize(
    "reference",
    [
        "ACME-2",
        "ACME-0",
        "ACME-01",
        "ACME-999999999",
        "ACME-9999999999",
        f"ACME-{'9' * 400}",
        "ACME--1",
        "ACME-",
        "ACME",
        "-1",
        "1",
        "A-1",
        "ACMEACMEACME-1",
        "ÄCME-1",
        "ACME-¹",
        "ACME-1/x",
        "ACME 1",
    ],
)
def test_what_is_no_reference_of_ours_is_not_found(reference, task, ada, browse):
    assert browse(ada).get(f"/t/{reference}/").status_code == 404


def test_a_deleted_tasks_reference_is_not_given_again(task, ada, browse):
    services.delete_task(task, actor=ada)
    following = services.create_task(task.project, actor=ada, title="Next")
    assert browse(ada).get("/t/ACME-1/").status_code == 404
    assert browse(ada).get("/t/ACME-2/")["Location"] == f"/tasks/{following.pk}/"
