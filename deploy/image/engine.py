"""What builds the image and runs its program: a container engine, or buildah where there is none."""

import os
import shlex
import shutil
import signal
import subprocess
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

UID = 10001  # the Dockerfile's
# The kernel takes all mounts and processes of these name spaces away with the first process, and that one with us.
CHROOT = ["setpriv", "--pdeathsig=KILL", "unshare", "--mount", "--pid", "--fork", "--kill-child"]
PATIENCE = 30  # seconds, for the program to end


def working_engine() -> str | None:
    """Return the container engine that works on this machine, None for none."""
    for engine in filter(None, map(shutil.which, ("docker", "podman"))):
        if subprocess.run([engine, "info"], capture_output=True, check=False).returncode == 0:
            return engine
    return None


class Docker:
    """A container engine, docker or podman."""

    def __init__(self, engine: str) -> None:
        """Take the path of its client."""
        self.engine = engine

    def build(self, tag: str, options: list[str]) -> None:
        """Build the Dockerfile of the current folder."""
        subprocess.run([self.engine, "build", f"--tag={tag}", *options, "."], check=True)

    def clean(self) -> None:
        """Leave nothing behind: containers end with their programs."""

    def size(self, tag: str) -> int:
        """Return the image's size in bytes."""
        command = [self.engine, "image", "inspect", "--format={{.Size}}", tag]
        return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)

    @contextmanager
    def program(self, tag: str, command: list[str], variables: dict[str, str], log: Path) -> Iterator["Program"]:
        """Run the image's program as its user on this machine's network, with a read-only root."""
        name = f"taskmanager-{uuid.uuid4().hex}"
        limits = ["--network=host", "--read-only", "--tmpfs=/tmp", "--cap-drop=ALL", "--security-opt=no-new-privileges"]
        given = [f"--env={key}={value}" for key, value in variables.items()]
        what = [f"--entrypoint={command[0]}", tag, *command[1:]]
        run = [self.engine, "run", "--rm", f"--name={name}", *limits, *given, *what]
        try:
            with _process(run, log) as process:
                yield Program(process, lambda: [self.engine, "exec", name], lambda: process.pid)
        finally:
            subprocess.run([self.engine, "rm", "--force", "--volumes", name], capture_output=True, check=False)


class Buildah:
    """buildah as root, with isolation by chroot and a storage of its own, for which a kernel needs nothing special."""

    def __init__(self, storage: Path) -> None:
        """Take the folder that keeps the images between builds."""
        self.storage = storage
        self.root = ""
        self.command = ["buildah", "--storage-driver=vfs", f"--root={storage}/images", f"--runroot={storage}/run"]

    def run(self, *arguments: str) -> str:
        """Run one of its commands; return what it printed."""
        done = subprocess.run([*self.command, *arguments], check=True, stdout=subprocess.PIPE, text=True)
        return done.stdout.strip()

    def has(self, image: str) -> bool:
        """Whether the storage has the image."""
        command = [*self.command, "inspect", "--type=image", image]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0

    def build(self, tag: str, options: list[str]) -> None:
        """Build the Dockerfile of the current folder."""
        # Docker's format has the HEALTHCHECK, which the open one leaves out.
        # Layers would be kept whole, each with all that is below it, which takes longer than to build anew.
        settings = ["--isolation=chroot", "--format=docker", "--pull-never", "--layers=false"]
        subprocess.run([*self.command, "build", *settings, f"--tag={tag}", *options, "."], check=True)

    def size(self, tag: str) -> int:
        """Return the image's size in bytes."""
        counted = subprocess.run(["du", "-sb", self._root(tag)], check=True, capture_output=True, text=True)
        return int(counted.stdout.split()[0])

    @contextmanager
    def program(self, tag: str, command: list[str], variables: dict[str, str], log: Path) -> Iterator["Program"]:
        """Run the image's program as its user on this machine's network, with a read-only root."""
        root, image = self._root(tag), self._environment(tag)
        prepare = [
            f"mount --bind {root} {root}",
            f"mount -t tmpfs -o mode=0700,uid={UID},gid={UID} tmpfs {root}/data",
            f"mount -t tmpfs -o mode=1777 tmpfs {root}/tmp",
            f"mount -t proc proc {root}/proc",
            f"mount --rbind /dev {root}/dev",
            f"mount -o remount,bind,ro {root}",
        ]
        limits = ["--clear-groups", "--no-new-privs", "--bounding-set=-all", "--inh-caps=-all"]
        # Becoming another user, it would outlive unshare: --kill-child is forgotten by then.
        limits.append("--pdeathsig=KILL")
        become = ["setpriv", f"--reuid={UID}", f"--regid={UID}", *limits]
        given = [f"{key}={value}" for key, value in {**image, **variables}.items()]
        inside = ["chroot", root, *become, "env", "-i", *given]
        run = [*CHROOT, "sh", "-ec", "; ".join([*prepare, f"exec {shlex.join([*inside, *command])}"])]
        with _process(run, log) as process:
            # unshare stays beside its child, which is the program, and hands no signal on.
            enter = ["--mount", "--pid", *inside]
            beside = lambda: ["nsenter", f"--target={_child(process.pid)}", *enter]  # noqa: E731 (as above)
            yield Program(process, beside, lambda: _child(process.pid))

    def _root(self, tag: str) -> str:
        """Return the folder with the image's files; they are unpacked once."""
        if not self.root:
            self.root = self.run("mount", self.run("from", "--pull-never", tag))
        return self.root

    def _environment(self, tag: str) -> dict[str, str]:
        lines = self.run("inspect", "--type=image", "--format={{range .Docker.Config.Env}}{{println .}}{{end}}", tag)
        return dict(line.split("=", 1) for line in lines.splitlines() if line)

    def clean(self) -> None:
        """Remove what was unpacked, also by a build that was interrupted."""
        self.run("rm", "--all")
        self.root = ""


class Program:
    """The image's program while it runs."""

    def __init__(
        self, process: subprocess.Popen[bytes], beside: Callable[[], list[str]], pid: Callable[[], int]
    ) -> None:
        """Take the process that waits for it, what begins a command that runs beside it, and whom to send signals."""
        self.process = process
        self.beside = beside
        self.pid = pid

    def execute(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command beside it, as the same user on the same files."""
        return subprocess.run([*self.beside(), *command], capture_output=True, text=True, timeout=60, check=False)

    def stop(self) -> int:
        """Ask it to end, as an engine does; return its exit code."""
        os.kill(self.pid(), signal.SIGTERM)
        return self.process.wait(PATIENCE)


def _child(pid: int) -> int:
    return int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])


@contextmanager
def _process(command: list[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as file:
        process = subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT, start_new_session=True)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
