#!/bin/sh
# All tests: on PostgreSQL with Redis, again on SQLite without, in the browser, and from a clean clone.
# `python -m tests.servers` has started the servers and says in the environment where they are.
set -eu
pytest=".venv/bin/python -m pytest --numprocesses 2 --dist loadgroup --quiet"

echo "— on PostgreSQL with Redis"
$pytest -m "not browser and not newcomer"
echo "— on SQLite, without Redis"
TEST_ON=sqlite $pytest -m "not browser and not newcomer and not once"
echo "— in the browser, on PostgreSQL with Redis"
$pytest -m browser
echo "— from a clean clone"
$pytest -m newcomer --numprocesses 0
