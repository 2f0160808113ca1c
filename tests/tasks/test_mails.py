"""Mails to watchers, through a real mail server: what they say, how they fold, and that each is sent once."""

import datetime
import re
import threading

import pytest
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from taskmanager.jobs.worker import Worker
from taskmanager.tasks import jobs, services
from taskmanager.tasks.models import Notice, Task, Watcher
from tests.mailbox import part, serving
from tests.racing import race
from tests.web.pages import Page

BO, AL = "bo@example.com", "al@example.com"


@pytest.fixture
def mailbox(settings):
    with serving() as box:
        settings.MAILERS = box.mailers
        settings.PUBLIC_URL = "https://tasks.example.com"
        yield box


@pytest.fixture
def watched(board, ada) -> Task:
    return services.create_task(board, actor=ada, title="Rotate the signing keys", watchers=[BO])


def deliver(*, retry_delays=(30,)) -> None:
    """Let a worker do all jobs, as if their time had come."""
    DBTaskResult.objects.filter(status="READY").update(run_after=timezone.now())
    Worker(batch=True, interval=0, retry_delays=retry_delays).run()


def statuses() -> list[str]:
    return sorted(DBTaskResult.objects.values_list("status", flat=True))


@pytest.mark.django_db
def test_a_mail_waits_until_the_pause_is_over(watched, ada, mailbox):
    services.claim_task(watched, actor=ada)
    Worker(batch=True, interval=0).run()
    assert (mailbox.mails, Notice.objects.count()) == ([], 1)
    deliver()
    assert len(mailbox.mails) == 1
    assert not Notice.objects.exists()


@pytest.mark.django_db
def test_changes_within_the_pause_come_in_one_mail_in_their_order(watched, ada, ed, mailbox):
    services.claim_task(watched, actor=ed)
    services.create_comment(watched, actor=ed, text="On it.")
    services.move_task(watched, actor=ada, status="DONE")
    deliver()
    [mail] = mailbox.mails
    text = part(mail, "plain")
    places = [text.index(words) for words in ("Ed Moreno claimed it", "On it.", "ada moved it")]
    assert places == sorted(places)
    assert statuses() == ["SUCCESSFUL"] * 3


@pytest.mark.django_db
def test_news_younger_than_the_job_are_left_to_their_own(watched, ada, ed, mailbox):
    services.claim_task(watched, actor=ed)
    first = DBTaskResult.objects.get()
    first.run_after = timezone.now()
    first.save()
    Notice.objects.update(created_at=timezone.now() + datetime.timedelta(minutes=1))
    Worker(batch=True, interval=0).run()
    assert (mailbox.mails, Notice.objects.count()) == ([], 1)


@pytest.mark.django_db
def test_a_mail_says_who_did_what_in_text_and_in_html(watched, ada, ed, mailbox):
    due = timezone.localdate() + datetime.timedelta(days=400)
    services.edit_task(watched, actor=ada, version=1, owner=ed, due_date=due)
    services.create_comment(watched, actor=ed, text="See **ACME-1** & @ada <b>now</b>")
    deliver()
    mail = mailbox.to(BO)
    text, html = part(mail, "plain"), part(mail, "html")
    assert mail["Subject"] == "[ACME-1] Rotate the signing keys"
    assert mail["From"] == "Taskmanager <taskmanager@localhost>"
    for words in (
        "ada edited it",
        "Owner: nobody → Ed Moreno",
        "Status: Unassigned → In progress",
        f"Due date: no date → {due:%b} {due.day}, {due.year}",
        "See **ACME-1** & @ada <b>now</b>",
        f"https://tasks.example.com/tasks/{watched.pk}/",
    ):
        assert words in text
    assert "<del>nobody</del> → <ins>Ed Moreno</ins>" in html
    assert '<a href="https://tasks.example.com/t/ACME-1/"' in html
    assert "&lt;b&gt;now&lt;/b&gt;" in html
    assert f'href="https://tasks.example.com/tasks/{watched.pk}/"' in html


@pytest.mark.django_db
def test_a_mail_loads_nothing_and_runs_nothing(board, ada, mailbox):
    evil = '<img src=x onerror="alert(1)"><script>alert(1)</script>![x](https://elsewhere.example/p.png)'
    task = services.create_task(board, actor=ada, title=f"Evil {evil}", watchers=[BO])
    services.create_comment(task, actor=ada, text=f"{evil} [x](javascript:alert(1))")
    deliver()
    elements = Page(part(mailbox.to(BO), "html")).elements
    assert not {"img", "script", "link", "iframe", "style"} & {tag for tag, _values in elements}
    for _tag, values in elements:
        assert not {"src", "style", "onerror"} & values.keys()
        assert values.get("href", "https://").startswith("https://")


@pytest.mark.django_db
def test_its_headers_thread_it_and_stop_it(watched, ada, mailbox):
    services.claim_task(watched, actor=ada)
    deliver()
    services.release_task(watched, actor=ada)
    deliver()
    first, second = mailbox.mails
    thread = f"<task-{watched.pk}@tasks.example.com>"
    assert first["References"] == first["In-Reply-To"] == second["References"] == thread
    assert first["Message-ID"] != second["Message-ID"]
    assert first["Auto-Submitted"] == "auto-generated"
    assert first["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    address = first["List-Unsubscribe"].replace(" ", "")
    assert re.fullmatch(r"<https://tasks\.example\.com/unsubscribe/[\w:-]+/>", address)
    assert address[1:-1] in part(first, "plain")


@pytest.mark.django_db
def test_addresses_in_headers_arrive_whole_however_long(watched, ada, mailbox, settings):
    settings.PUBLIC_URL = f"https://{'tasks.' * 20}example.com"
    services.claim_task(watched, actor=ada)
    deliver()
    lines = mailbox.raw[0].decode("ascii").split("\r\n")
    thread = f"<task-{watched.pk}@{'tasks.' * 20}example.com>"
    assert f"References: {thread}" in lines
    assert f"In-Reply-To: {thread}" in lines
    [unsubscribe] = [line for line in lines if line.startswith("List-Unsubscribe:")]
    assert re.fullmatch(rf"List-Unsubscribe: <{re.escape(settings.PUBLIC_URL)}/unsubscribe/[\w:-]+/>", unsubscribe)


@pytest.mark.django_db
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\x0b", "\x85", "\u2028"])
def test_a_title_adds_no_header(end, board, ada, mailbox):
    title = f"Keys{end}Bcc: all@example.com{end}{end}<p>Body"
    task = services.create_task(board, actor=ada, title=title, watchers=[BO])
    services.claim_task(task, actor=ada)
    deliver()
    mail = mailbox.to(BO)
    assert mail["Subject"] == "[ACME-1] Keys Bcc: all@example.com <p>Body"
    assert mail["Bcc"] is None


@pytest.mark.django_db
def test_a_title_of_any_letters_arrives(board, ada, mailbox):
    task = services.create_task(board, actor=ada, title="Schlüssel 🔑 " + "ö" * 150, watchers=[BO])
    services.claim_task(task, actor=ada)
    deliver()
    assert mailbox.to(BO)["Subject"] == f"[ACME-1] Schlüssel 🔑 {'ö' * 150}"


@pytest.mark.django_db
def test_a_comment_that_was_deleted_meanwhile_is_told_to_nobody(watched, ada, mailbox):
    comment = services.create_comment(watched, actor=ada, text="The password is hunter2")
    services.delete_comment(comment, actor=ada)
    deliver()
    assert (mailbox.mails, Notice.objects.count()) == ([], 0)


@pytest.mark.django_db
def test_who_stops_watching_gets_not_even_what_was_on_its_way(watched, ada, mailbox):
    services.claim_task(watched, actor=ada)
    services.unsubscribe(watched, email=BO)
    deliver()
    assert (mailbox.mails, statuses()) == ([], ["SUCCESSFUL"])


@pytest.mark.django_db
def test_each_watcher_gets_a_mail_of_their_own(watched, ada, mailbox):
    services.edit_task(watched, actor=ada, version=1, watchers=[AL, BO], status="DONE")
    deliver()
    assert sorted(mail["To"] for mail in mailbox.mails) == [AL, BO]
    assert len({mail["Message-ID"] for mail in mailbox.mails}) == 2
    assert len({mail["List-Unsubscribe"] for mail in mailbox.mails}) == 2


@pytest.mark.django_db
def test_a_mail_that_is_refused_keeps_no_other_from_leaving_and_is_tried_again(watched, ada, mailbox):
    services.edit_task(watched, actor=ada, version=1, watchers=[AL, BO], status="DONE")
    mailbox.refused.add(AL)
    deliver()
    assert [mail["To"] for mail in mailbox.mails] == [BO]
    assert [notice.watcher.email for notice in Notice.objects.all()] == [AL]
    job = DBTaskResult.objects.get()
    assert (job.status, "No such mailbox" in job.traceback) == ("READY", True)
    mailbox.refused.clear()
    deliver()
    assert [mail["To"] for mail in mailbox.mails] == [BO, AL]
    assert statuses() == ["SUCCESSFUL"]


@pytest.mark.django_db
def test_a_mail_server_that_is_away_for_good_ends_in_a_dead_letter_and_loses_nothing(watched, ada, mailbox, settings):
    settings.MAILERS["default"]["OPTIONS"]["port"] = 1
    services.claim_task(watched, actor=ada)
    deliver()
    deliver()
    assert statuses() == ["FAILED"]
    settings.MAILERS["default"]["OPTIONS"]["port"] = mailbox.port
    services.release_task(watched, actor=ada)
    deliver()
    text = part(mailbox.to(BO), "plain")
    assert text.index("claimed it") < text.index("released it")


@pytest.mark.django_db
def test_the_same_changes_sent_twice_have_the_same_message_id(watched, ada, mailbox):
    services.claim_task(watched, actor=ada)
    watcher, lines = Watcher.objects.get(), list(watched.activities.filter(verb="claimed"))
    fresh = Task.objects.select_related("project", "organization").get(pk=watched.pk)
    for _ in range(2):
        jobs.message_of(fresh, watcher, lines).send()
    one, other = mailbox.mails
    assert one["Message-ID"] == other["Message-ID"]


@pytest.mark.django_db
def test_a_mail_that_another_job_is_sending_is_left_to_it_and_looked_after(watched, ada, mailbox):
    services.claim_task(watched, actor=ada)
    other = "12345678-1234-5678-1234-567812345678"
    until = timezone.now() + datetime.timedelta(minutes=2)
    Watcher.objects.update(mailed_by=other, mailed_until=until)
    deliver()
    assert mailbox.mails == []
    later = DBTaskResult.objects.get(status="READY")
    assert later.run_after > until  # should the other one be killed
    Watcher.objects.update(mailed_until=timezone.now() - datetime.timedelta(seconds=1))
    deliver()
    assert len(mailbox.mails) == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_workers_with_two_jobs_for_one_task_one_sends(watched, ada, ed, mailbox):
    services.claim_task(watched, actor=ed)
    services.release_task(watched, actor=ada)
    mailbox.open.clear()

    def open_late():
        mailbox.reached.wait(20)
        threading.Event().wait(0.7)  # time for the other worker to look
        mailbox.open.set()

    DBTaskResult.objects.update(run_after=timezone.now())
    work = [Worker(batch=True, interval=0).run for _ in range(2)]
    assert race([*work, open_late]) == [None] * 3
    [mail] = mailbox.mails
    assert "released it" in part(mail, "plain")
    assert not Notice.objects.exists()
