"""One command for a small team: prepare the database and the static files, then serve."""

import hashlib
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError, connection
from gunicorn.app.base import Application
from gunicorn.arbiter import Arbiter

from taskmanager import __version__
from taskmanager.jobs.companion import Companion
from taskmanager.serving import reloading
from taskmanager.settings.environment import read

CONFIGURATION = Path(settings.PACKAGE_DIR) / "gunicorn.conf.py"


class Command(BaseCommand):
    """Serves the product from one process tree: web processes, and a worker for the jobs."""

    help = "Prepare everything that is missing, then serve at http://$HOST:$PORT."
    requires_system_checks = ()  # they cost a third of a start; `taskmanager check` runs them

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the option that ends before anything is served."""
        parser.add_argument(
            "--prepare", action="store_true", help="prepare everything, see that it would start, and end"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate, load sample data where DEMO=1 and the database is empty, then serve until stopped."""
        wants_demo = bool(read("bool", "DEMO", default=False))
        if options["prepare"]:
            prepare(is_reload=True)
            import_module("taskmanager.wsgi")
            return
        # A running server goes on serving the files that are there: a reload clears nothing away.
        lines = in_child(prepare, wants_demo=wants_demo, is_reload="GUNICORN_FD" in os.environ)
        self._serve([f"Address: {settings.PUBLIC_URL}", *lines])

    def _serve(self, lines: list[str]) -> None:
        def print_lines(_server: Any) -> None:
            # Not before the port is open, so that whoever reads them can connect.
            self.stdout.write("\n".join(lines))
            self.stdout.flush()

        Server(when_ready=print_lines).run()


class Server(Application):  # type: ignore[misc]  # Gunicorn has no types
    """Gunicorn with the product's own configuration file, in this process."""

    def __init__(self, *, when_ready: Callable[[Any], None]) -> None:
        """Take what to do once the port is open."""
        self.when_ready = when_ready
        super().__init__()

    def load_config(self) -> None:
        """Read gunicorn.conf.py as `gunicorn -c` would."""
        self.load_config_from_file(str(CONFIGURATION))
        self.cfg.set("when_ready", self.when_ready)

    def load(self) -> Any:
        """Return the application, in each worker."""
        from taskmanager.wsgi import application  # noqa: PLC0415 (in the worker, not here)

        return application

    def run(self) -> None:
        """Serve until stopped."""
        Master(self).run()


class Master(Arbiter):  # type: ignore[misc]  # Gunicorn has no types
    """Gunicorn's master, which looks after its web processes once a second, and here after the worker of jobs, too."""

    def __init__(self, app: Server) -> None:
        """Take the application; its worker starts once the web processes do."""
        super().__init__(app)
        self.companion = Companion()

    def manage_workers(self) -> None:
        """Start whoever is missing."""
        super().manage_workers()
        self.companion.keep_alive()

    def handle_hup(self) -> None:
        """Take new code, without a moment in which nobody serves."""
        preparation = ["-m", "taskmanager", "serve", "--prepare"]
        reloading.become_new(self, preparation=preparation, last_act=self.companion.ask_to_end)

    def handle_usr2(self) -> None:
        """Say that there is a better way."""
        reloading.refuse_second_master(self)

    def stop(self, graceful: bool = True) -> None:  # noqa: FBT001, FBT002 (as Gunicorn calls it)
        """End everybody, the worker of jobs after its current one."""
        self.companion.ask_to_end()
        super().stop(graceful)
        self.companion.wait()


def prepare(*, is_reload: bool, wants_demo: bool = False) -> list[str]:
    """Migrate, collect static files, load sample data where it is wanted; return the lines that tell of it.

    Raises CommandError where the database does not answer.
    """
    try:
        call_command("migrate", interactive=False, verbosity=0)
    except OperationalError as error:
        raise CommandError(f"The database of DATABASE_URL does not answer: {error}") from error
    collect_static_files(clear=settings.STATIC_STORAGE == "local" and not is_reload)
    return demo_lines() if wants_demo else []


def in_child(work: Callable[..., list[str]], **arguments: Any) -> list[str]:
    """Return what the work returns, done in a process of its own. Raises CommandError, ImproperlyConfigured as it does.

    Migrations and sample data take some 50 MB. Each web process is forked from this one and would have them for its
    life; so would it a connection to the database, and one that two processes share answers neither.
    """
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=_work_and_tell, args=(sender, work, arguments), daemon=True)
    # Who stops this process now stops the child, too.
    before = signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    try:
        child.start()
        sender.close()
        told = receiver.recv()
    except EOFError:
        # It has said what is wrong already: nothing but the two below comes without a traceback.
        child.join()
        sys.exit(child.exitcode or 1)
    finally:
        child.terminate()
        child.join()
        signal.signal(signal.SIGTERM, before)
        receiver.close()
    if isinstance(told, Exception):
        raise told
    lines: list[str] = told
    return lines


def _work_and_tell(sender: Any, work: Callable[..., list[str]], arguments: dict[str, Any]) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        sender.send(work(**arguments))
    except (CommandError, ImproperlyConfigured) as error:
        sender.send(error)
    finally:
        connection.close()
        if connection.vendor == "postgresql":
            connection.close_pool()  # type: ignore[attr-defined]


def collect_static_files(*, clear: bool) -> None:
    """Put the static files where they are served from, unless this very set is there already.

    A set that can't be written to was collected with the image that it belongs to. In a bucket nothing is cleared away
    before: the files of the version before are still asked for while servers are replaced one by one.
    """
    if Path(settings.STATIC_ROOT).is_dir() and not os.access(settings.STATIC_ROOT, os.W_OK):
        return
    options = settings.STORAGES["staticfiles"].get("OPTIONS", {})
    place = [options.get(name) for name in ("endpoint_url", "region_name", "bucket_name")]
    digest = hashlib.sha256(f"{__version__} {place}".encode())
    for finder in get_finders():
        for path, storage in finder.list(None):
            stat = Path(storage.path(path)).stat()
            digest.update(f"{path} {stat.st_size} {stat.st_mtime_ns}\n".encode())
    stamp = Path(settings.STATIC_ROOT) / ".collected"
    if stamp.is_file() and stamp.read_text() == digest.hexdigest():
        return
    call_command("collectstatic", interactive=False, verbosity=0, clear=clear)
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(digest.hexdigest())


def demo_lines() -> list[str]:
    """Load the sample data into an empty database; return the lines that tell how to sign in to it."""
    from taskmanager.tasks import demo  # noqa: PLC0415 (its months of work are for who wants them)

    is_new = not demo.PASSWORD_PATH.exists()
    password = demo.kept_password()
    admin = demo.load_into_empty_database(password) or demo.find_admin()
    if admin is None:
        return []
    if not admin.check_password(password):
        if is_new:
            # Another DATA_DIR made this sample data, so nobody here knows its password.
            admin.set_password(password)
            admin.save(update_fields=["password"])
        else:
            password = "(the one that you set)"  # noqa: S105 (words, no password)
    return [
        f"Organization: {admin.organization.slug}",
        f"Username: {admin.username}",
        f"Password: {password}",
    ]
