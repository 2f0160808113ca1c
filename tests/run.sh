#!/bin/sh
# All tests: on PostgreSQL with Redis, again on SQLite without, in the browser, and from a clean clone.
# `python -m tests.servers` has started the servers and says in the environment where they are.
set -eu
pytest=".venv/bin/python -m pytest --dist loadgroup --quiet"
# What is not to be run is not even to be read: that takes each process half a minute.
elsewhere="--ignore=tests/browser --ignore=tests/test_newcomer.py"

echo "— on PostgreSQL with Redis"
# One process more than the cores of a small machine: tests wait for servers a quarter of their time.
$pytest --numprocesses 3 $elsewhere

# Beside each other, since a browser and package indexes are waited for half of the time. What SQLite's run says is shown
# at the end.
log=$(mktemp)
TEST_ON=sqlite $pytest --numprocesses 2 $elsewhere -m "not once" > "$log" 2>&1 &
sqlite=$!
trap 'kill $sqlite 2> /dev/null || true; rm -f "$log"' EXIT
trap 'exit 130' INT TERM
echo "— in the browser, on PostgreSQL with Redis"
failed=0
$pytest --numprocesses 2 tests/browser || failed=1
echo "— from a clean clone"
.venv/bin/python -m pytest tests/test_newcomer.py --quiet || failed=1
echo "— on SQLite, without Redis"
wait $sqlite || failed=1
cat "$log"
[ $failed = 0 ]
