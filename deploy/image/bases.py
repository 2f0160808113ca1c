"""The Dockerfile's two bases where no registry of images can be reached: Debian, with its Python and its Node."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from deploy.image.engine import CHROOT, Buildah

SUITE = "trixie"
PYTHON = f"localhost/taskmanager-python:{SUITE}"
NODE = f"localhost/taskmanager-node:{SUITE}"
PACKAGES = "ca-certificates,python3,python3-venv,tzdata"
# Debian's npm brings hundreds of packages along; npm's own comes in one.
NPM = "npm@10.9.9"
NPM_CLI = "/usr/local/lib/node_modules/npm/bin/npm-cli.js"
# What a machine trusts and where its package managers look. Builds see these files, and the image never has them.
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
CONFIGURATION = {
    CERTIFICATES: CERTIFICATES,
    Path("/etc/pip.conf"): Path("/etc/pip.conf"),
    Path("~/.config/pip/pip.conf"): Path("/root/.config/pip/pip.conf"),
    Path("~/.npmrc"): Path("/root/.npmrc"),
}
UNNEEDED = ("usr/share/doc", "usr/share/locale", "usr/share/man", "var/cache/apt", "var/lib/apt/lists", "var/log")


def make_bases(buildah: Buildah) -> None:
    """Make the bases that are missing; they are kept between builds."""
    if not buildah.has(PYTHON):
        _make_python(buildah)
    if not buildah.has(NODE):
        _make_node(buildah)


def mounts() -> list[str]:
    """Return the options that give a build this machine's certificates and configuration, to read and not to keep."""
    found = {Path(file).expanduser(): place for file, place in CONFIGURATION.items()}
    options = [f"--volume={file}:{place}:ro" for file, place in found.items() if file.is_file()]
    return [*options, *(f"--volume={folder}:{folder}:ro" for folder in _local_indexes())]


def mounted() -> list[Path]:
    """Return the places in a build that are this machine's, and must not be in the image."""
    return [place for place in CONFIGURATION.values() if place != CERTIFICATES] + _local_indexes()


def _local_indexes() -> list[Path]:
    """Return the folders of this machine that pip is told to look into."""
    listed = subprocess.run(["pip", "config", "list"], capture_output=True, text=True, check=False).stdout
    words = listed.replace("'", " ").replace("file://", "").split()
    found = {Path(word) for word in words if word.startswith("/") and Path(word).is_dir()}
    # An index is a folder of pages, and what they link to lies beside it.
    return sorted({folder.parent if folder.name == "simple" else folder for folder in found})


def _make_python(buildah: Buildah) -> None:
    print(f"Making {PYTHON} of Debian's packages, once")
    with tempfile.TemporaryDirectory(prefix="base-", dir=buildah.storage) as folder:
        root = Path(folder) / "root"
        mirror = os.environ.get("DEBIAN_MIRROR")
        command = ["debootstrap", "--variant=minbase", f"--include={PACKAGES}", SUITE, str(root)]
        # In name spaces of its own, so that what it mounts goes with it, however it ends.
        subprocess.run([*CHROOT, *command, *([mirror] if mirror else [])], check=True, stdout=subprocess.DEVNULL)
        for unneeded in UNNEEDED:
            shutil.rmtree(root / unneeded, ignore_errors=True)
            (root / unneeded).mkdir(parents=True)
        container = buildah.run("from", "scratch")
        buildah.run("copy", "--quiet", container, str(root), "/")
        buildah.run("config", "--env=PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", container)
        buildah.run("commit", "--quiet", "--rm", container, PYTHON)


def _make_node(buildah: Buildah) -> None:
    print(f"Making {NODE}, once")
    with tempfile.TemporaryDirectory(prefix="npm-", dir=buildah.storage) as folder:
        subprocess.run(["npm", "pack", "--silent", NPM], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        subprocess.run(["tar", "-xzf", next(Path(folder).glob("*.tgz"))], cwd=folder, check=True)
        container = buildah.run("from", PYTHON)
        apt = "DEBIAN_FRONTEND=noninteractive apt-get -qq"
        install = f"{apt} update && {apt} install -y --no-install-recommends nodejs > /dev/null"
        buildah.run("run", "--isolation=chroot", *mounts(), container, "--", "sh", "-c", install)
        buildah.run("copy", "--quiet", container, f"{folder}/package", NPM_CLI.removesuffix("/bin/npm-cli.js"))
        link = ["ln", "-s", NPM_CLI, "/usr/local/bin/npm"]
        buildah.run("run", "--isolation=chroot", container, "--", *link)
        buildah.run("commit", "--quiet", "--rm", container, NODE)
