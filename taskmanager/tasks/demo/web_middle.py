"""The second third of the Web project, in the order of creation."""
# A line break in Markdown is one on the page, and the formatter would give every fact a line of its own.
# ruff: noqa: E501
# fmt: off

from taskmanager.tasks.demo.items import ARCHIVED, DONE, FREE, HIGH, LOW, MEDIUM, Item

WEB_MIDDLE = [
    Item("Changing the password ends all other sessions", DONE, by="ruth", owner="ruth", last=37, priority=HIGH, text="""
Whoever changes a password often does so because somebody else knows it. All other sessions end at once; the current one stays. API tokens are untouched, and the page says so.
"""),
    Item("Sprint report as a table to copy", DONE, by="cleo", owner="samir", text="""
People paste it into their own slides and get a picture. Below the chart: the same numbers as a table, which a spreadsheet takes as it is.
"""),
    Item("Slow query in the activity feed", DONE, by="priya", owner="samir", old_priority=MEDIUM, priority=HIGH, name="feed-query", text="""
1.8 s at the 95th percentile for the three largest organizations. The plan reads the whole history and sorts it for twenty rows:

```
Sort  (actual rows=412882)
  ->  Seq Scan on activity
        Filter: (organization_id = 731)
```

An index on the organization and the newest first should make it a matter of milliseconds.
"""),
    Item("Credit notes for refunds", DONE, by="cleo", owner="priya", due=5, old_due=-1, name="credit-notes", text="""
Refunds are booked by hand today. Accounting needs a document with a number of its own that names the invoice, its date and the amount.
"""),
    Item("Public roadmap", ARCHIVED, by="cleo", text="""
Customers ask for it in nearly every call. A page with what we work on now, what comes next, and what we won't do.
""", outcome="""
We talked it over: what we publish becomes a promise, and we change our plans too often for that. The changelog stays our way to tell people.
"""),
    Item("Duplicate a task with its description", DONE, by="cleo", owner="ed", text="""
For checklists that come back every month. Copy the title, the description and the priority; not the owner, the dates and the comments.
"""),
    Item("Rotate the keys that sign webhooks", DONE, by="priya", owner="ruth", name="key-rotation", text="""
For a day both keys are valid and each delivery carries two signatures, so that receivers can change over without losing anything. Follows [[webhook-retries]].
"""),
    Item("Show when a colleague is away", FREE, by="cleo", priority=LOW, text="""
A small mark beside the avatar, set on the profile page with a first and a last day. Giving a task to somebody who is away should ask once.
"""),
    Item("Undo for archiving", DONE, by="tomas", owner="ed", name="undo", text="""
The dialog "Are you sure?" is clicked away without reading. Archive at once, say so, and offer Undo for ten seconds: faster for everybody, and safer.
"""),
    Item("Refuse passwords that are known from leaks", DONE, by="ruth", owner="ruth", text="""
Compare with the list that comes with the release, on our own machine: no password leaves it, not even a part of its hash. Checked when a password is chosen, never at sign-in.
"""),
    Item("Help page about claiming", DONE, by="cleo", owner="tomas", priority=LOW, text="""
Why there is a button where other trackers have a menu, what happens when two click at once, and how to give a task back. With one picture.
"""),
    Item("Trials end a day early in America", DONE, by="cleo", owner="priya", priority=HIGH, text="""
The end is stored as a date and compared in UTC, so that the last evening is missing. Store the moment instead: fourteen times 24 hours after the registration.

> We were in the middle of showing it to our board when it locked us out.
"""),
    Item("Boards remember how far one had scrolled", DONE, by="tomas", owner="ed"),
    Item("Staging with realistic data, without real names", DONE, by="priya", owner="samir", last=29, old_priority=LOW, text="""
Five made-up tasks show no problem that 50,000 would. Take the shape of production (how many, how long, how old) and invent the contents.

No copy of production leaves production, scrambled or not.
"""),
    Item("Charts say nothing to a screen reader", DONE, by="tomas", owner="tomas", text="""
Each chart needs a heading, one sentence that says what it shows, and its numbers as a table. The picture itself can then be hidden from assistive technology.
"""),
    Item("Delete uploads that no task refers to", DONE, by="priya", owner="priya", priority=LOW),
    Item("Custom fields: what do customers need them for?", FREE, by="ada", old_title="Custom fields", text="""
The most wanted feature of the survey, and the one that makes every page, filter and import harder. Before we build a general answer, talk to ten of those who asked.

- What would you put into the field?
- Who fills it in, and who reads it?
- What do you do today instead?

@cleo has the list of people. My guess is that an estimate and a customer's name cover most of it.
"""),
    Item("API errors name the field", DONE, by="ruth", owner="ruth", text="""
`{"message": "Invalid input"}` helps nobody. Say which field, what is wrong with it, and which values are allowed:

```json
{"loc": ["body", "priority"], "msg": "Input should be LOW, MEDIUM, HIGH or URGENT"}
```
"""),
    Item("Cards flicker when two updates arrive together", DONE, by="tomas", owner="ed", reopened=True, name="flicker", text="""
The second update draws the card as it was before the first. Each answer should carry the version of the task, and the page should drop what is older than what it shows.

Easy to see with the network throttled to "slow 3G" and two windows.
"""),
    Item("Reply to a notification by e-mail", ARCHIVED, by="cleo", text="""
Answer the mail, and the text becomes a comment.
""", outcome="""
Wanted by few, and expensive: quoted text, signatures, out-of-office answers, forged senders. Not now; the button in the mail leads to the comment field with one click.
"""),
    Item("Check the plan's limit before an invitation is sent", DONE, by="cleo", owner="priya", text="""
Today the invitation goes out, the colleague registers, and only then learns that there is no seat left. Embarrassing for both.
"""),
    Item("Focus is lost when a dialog closes", DONE, by="tomas", owner="tomas", text="""
It has to return to the control that opened the dialog, or to the card where that control is gone. Found by a customer who works with the keyboard alone.
"""),
    Item("Restore a backup on a fresh machine, with a stopwatch", DONE, by="ada", owner="priya", assigned=True, priority=HIGH, due=3, name="restore-drill", text="""
A backup that was never restored is a hope. Somebody who didn't write the instructions follows them, alone, and notes every place where they had to guess.
""", outcome="""
**Result:** 47 minutes, four guesses. All four are in the instructions now; next time in three months, with @samir.
"""),
    Item("Merge the two settings pages", DONE, by="tomas", owner="tomas", text="""
Nobody can tell "Preferences" from "Profile", and we couldn't either. One page with three headings; the old address leads there.
"""),
    Item("E-mails in the language of the reader", FREE, by="cleo", text="""
The pages are in English only, but for invoices and receipts several customers need German and French. Start with these two documents and see what it takes.
"""),
    Item("Import rejects files with a byte order mark", DONE, by="cleo", owner="samir", text="""
Spreadsheets write one when they save as "CSV UTF-8". The first column is then called `\\ufefftitle` and unknown. Mentioned on the page of [[import-format]], but it should simply work.
"""),
    Item("Live updates stop after a laptop wakes", DONE, by="cleo", owner="ed", last=24, priority=HIGH, tried_by="tomas", name="wake", text="""
The connection looks open to the browser and is long gone. People work on a board from the day before without knowing it.

- A sign of life every 20 seconds; after two missing ones, connect again
- When the page becomes visible, ask once what was missed
- Say "reconnecting" only when it takes longer than three seconds
"""),
    Item("Leave weekends out of the time to completion", ARCHIVED, by="samir", text="""
A task that is claimed on Friday and done on Monday looks slow. Count working days instead?
""", outcome="""
Tried on real data: the numbers get smaller, the comparison between teams stays the same, and nobody can check them against a calendar any more. We keep the plain difference and say so beside the chart.
"""),
    Item("Certificates renew on their own", DONE, by="priya", owner="priya", last=14, text="""
Including those of customers with a domain of their own. An alert comes fourteen days before one ends; if all is well, nobody ever sees it.
"""),
    Item("Rank titles above comments in search", DONE, by="samir", owner="samir", text="""
A word in the title says more than one in the twentieth comment. Weights: title 1.0, description 0.4, comments 0.1. Keep the queries of [[accents]] as tests for the ranking.
"""),
    Item("Addresses that differ in case make two accounts", DONE, by="ruth", owner="ruth", priority=HIGH, text="""
`Kim@` and `kim@` are one mailbox for every provider that matters. Lower-case them all, and have the database refuse a second one. 23 pairs exist; @cleo writes to them before we merge anything.
"""),
    Item("Monthly dependency update", ARCHIVED, by="priya", owner="ruth", text="""
Read the changelogs of what we use, update what is behind, run everything.
""", outcome="""
Nothing that changes behaviour. The image library has a security fix that doesn't touch us, since we accept four formats only; taken anyway.
"""),
    Item("Choose the page to start with", FREE, by="tomas", priority=LOW),
    Item("API tokens with an expiry date", DONE, by="ruth", owner="ruth", last=19.5, text="""
Ninety days by default, a year at most; older tokens stay valid and are marked. The owner gets a mail a week before one ends.

Changes are written to [[role-log]], as tokens can do what their owner can.
"""),
    Item("Offer yearly billing at checkout", DONE, by="ada", owner="priya", due=0, old_due=-5, text="""
Two months for free, one click to compare. A change from monthly to yearly credits the days that are already paid, as a credit note ([[credit-notes]]).
"""),
    Item("Cancelled plans keep their data for ninety days", DONE, by="ada", owner="ruth", last=12.5, text="""
Read only, with an export for Admins. After that it is deleted, backups included within another thirty days, and the contract says exactly that.
"""),
    Item("Drag handles are too small on touch screens", DONE, by="tomas", owner="ed"),
    Item("Error pages show the number of the request", DONE, by="ruth", owner="ruth", text="""
With it support finds the line in the log within seconds. It must not tell anything else: no path, no name, no version.
"""),
    Item("A scroll bar for each column", ARCHIVED, by="tomas", owner="ed", priority=LOW, text="""
A long column moves the short ones out of sight. Let each scroll by itself.
""", outcome="""
Built, tried for a week, and taken out again: fine with a mouse, confusing with a trackpad, unusable on phones. The page scrolls as a whole.
"""),
]
