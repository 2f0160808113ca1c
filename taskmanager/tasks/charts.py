"""Figures as SVG: what is drawn where. Templates write it down; no script draws, and no style stands inline.

What lies side by side is placed in percent of the width and what lies one below the other in pixels, so that a figure
fills any width while its letters keep their size.
"""

import datetime
import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from taskmanager.tasks.reports import Burndown, BurndownDay, CompletionTimes, Loads, SprintSummary, Times, Week

HEIGHT = 180
ROW = 30
ROWS_REACH = 72  # percent of the width: the rest is for what stands behind the longest bar
TICKS = 4
LABEL_WIDTH = 17  # percent of the width: what a label below a figure needs on the narrowest phone
FEWEST_SLOTS = 8  # so that a single bar doesn't become a wall
LOADS_SHOWN = 12
NAME_LENGTH = 16
HOUR = datetime.timedelta(hours=1)
DAY = datetime.timedelta(days=1)


@dataclass(frozen=True)
class Bar:
    """A rectangle; `kind` names its looks."""

    x: str
    y: str
    width: str
    height: str
    kind: str


@dataclass(frozen=True)
class Label:
    """A few letters. Its place along the axis is in percent or in pixels, as the axis is."""

    at: str
    text: str


@dataclass(frozen=True)
class Slot:
    """What belongs to one value: the bars, and what is said about it where the pointer is."""

    x: str
    y: str
    width: str
    height: str
    title: str
    bars: list[Bar] = field(default_factory=list)
    middle: str = ""
    dot: str = ""  # how far from above
    label: Label | None = None  # beside the row
    value: Label | None = None  # behind the bar


@dataclass(frozen=True)
class Chart:
    """A figure: of slots side by side, or of rows one below the other."""

    name: str
    title: str
    description: str
    height: int
    slots: list[Slot]
    grid: list[Label] = field(default_factory=list)
    labels: list[Label] = field(default_factory=list)
    lines: list[tuple[str, str]] = field(default_factory=list)  # each with its looks, and its points
    area: str = ""
    is_rows: bool = False


def duration_label(took: datetime.timedelta | None) -> str:
    """Return a duration as people say it: "35 min", "7.5 hours", "3.2 days"; a dash where there is none."""
    if took is None:
        return "–"
    if took < HOUR:
        return f"{took.total_seconds() / 60:.0f} min"
    amount, unit = (took / HOUR, "hour") if took < 2 * DAY else (took / DAY, "day")
    shown = f"{amount:.1f}".removesuffix(".0")
    return f"{shown} {unit}" if shown == "1" else f"{shown} {unit}s"


def counted(count: int, noun: str = "task") -> str:
    """Return "1 task" or "1,204 tasks"."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def day_label(day: datetime.date) -> str:
    """Return "Nov 9"."""
    return f"{day:%b} {day.day}"


def scale(largest: float) -> list[int]:
    """Return the ticks of an axis of whole numbers that reaches `largest`, from 0 on, in steps of 1, 2 or 5."""
    step = 1
    while largest / step > TICKS:
        step = step * 5 // 2 if str(step).startswith("2") else step * 2
    top = max(1, -(-int(-(-largest // 1)) // step))
    return [index * step for index in range(top + 1)]


def throughput_chart(weeks: Sequence[Week]) -> Chart:
    """Draw a bar for each week."""
    ticks = scale(max((week.count for week in weeks), default=0))
    total = sum(week.count for week in weeks)
    return Chart(
        name="throughput",
        title="Completed tasks per week",
        description=f"{counted(total)} in {counted(len(weeks), 'week')}.",
        height=HEIGHT,
        slots=[
            _column(index, len(weeks), ticks, [("done", week.count)], f"{_week_title(week)}: {counted(week.count)}")
            for index, week in enumerate(weeks)
        ],
        grid=_grid(ticks),
        labels=_below([day_label(week.monday) for week in weeks]),
    )


def sprints_chart(summaries: Sequence[SprintSummary]) -> Chart:
    """Draw a bar for each sprint, the oldest first: what was done, and on top of it what was left."""
    ordered = list(reversed(summaries))
    ticks = scale(max((each.done + each.left for each in ordered), default=0))
    return Chart(
        name="sprints",
        title="Tasks per sprint, done and left over",
        description=f"The latest {counted(len(ordered), 'sprint')}, the oldest first.",
        height=HEIGHT,
        slots=[
            _column(
                index,
                len(ordered),
                ticks,
                [("done", each.done), ("open", each.left)],
                f"{each.sprint.name}: {each.done} done, {each.left} {'carried over' if each.is_over else 'still open'}",
            )
            for index, each in enumerate(ordered)
        ],
        grid=_grid(ticks),
        labels=_below([day_label(each.sprint.start_date) for each in ordered]),
    )


def loads_chart(report: Loads) -> Chart:
    """Draw a row for each of the members with the most tasks, and for tasks of nobody."""
    members = [row for row in report.rows if row.kind == "member"]
    shown = [*members[:LOADS_SHOWN], *(row for row in report.rows if row.kind != "member")]
    largest = max((row.total for row in shown), default=0) or 1
    return Chart(
        name="members",
        title="Tasks per member, open and completed",
        description=f"{counted(report.owned)} of {counted(report.members, 'member')}.",
        height=ROW * len(shown),
        slots=[
            _row(
                index,
                row.name,
                [("open", row.open / largest), ("done", row.done / largest)],
                value=f"{row.total:,}",
                title=f"{row.name}: {row.open} open, {row.done} completed",
            )
            for index, row in enumerate(shown)
        ],
        is_rows=True,
    )


def times_chart(report: CompletionTimes) -> Chart:
    """Draw a row for all tasks and for each priority: the median as a bar, the average as a mark."""
    rows = [report.overall, *report.by_priority]
    largest = max((max(row.average, row.median) for row in rows if row.average and row.median), default=HOUR)
    return Chart(
        name="times",
        title="Time from creation to completion, by priority",
        description=f"Of {counted(report.overall.count)}, the median is {duration_label(report.overall.median)}"
        f" and the average is {duration_label(report.overall.average)}.",
        height=ROW * len(rows),
        slots=[_times_row(index, row, largest or HOUR) for index, row in enumerate(rows)],
        is_rows=True,
    )


def burndown_chart(report: Burndown) -> Chart | None:
    """Draw how many tasks were left each day, beside the straight line to none; None where there is nothing yet."""
    if not report.days:
        return None
    ticks = scale(max(report.days[0].ideal, *(day.remaining or 0 for day in report.days)))
    length = (report.days[-1].day - report.days[0].day).days
    places = [100 * (day.day - report.days[0].day).days / length for day in report.days]
    lines = []
    if report.days[0].ideal:
        points = ((places[0], report.days[0].ideal), (places[-1], 0))
        lines.append(("ideal", " ".join(f"{x:.2f},{_y(value, ticks):.1f}" for x, value in points)))
    told = [(x, day) for x, day in zip(places, report.days, strict=True) if day.remaining is not None]
    remaining = " ".join(f"{x:.2f},{_y(day.remaining or 0, ticks):.1f}" for x, day in told)
    lines.append(("remaining", remaining))
    now = report.told[-1]
    return Chart(
        name="burndown",
        title=f"Burndown of {report.sprint.name}",
        description=f"{counted(now.remaining or 0)} left on {day_label(now.day)},"
        f" {now.done} done. On the first day {report.days[0].ideal:.0f} were planned.",
        height=HEIGHT,
        slots=_burndown_slots(told, ticks, 100 / len(report.days)),
        grid=_grid(ticks),
        labels=_thinned([(x, day_label(day.day)) for x, day in zip(places, report.days, strict=True)]),
        lines=lines,
        area=f"{told[0][0]:.2f},{HEIGHT} {remaining} {told[-1][0]:.2f},{HEIGHT}",
    )


def _burndown_slots(told: Sequence[tuple[float, BurndownDay]], ticks: list[int], width: float) -> list[Slot]:
    return [
        Slot(
            x=f"{x - width / 2:.2f}%",
            y="0",
            width=f"{width:.2f}%",
            height=str(HEIGHT),
            title=f"{day_label(day.day)}: {day.remaining} left, {day.done} done",
            middle=f"{x:.2f}%",
            dot=f"{_y(day.remaining or 0, ticks):.1f}",
        )
        for x, day in told
    ]


def _column(index: int, count: int, ticks: list[int], parts: Sequence[tuple[str, int]], title: str) -> Slot:
    width = 100 / max(count, FEWEST_SLOTS)
    x = index * width
    bars, below = [], 0
    for kind, value in parts:
        top = _y(below + value, ticks)
        if value:
            height = _y(below, ticks) - top
            bars.append(Bar(f"{x + width * 0.18:.2f}%", f"{top:.1f}", f"{width * 0.64:.2f}%", f"{height:.1f}", kind))
        below += value
    return Slot(f"{x:.2f}%", "0", f"{width:.2f}%", str(HEIGHT), title, bars)


def _row(index: int, name: str, parts: Sequence[tuple[str, float]], *, value: str, title: str) -> Slot:
    """Draw parts, of which all together are at most 1, behind each other."""
    x, bars = 0.0, []
    for kind, part in parts:
        if part:
            bars.append(Bar(f"{x:.2f}%", str(index * ROW + 7), f"{part * ROWS_REACH:.2f}%", str(ROW - 14), kind))
        x += part * ROWS_REACH
    middle = f"{index * ROW + ROW / 2:.1f}"
    return Slot(
        x="0",
        y=str(index * ROW),
        width="100%",
        height=str(ROW),
        title=title,
        bars=bars,
        middle=middle,
        label=Label(middle, name if len(name) <= NAME_LENGTH else f"{name[: NAME_LENGTH - 1].rstrip()}…"),
        value=Label(f"{x:.2f}%", value),
    )


def _times_row(index: int, row: Times, largest: datetime.timedelta) -> Slot:
    if row.median is None or row.average is None:
        return _row(index, row.label, [], value="–", title=f"{row.label}: none completed")
    title = (
        f"{row.label}: median {duration_label(row.median)}, average {duration_label(row.average)},"
        f" of {counted(row.count)}"
    )
    slot = _row(index, row.label, [("done", row.median / largest)], value=duration_label(row.median), title=title)
    at = row.average / largest * ROWS_REACH
    slot.bars.append(Bar(f"{at:.2f}%", str(index * ROW + 4), "2", str(ROW - 8), "mark"))
    # What is said stands behind both.
    behind = max(at, row.median / largest * ROWS_REACH)
    return replace(slot, value=Label(f"{behind:.2f}%", duration_label(row.median)))


def _week_title(week: Week) -> str:
    return f"Week of {day_label(week.monday)} ({week.label})"


def _y(value: float, ticks: list[int]) -> float:
    return HEIGHT * (1 - value / ticks[-1])


def _grid(ticks: list[int]) -> list[Label]:
    return [Label(f"{_y(tick, ticks):.1f}", f"{tick:,}") for tick in ticks]


def _below(texts: Sequence[str]) -> list[Label]:
    width = 100 / max(len(texts), FEWEST_SLOTS)
    return _thinned([((index + 0.5) * width, text) for index, text in enumerate(texts)])


def _thinned(places: Sequence[tuple[float, str]]) -> list[Label]:
    """Keep every second, third … label, so that none stands on another."""
    gap = places[1][0] - places[0][0] if len(places) > 1 else LABEL_WIDTH
    return [Label(f"{x:.2f}%", text) for x, text in places[:: math.ceil(LABEL_WIDTH / gap)]]
