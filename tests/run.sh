#!/bin/sh
# All tests: on PostgreSQL with Redis, again on SQLite without, in the browser, and from a clean clone.
# `python -m tests.servers` has started the servers and says in the environment where they are.
set -eu
# One process more than the cores of a small machine: tests wait for servers a quarter of their time.
pytest=".venv/bin/python -m pytest --numprocesses 3 --dist loadgroup --quiet"
# What is not to be run is not even to be read: that takes each process half a minute.
elsewhere="--ignore=tests/browser --ignore=tests/test_newcomer.py"

echo "— on PostgreSQL with Redis"
$pytest $elsewhere
echo "— on SQLite, without Redis"
TEST_ON=sqlite $pytest $elsewhere -m "not once"
echo "— in the browser, on PostgreSQL with Redis"
$pytest tests/browser
echo "— from a clean clone"
.venv/bin/python -m pytest tests/test_newcomer.py --quiet
