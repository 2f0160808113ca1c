"""The worker: mails and other work that is done after the answer was sent."""

import argparse
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from taskmanager import metrics, tracing
from taskmanager.jobs.telling import Server
from taskmanager.jobs.worker import LEASE, Worker


class Command(BaseCommand):
    """Runs one worker; any number of them may run at the same time."""

    help = "Do the jobs that wait in the database, such as mails, until stopped."
    requires_system_checks = ()  # they cost a third of a start; `taskmanager check` runs them

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the options."""
        parser.add_argument("--batch", action="store_true", help="Do what is due now, and end.")
        parser.add_argument(
            "--interval", type=float, default=1, help="Seconds between two looks into an empty queue (default: 1)."
        )
        parser.add_argument(
            "--lease",
            type=float,
            default=LEASE,
            help=f"Seconds of silence after which a job is taken from its worker (default: {LEASE:.0f}).",
        )
        parser.add_argument("--parent", type=int, help=argparse.SUPPRESS)  # the process that ends us with it

    def handle(self, *args: Any, **options: Any) -> None:
        """Work until SIGTERM or SIGINT, which wait for the current job."""
        worker = Worker(
            batch=options["batch"], interval=options["interval"], lease=options["lease"], parent=options["parent"]
        )
        metrics.note_process("worker")
        tracing.start()
        if settings.WORKER_PORT:
            Server(settings.WORKER_PORT, worker.pulse).start()
        worker.configure_signals()
        try:
            worker.run()
        finally:
            tracing.stop()
