"""The newest third of the Web project, in the order of creation: most of what is open."""
# A line break in Markdown is one on the page, and the formatter would give every fact a line of its own.
# ruff: noqa: E501
# fmt: off

from taskmanager.tasks.demo.items import ARCHIVED, DOING, DONE, FREE, HIGH, LOW, MEDIUM, URGENT, Item

PAYMENTS = Item("Payments webhook drops events when the signature clock drifts", FREE, by="priya", priority=URGENT, due=-1, old_priority=HIGH, watchers=("ops@example.com", "support@example.com"), text="""
The payment provider signs each event with the time. We refuse what is older than 30 seconds, and on two of our servers the clock is behind by more than that: 112 events were refused in the last two days.

- [[key-rotation]] uses the same check, so webhooks that customers receive may be concerned too
- The provider sends again for three days, so nothing is lost **yet**

Accept five minutes, as the provider recommends, refuse what was seen before, and alert when a clock is off by more than a second. @samir knows the time servers, @ruth the check.
""")

PASSKEY = Item("Let people sign in with a passkey", FREE, by="ada", priority=HIGH, due=19, text="""
No password to forget, none to steal. Builds on the pages of [[second-factor]].

- Added on the profile page, after signing in the usual way
- Several per person, each with a name and the day of its last use
- The password stays as a way in until somebody removes it on purpose

Out of scope: making passkeys a duty for a whole organization.
""")

EMPTY_STATES = Item("Empty states for search and reports", FREE, by="tomas", text="""
An empty page should teach: what belongs here, why it is empty, and one button that changes that.

| Page | When | What it says |
|---|---|---|
| Search | nothing found | the words that were searched, and how to search less strictly |
| Reports | no completed task yet | that the first chart appears with the first one |
| Sprints | none planned | what a sprint is good for, in a sentence |
""")

IMPORT = Item("Import from a Jira export without losing comments", DOING, by="cleo", owner="ada", last=0.4, priority=HIGH, due=2, watchers=("cleo@acme.example", "support@example.com"), text="""
Teams that change over bring years of discussion along. Our import takes the tasks and drops the comments, so they stay where they are.

1. Read the comments from the export, oldest first
2. Match the authors by e-mail address; others become "a former member", with their name in the text
3. Keep the dates: a comment from last year must not look like one from today
4. Links between tasks follow the new references

The largest file that a customer sent me has 31,000 comments, so it has to run as a job. @samir knows the rest of the import, and wrote [[import-format]].
""")

TWO_PEOPLE = Item("Two people drag the same card: show who was first, keep what the other typed", DOING, by="ada", owner="ed", last=0.8, priority=LOW, due=10, tried_by="tomas", text="""
When two people move the same card within a second, the later one sees it jump back without a word. Answer with `409`, the card as it is now, and one sentence.

- The mover who lost keeps the comment that they were typing
- Screen readers hear the sentence too

Related: [[flicker]] and [[wake]].
""")

BURNDOWN = Item("Burndown counts tasks that were added after the sprint began", DOING, by="samir", owner="cleo", assigned=True, last=1.2, due=12, text="""
The line should start with what was planned on the first day. Work that is added later belongs above it, in a shade of its own, or every sprint looks as if it had failed.

@cleo please collect three examples from customers and agree with them on what they expect. Then I change the query.
""")

WEB_LATE = [
    Item("Sort members by their last activity", FREE, by="cleo", priority=LOW),
    Item("Notification settings per project", DONE, by="cleo", owner="ruth", last=5.6, text="""
Some people are in a project only to look something up. They should be able to silence it, mentions excepted.
"""),
    Item("Log less about health checks", DONE, by="priya", owner="priya", priority=LOW),
    Item("Backlog: select several tasks at once", DONE, by="tomas", owner="ed", last=11.5, text="""
Shift and click takes a range, the space bar the row in focus. What can be done with a selection: move, set the priority, archive. One step, one Undo ([[undo]]).
"""),
    Item("Write dates in exports as the API does", DONE, by="samir", owner="samir", text="""
[[csv-export]] writes them as the locale of the server wants it, which is no help to anybody. Year, month, day, with hyphens.
"""),
    Item("Calendar feed of due dates", FREE, by="cleo", text="""
A private address that calendar programs can subscribe to. One entry per open task that is mine and has a date. The address can be renewed when it got into the wrong hands.
"""),
    Item("Second factor for Admins", DONE, by="ada", owner="ruth", last=4.1, priority=HIGH, due=1, old_due=-4, name="second-factor", text="""
Codes from an app, ten recovery codes, and a page that explains both in five sentences. Optional for everybody, and an Admin can require it of all Admins.

- Codes are accepted once, with one step of tolerance
- Setting it up asks for the password again
- Every change is in [[role-log]]
"""),
    Item("Checkout fails for addresses in Ireland", DONE, by="cleo", owner="priya", priority=URGENT, due=0, text="""
We demand a postcode of digits only. Three people gave up today; I have their names and will write to them when it is fixed.
"""),
    Item("Previews turn phone photos on their side", DONE, by="cleo", owner="tomas", last=6.5, text="""
Phones save the picture as the sensor saw it and note the direction beside it. Turn it before the note is thrown away with the rest of the metadata.
"""),
    Item("Screen readers hear when a card moves elsewhere", FREE, by="tomas", text="""
A colleague's move changes the board in silence. One polite sentence is enough ("Ruth moved WEB-12 to Completed"), and no more than one every five seconds.
"""),
    Item("Explain the charts on the reports page", DONE, by="samir", owner="tomas", last=4.7, priority=LOW, text="""
One sentence each, below the heading: what is counted, from when to when, and what a higher bar means.
"""),
    Item("Backup and restore in one file", DONE, by="ada", owner="ada", last=3.6, priority=HIGH, due=2, old_due=-3, text="""
Whoever runs the product on their own machine needs one command that writes everything to one file, and one that reads it: database, uploads, settings without secrets.

- Works while people work
- Refuses to restore over data, unless asked to twice
- The file says which version wrote it

What we learned from [[restore-drill]] belongs into its help text.
"""),
    Item("Links in old e-mails lead to the former domain", FREE, by="cleo", due=-6, text="""
The former domain ends soon, and with it the redirects. How many people still follow such links? Depending on that we keep it for a year, or write to those concerned.
"""),
    Item("Compare two sprints", FREE, by="samir", priority=LOW, text="""
Planned, added, completed, left over: two columns of numbers and the difference. No chart.
"""),
    Item("Member menu is slow with 2,000 people", FREE, by="cleo", old_priority=MEDIUM, priority=HIGH, text="""
The page of a task loads the whole list for the owner menu: 380 KB. Load the ten that are used most, and search for the others while somebody types.

The largest customer has 2,140 members and mentions it in every call.
"""),
    Item("Keyboard: move a card between columns", DONE, by="tomas", owner="ed", last=2.4, text="""
`Space` lifts the card in focus, the arrow keys move it, `Space` puts it down, `Esc` puts it back. Each step is announced.

A menu with "Move to …" does the same without knowing any key.
"""),
    Item("Search takes seconds in organizations with many comments", DOING, by="priya", owner="samir", tried_by="ruth", priority=HIGH, due=5, text="""
2.3 s for the largest organization, 90 ms for the median. The index is used, unlike in [[feed-query]]; most of the time goes into the ranking of some 60,000 hits of which we show twenty.

Idea: rank the newest 2,000 hits only, and say so when there are more. The queries of [[accents]] must keep their order.
"""),
    Item("Rate limits answer with Retry-After", DONE, by="ruth", owner="ruth", last=1.3, priority=HIGH, old_title="Say how long to wait when slowed down", text="""
Clients that are slowed down should know for how long. Without the header they try again at once, and that makes it worse.

```http
HTTP/1.1 429 Too Many Requests
Retry-After: 17
```

Whole seconds, rounded up. Document it beside the limits, with an example that waits.
"""),
    Item("Old sprints crowd the menu", ARCHIVED, by="cleo", text="""
After a year there are twenty-six. Show the current one and the three around it, the others behind "All sprints".
""", outcome="""
Closed: the new sprint page lists the current ones first, and the menu is gone.
"""),
    BURNDOWN,
    Item("Invoices in the customer's currency", DOING, by="ada", owner="priya", last=3.2, priority=HIGH, due=8, old_due=3, text="""
Euro, US dollar and pound. The price list has an amount for each currency; nothing is converted at the rate of the day.

- The currency is fixed with the first invoice
- Credit notes follow their invoice ([[credit-notes]])
- Reports for accounting stay in euro, at the rate of the central bank
"""),
    Item("Describe how we handle security reports", FREE, by="ada", due=6, text="""
A page and a `security.txt`: where to write, what we promise (an answer within two working days), and that we thank by name whoever wants it.
"""),
    TWO_PEOPLE,
    Item("Rotate the credentials of the object storage", FREE, by="priya", priority=HIGH, due=3, text="""
Two of them are older than a year and known to a contractor who has left. Both keys can be valid at once, so nothing has to stop.

1. Make the new key, deploy it
2. Watch the log until the old one isn't used for a day
3. Delete the old one, and note the date
"""),
    Item("Summary e-mail repeats comments that were read already", FREE, by="cleo", due=4, text="""
What somebody has seen on the page needn't come by e-mail again. If nothing is left, no mail at all.

> Half of your mail is about things I answered in the morning.
"""),
    EMPTY_STATES,
    Item("An Admin can reset a colleague's second factor", DOING, by="cleo", owner="ruth", last=2.6, text="""
Phones get lost, recovery codes too. Support can't help, and shouldn't be able to. An Admin of the organization can, after entering the own password; the colleague gets a mail about it.

Left open in [[second-factor]].
"""),
    Item("Failed card payments: three reminders, then a person", FREE, by="cleo", due=11, text="""
Most cards fail because they have expired. Mail on days 1, 5 and 12, each shorter than the one before, and then somebody from support writes by hand. Nothing is switched off before day 21.
"""),
    IMPORT,
    Item("Read-only guests", FREE, by="ada", priority=LOW, text="""
Agencies want to show a board to their clients, without a seat for each. First question: what may a guest see of the comments?
"""),
    PAYMENTS,
    Item("Help articles open beside the board", DOING, by="tomas", owner="tomas", last=1.6, text="""
Whoever looks for help loses the place where they needed it. Open the article in a panel, with a link to the full page.
"""),
    Item("Board shows a completed task twice after Undo", FREE, by="samir", text="""
Complete a task, undo it, complete it again, all within ten seconds. The column shows two cards until the page is loaded again; the data is right.

Firefox and Chromium, not always. Possibly the same cause as [[flicker]].
"""),
    Item("Terms of service: show what has changed", FREE, by="ada", due=25),
    PASSKEY,
]

# How Ada left the column of unassigned tasks this morning; the others follow, the newest first.
TOP_OF_WEB = [PAYMENTS, PASSKEY, EMPTY_STATES]
