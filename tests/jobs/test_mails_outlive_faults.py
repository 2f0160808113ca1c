"""Mails and killed workers: each a process of its own, with a real mail server and a database that all share."""

import signal
import time

import pytest
from django_tasks_db.models import DBTaskResult

from taskmanager.tasks import services
from taskmanager.tasks.models import Notice, Task
from tests.jobs.conftest import until
from tests.mailbox import part, serving

BO = "bo@example.com"


@pytest.fixture
def mailbox():
    with serving() as box:
        yield box


@pytest.fixture
def at_once(settings):
    """Let mails be due with the change, for processes that nobody can tell another time."""
    settings.NOTIFICATION_DELAY = 0


@pytest.fixture
def watched(transactional_db, at_once, board, ada) -> Task:
    return services.create_task(board, actor=ada, title="Rotate the signing keys", watchers=[BO])


def is_done() -> bool:
    return not DBTaskResult.objects.exclude(status="SUCCESSFUL").exists()


def test_a_worker_that_is_killed_between_the_commit_and_the_mail_loses_nothing(watched, ada, mailbox, worker):
    first = worker(EMAIL_URL=mailbox.url)
    until(lambda: first.says("started"))
    first.send(signal.SIGSTOP)  # it is there, but does nothing more
    services.claim_task(watched, actor=ada)
    first.send(signal.SIGKILL)
    first.wait()
    assert mailbox.mails == []
    worker(EMAIL_URL=mailbox.url)
    until(is_done)
    assert "claimed it" in part(mailbox.to(BO), "plain")
    assert not Notice.objects.exists()


def test_a_worker_that_is_killed_in_the_middle_of_a_mail_hands_it_to_another(watched, ada, mailbox, worker):
    mailbox.open.clear()
    services.claim_task(watched, actor=ada)
    first = worker(EMAIL_URL=mailbox.url)
    assert mailbox.reached.wait(30)
    first.send(signal.SIGKILL)
    first.wait()
    assert DBTaskResult.objects.get().status == "RUNNING"
    mailbox.open.set()
    worker("--lease=0.5", EMAIL_URL=mailbox.url)
    until(is_done)
    assert len(DBTaskResult.objects.get().worker_ids) == 2
    # The server may have taken both; then they are the same mail by their id.
    until(lambda: mailbox.mails)
    assert len({mail["Message-ID"] for mail in mailbox.mails}) == 1
    assert not Notice.objects.exists()


def test_two_workers_send_one_mail(watched, ada, ed, mailbox, worker):
    workers = [worker(EMAIL_URL=mailbox.url) for _ in range(2)]
    until(lambda: all(process.says("started") for process in workers))
    for _ in range(5):
        sent = len(mailbox.mails)
        services.claim_task(watched, actor=ed)
        until(is_done)
        until(lambda sent=sent: len(mailbox.mails) == sent + 1)
        services.release_task(watched, actor=ada)
        until(is_done)
        until(lambda sent=sent: len(mailbox.mails) == sent + 2)
    time.sleep(0.3)  # for one too many
    assert len(mailbox.mails) == 10


def test_a_batch_sends_what_is_due_and_ends(watched, ada, mailbox, worker):
    services.claim_task(watched, actor=ada)
    assert worker("--batch", EMAIL_URL=mailbox.url).wait() == 0
    assert mailbox.to(BO)
    assert is_done()
