"""Search: the language that people type, the tasks that it finds, and what was found in them, marked.

The board's filter, the list's and the page of search speak this one language.
"""

from taskmanager.tasks.search.finding import RANKED, among_newest, count, matching, ranked
from taskmanager.tasks.search.language import EVERYTHING, Problem, Query, Term, Word, parse, read
from taskmanager.tasks.search.showing import DESCRIPTION_READ, highlight, is_marked, said, snippet

__all__ = [
    "DESCRIPTION_READ",
    "EVERYTHING",
    "RANKED",
    "Problem",
    "Query",
    "Term",
    "Word",
    "among_newest",
    "count",
    "highlight",
    "is_marked",
    "matching",
    "parse",
    "ranked",
    "read",
    "said",
    "snippet",
]
