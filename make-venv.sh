#!/bin/sh
# Make .venv with the best Python of this machine; say how to get one where none is new enough.
set -eu

for candidate in python3.13 python3.14 python3.12 python3 python; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 12))' 2> /dev/null; then
        python=$candidate
        break
    fi
done

if [ -z "${python:-}" ]; then
    cat >&2 << 'SENTENCE'
Taskmanager needs Python 3.12 or later, and this machine has none.
Ubuntu 24.04 and Debian 13 have it: apt install python3 python3-venv. Elsewhere, pyenv installs one: pyenv install 3.13
SENTENCE
    exit 1
fi

rm -rf .venv
if ! "$python" -m venv .venv 2> /dev/null; then
    # Debian and Ubuntu keep a part of Python that makes environments in a package of its own.
    rm -rf .venv
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    if [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null; then
        echo "Installing python$version-venv, which makes Python's environments" >&2
        { apt-get update && apt-get install -y "python$version-venv"; } > /dev/null
        "$python" -m venv .venv
    else
        echo "This Python can't make environments yet: apt install python$version-venv" >&2
        exit 1
    fi
fi
