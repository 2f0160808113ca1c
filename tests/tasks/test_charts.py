"""Figures: their axes, their labels, and what they say."""

import datetime
from itertools import pairwise

import pytest

from taskmanager.tasks import charts
from taskmanager.tasks.reports import Burndown, BurndownDay, CompletionTimes, Load, Loads, Times, Week

DAY = datetime.timedelta(days=1)
MONDAY = datetime.date(2026, 3, 2)


@pytest.mark.parametrize(
    ("largest", "ticks"),
    [
        (0, [0, 1]),
        (1, [0, 1]),
        (4, [0, 1, 2, 3, 4]),
        (5, [0, 2, 4, 6]),
        (11, [0, 5, 10, 15]),
        (20, [0, 5, 10, 15, 20]),
        (21, [0, 10, 20, 30]),
        (99, [0, 50, 100]),
        (12_345, [0, 5_000, 10_000, 15_000]),
    ],
)
def test_an_axis_has_few_round_ticks_and_reaches_the_largest_value(largest, ticks):
    assert charts.scale(largest) == ticks


@pytest.mark.parametrize(
    ("took", "label"),
    [
        (None, "–"),
        (datetime.timedelta(0), "0 min"),
        (datetime.timedelta(minutes=59), "59 min"),
        (datetime.timedelta(hours=1), "1 hour"),
        (datetime.timedelta(hours=7.5), "7.5 hours"),
        (datetime.timedelta(hours=47), "47 hours"),
        (2 * DAY, "2 days"),
        (5.94 * DAY, "5.9 days"),
    ],
)
def test_durations_are_told_as_people_say_them(took, label):
    assert charts.duration_label(took) == label


@pytest.mark.parametrize("count", [1, 7, 13, 105])
def test_no_more_labels_than_fit_on_a_phone(count):
    chart = charts.throughput_chart([Week(MONDAY + 7 * index * DAY, index) for index in range(count)])
    places = [float(label.at.rstrip("%")) for label in chart.labels]
    assert places
    assert all(right - left >= charts.LABEL_WIDTH for left, right in pairwise(places))
    assert len(chart.slots) == count
    assert all(float(slot.x.rstrip("%")) + float(slot.width.rstrip("%")) <= 100.1 for slot in chart.slots)


def test_a_week_says_what_it_was():
    [slot] = charts.throughput_chart([Week(MONDAY, 3)]).slots
    assert slot.title == "Week of Mar 2 (2026-W10): 3 tasks"
    assert [(bar.y, bar.height) for bar in slot.bars] == [("0.0", "180.0")]
    assert charts.throughput_chart([Week(MONDAY, 0)]).slots[0].bars == []


def test_rows_end_before_what_stands_behind_them_and_long_names_are_cut():
    members = [Load("Wilhelmina Katharina the Second", 3, 1), Load("Bo", 0, 0)]
    chart = charts.loads_chart(Loads(members, 2))
    assert chart.slots[0].label.text == "Wilhelmina Kath…"
    assert chart.slots[0].title == "Wilhelmina Katharina the Second: 3 open, 1 completed"
    assert chart.slots[0].value.at == f"{charts.ROWS_REACH:.2f}%"
    assert chart.slots[1].bars == []
    many = Loads([Load(str(number), 0, 0) for number in range(500)], 500)
    assert len(charts.loads_chart(many).slots) == charts.LOADS_SHOWN


@pytest.mark.parametrize("took", [datetime.timedelta(0), DAY])
def test_times_are_drawn_also_where_everything_took_no_time(took):
    chart = charts.times_chart(CompletionTimes(Times("All tasks", 1, took, took), [Times("Low", 0, None, None)]))
    assert chart.slots[0].bars[-1].kind == "mark"
    assert (chart.slots[1].bars, chart.slots[1].value.text) == ([], "–")


def test_the_line_of_a_burndown_ends_now_and_the_ideal_one_with_the_sprint():
    days = [BurndownDay(MONDAY, 2, 2, 0), BurndownDay(MONDAY + DAY, 1, 1, 1), BurndownDay(MONDAY + 2 * DAY, 0)]

    class Sprint:
        name = "Sprint 1"

    chart = charts.burndown_chart(Burndown(Sprint(), "active", days))
    assert chart.lines == [("ideal", "0.00,0.0 100.00,180.0"), ("remaining", "0.00,0.0 50.00,90.0")]
    assert [slot.title for slot in chart.slots] == ["Mar 2: 2 left, 0 done", "Mar 3: 1 left, 1 done"]
    assert charts.burndown_chart(Burndown(Sprint(), "empty", [])) is None
