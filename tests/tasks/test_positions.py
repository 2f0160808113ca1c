"""Places in a column: between any two there is another, and keys compare as text."""

import itertools
import random
import re

import pytest

from taskmanager.tasks import positions
from taskmanager.tasks.models import Task

KEY = re.compile(r"\d*[1-9]")


def assert_between(above: str, below: str) -> str:
    key = positions.between(above, below)
    assert KEY.fullmatch(key), (above, below, key)
    assert above < key, (above, below, key)
    assert not below or key < below, (above, below, key)
    return key


def test_there_is_a_key_between_any_two_short_ones():
    keys = sorted(str(number) for number in range(1, 2000) if number % 10)
    keys += ["01", "09", "001", "009", "0001", "0909", "9", "99", "999"]
    for above, below in itertools.combinations(sorted(set(keys))[::3], 2):
        assert_between(above, below)
    for key in keys:
        assert_between("", key)
        assert_between(key, "")
    assert_between("", "")


def test_there_is_a_key_between_any_two_random_ones():
    dice = random.Random(12)
    for _pair in range(5000):
        digits = ("".join(dice.choices("0123456789", k=dice.randint(0, 12))) + dice.choice("123456789") for _ in "ab")
        above, below = sorted(digits)
        if above != below:
            assert_between(above, below)


@pytest.mark.parametrize("share", ["top", "bottom", "random"])
def test_a_gap_can_be_halved_hundreds_of_times_before_its_keys_are_long(share):
    dice = random.Random(7)
    above, below = positions.spread(2)
    for _time in range(400):
        key = assert_between(above, below)
        if share == "top" or (share == "random" and dice.random() < 0.5):
            below = key
        else:
            above = key
    assert max(len(above), len(below)) <= positions.MAX_LENGTH


def test_the_ends_of_a_column_take_hundreds_of_cards():
    first = last = positions.top(1)
    for _card in range(400):
        first, last = assert_between("", first), assert_between(last, "")
    assert max(len(first), len(last)) <= positions.MAX_LENGTH


@pytest.mark.parametrize(("above", "below"), [("5", "5"), ("52", "5"), ("7", "3")])
def test_keys_out_of_order_still_give_one_below_the_upper(above, below):
    key = positions.between(above, below)
    assert KEY.fullmatch(key)
    assert key > above


def test_each_top_lies_above_those_before():
    keys = [positions.top(number) for number in range(1, 300)]
    assert keys == sorted(set(keys), reverse=True)
    assert all(KEY.fullmatch(key) for key in keys)


def test_a_spread_is_in_order_below_later_tops_and_has_room():
    keys = positions.spread(1000)
    assert keys == sorted(set(keys))
    assert len(keys) == 1000
    assert positions.top(1) < keys[0]
    for above, below in itertools.pairwise(keys):
        assert len(assert_between(above, below)) <= 20


def test_every_key_fits_into_its_column_of_the_table():
    longest = Task._meta.get_field("position").max_length
    assert longest >= positions.MAX_LENGTH
    assert len(positions.top(999_999_999)) < positions.MAX_LENGTH / 4
    assert len(positions.spread(1)[0]) < positions.MAX_LENGTH / 4


def test_two_tasks_of_the_same_nanosecond_have_two_places(monkeypatch):
    monkeypatch.setattr(positions.time, "time_ns", lambda: 1_800_000_000_000_000_000)
    assert positions.top(1) < positions.top(2)
