#!/bin/sh
# All checks: lint and types, from a clean clone, the tests on PostgreSQL with Redis, in the browser, on SQLite without Redis.
# `python -m tests.servers` has started the servers and says in the environment where they are. Each part runs,
# whatever became of those before; the end names the outcome of each.
set -u
# The tests of a file stay in one process, so that what a file starts is started once. tests/conftest.py says which file
# comes first: xdist would begin with the most tests, and end with the few that take minutes.
pytest=".venv/bin/python -m pytest --dist loadfile --no-loadscope-reorder --quiet"
# What is not to be run is not even to be read: that takes each process half a minute.
elsewhere="--ignore=tests/browser --ignore=tests/test_newcomer.py"
logs=$(mktemp -d)
beside=""
outcomes=""
failed=0

leave() {
    # shellcheck disable=SC2086 (a list)
    [ -z "$beside" ] || kill $beside 2> /dev/null
    rm -rf "$logs"
}
trap leave EXIT
trap 'exit 130' INT TERM

# outcome NAME CODE: keep how a part ended.
outcome() {
    if [ "$2" = 0 ]; then word=passed; else word=FAILED failed=1; fi
    outcomes="$outcomes$word  $1
"
}

# part NAME COMMAND...: run it now.
part() {
    name=$1
    shift
    echo "— $name"
    "$@"
    outcome "$name" $?
}

# shown NAME PROCESS LOG: wait for a part that runs beside the others, and show what it said.
shown() {
    wait "$2"
    code=$?
    echo "— $1"
    cat "$3"
    outcome "$1" $code
}

# Beside each other, since the vulnerabilities, a browser and package indexes are waited for half of the time.
make --keep-going lint types > "$logs/lint" 2>&1 &
lint=$!
.venv/bin/python -m pytest tests/test_newcomer.py --quiet > "$logs/newcomer" 2>&1 &
newcomer=$!
beside="$lint $newcomer"
# One process more than the cores of a small machine: tests wait for servers a quarter of their time.
part "on PostgreSQL with Redis" $pytest --numprocesses 3 $elsewhere
shown "style, imports, types and known vulnerabilities" $lint "$logs/lint"
shown "from a clean clone" $newcomer "$logs/newcomer"

TEST_ON=sqlite $pytest --numprocesses 2 $elsewhere -m "not once" > "$logs/sqlite" 2>&1 &
sqlite=$!
beside=$sqlite
part "in the browser, on PostgreSQL with Redis" $pytest --numprocesses 2 tests/browser
shown "on SQLite, without Redis" $sqlite "$logs/sqlite"
beside=""

echo "— all parts"
printf %s "$outcomes"
exit $failed
