"""Search: one ranked list over the whole organization, and its first hits while somebody types."""

from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from taskmanager.tasks import cards, search
from taskmanager.tasks.cards import Card
from taskmanager.tasks.context import projects_of
from taskmanager.tasks.forms import SearchForm
from taskmanager.tasks.models import Task, TaskQuerySet
from taskmanager.tasks.search import Query
from taskmanager.tasks.views.requests import MemberRequest

RESULTS_PER_PAGE = 50
HITS_WHILE_TYPING = 8


@dataclass(frozen=True)
class Result:
    """A task that was found, with what was found in it marked."""

    card: Card
    title: SafeString
    snippet: SafeString | str = ""
    is_said: bool = False  # whether the snippet is from a comment


# Going back in a browser must not show the hits where the page was: both have one address.
@vary_on_headers("HX-Request", "HX-Target")
@require_safe
def task_search(request: MemberRequest) -> HttpResponse:
    """Show what was found, or go to the task whose reference was typed; to htmx, the first hits alone."""
    form = SearchForm(request.GET, actor=request.user, projects=projects_of(request))
    form.is_valid()
    query = form.query
    tasks = Task.objects.of(request.user.organization)
    if request.htmx.target == "search-hits":
        found = _ranked(tasks, query)[0].for_cards()[:HITS_WHILE_TYPING] if not query.is_empty else []
        hits = [Result(card, search.highlight(card.task.title, query)) for card in cards.cards(found, request.user)]
        return render(request, "tasks/search.html#hits", {"hits": hits, "query": query})
    if query.reference and not query.terms and (called := search.matching(tasks, query).first()):
        return redirect("tasks:task-detail", pk=called.pk)
    context = {"form": form, "query": query, "examples": EXAMPLES, "base_query": urlencode({"q": query.text})}
    return render(request, "tasks/search.html", context | (_found(request, tasks, query) if not query.is_empty else {}))


def _found(request: MemberRequest, tasks: TaskQuerySet, query: Query) -> dict[str, Any]:
    """Return a page of results. More than RANKED are "500+" and can't be turned to: people add a word."""
    ranked, count = _ranked(tasks, query)
    results = ranked.for_results(search.DESCRIPTION_READ)
    page: Any = _RankedPaginator(results, count).get_page(request.GET.get("page"))
    page.object_list = _results(cards.cards(page.object_list, request.user), query)
    label = "1 task" if count == 1 else f"{cards.count_label(count, search.RANKED)} tasks"
    return {"page": page, "total_label": label, "newest": search.RANKED if count > search.RANKED else None}


def _ranked(tasks: TaskQuerySet, query: Query) -> tuple[TaskQuerySet, int]:
    count = search.count(tasks, query)
    return search.ranked(tasks, query, count=count), count


def _results(found: list[Card], query: Query) -> list[Result]:
    """Return what was found with the words marked: in the description, or else in a comment."""
    # `beginning` is annotated by for_results().
    beginnings: dict[int, str] = {card.task.pk: card.task.beginning for card in found}  # type: ignore[attr-defined]
    elsewhere = [card.task for card in found if not search.is_marked(beginnings[card.task.pk], query)]
    said = search.said(elsewhere, query)
    return [
        Result(
            card,
            search.highlight(card.task.title, query),
            said.get(card.task.pk) or search.snippet(beginnings[card.task.pk], query),
            is_said=card.task.pk in said,
        )
        for card in found
    ]


class _RankedPaginator(Paginator):  # type: ignore[type-arg]
    """Pages of results whose number is known already."""

    def __init__(self, results: TaskQuerySet, count: int) -> None:
        """Take the results and their number."""
        super().__init__(results, RESULTS_PER_PAGE)
        self.count = min(count, search.RANKED)


# What to type, and what it finds.
EXAMPLES = [
    ("owner:me is:open", "what you are working on"),
    ("is:open owner:none priority:>=high", "what somebody should claim soon"),
    ("sprint:current is:open", "what is left of this sprint"),
    ("is:overdue", "what should have been done by now"),
    ("creator:me -status:archived", "what you wrote down"),
    ("due:today", "what is due today"),
    ('"sign in" -password', "the exact words, without another word"),
]
