"""The oldest third of the Web project, in the order of creation."""
# A line break in Markdown is one on the page, and the formatter would give every fact a line of its own.
# ruff: noqa: E501
# fmt: off

from taskmanager.tasks.demo.items import ARCHIVED, DONE, FREE, HIGH, LOW, MEDIUM, URGENT, Item

WEB_EARLY = [
    Item("Move the production database to the next PostgreSQL release", DONE, by="priya", owner="priya", last=54.5, priority=HIGH, due=1, text="""
Security fixes for our release end in half a year. The rehearsal on a copy of production comes first, the real move on a quiet evening.

1. Restore last night's backup on a spare machine, upgrade it with `pg_upgrade --link`, and run the test suite against it
2. Compare the plans of the ten slowest queries before and after
3. Announce twenty minutes of maintenance, two days ahead
4. Move, and keep the old cluster for a week

Going back means promoting the old cluster. Write down the exact commands before we start.
"""),
    Item("Invoices carry the customer's VAT number", DONE, by="cleo", owner="priya", priority=HIGH, text="""
Eleven customers in the EU asked for it this month; without the number their accounting rejects the invoice.

- A field on the billing page, checked for its format only
- Printed below the address of the customer
- Old invoices stay as they were sent
"""),
    Item("Remember the organization at sign-in", DONE, by="cleo", owner="ed", text="""
People know their password but not the short name of their organization. Fill in the one that was used last on this device, and explain where to find it.
"""),
    Item("Search misses words with accents", DONE, by="cleo", owner="samir", name="accents", text="""
Searching for `Munoz` doesn't find "Muñoz", and `resume` doesn't find "résumé". Customers in Spain and France report it about once a week.

@samir the database has `unaccent` for this; the index has to be built with it too, or the search gets slow.
"""),
    Item("Describe each permission in the help", DONE, by="ada", owner="tomas", priority=LOW),
    Item("Weekly summary arrives on Sunday in some time zones", DONE, by="cleo", owner="ruth", old_title="Weekly summary arrives on Sunday", text="""
The summary is sent at 06:00 UTC on Monday. In Honolulu that is Sunday evening, and its "last week" isn't over.

Send it at 08:00 in the time zone of the reader's profile.
"""),
    Item("Attachments over 5 MB fail without a message", DONE, by="cleo", owner="ed", old_priority=LOW, priority=HIGH, name="large-files", text="""
The proxy cuts the upload off and the page just stops. The limit should be the same everywhere, and whoever hits it should read a sentence.

**Expected:** "report.pdf is 14 MB. Files can have up to 10 MB."
"""),
    Item("Print view of a board", FREE, by="cleo", priority=LOW, text="""
Two customers hang their board on the wall of a workshop. A style sheet for print would do: no header, three columns, titles and owners only.
"""),
    Item("Cache avatars for a week", DONE, by="tomas", owner="tomas", priority=LOW),
    Item("Review who has access to production", DONE, by="ada", owner="priya", priority=HIGH, due=0, text="""
Once a quarter. Go through the list with @samir and remove what nobody could explain within a minute.

| System | Accounts | Owner |
|---|---|---|
| Database | 6 | Priya |
| Object storage | 4 | Priya |
| Payment provider | 5 | Ada |
| Mail delivery | 3 | Ruth |
""", outcome="""
Done: five accounts are closed, and the contractor's key to the object storage is on the list for its next rotation.
"""),
    Item("Export a project as CSV", DONE, by="cleo", owner="samir", name="csv-export", text="""
One row per task, with everything that the list shows. UTF-8, and a header line with the names that the API uses, so that a script can read both.

Cells that begin with `=`, `+`, `-` or `@` need a quote in front: a spreadsheet would run them.
"""),
    Item("The list forgets its sorting after an edit", DONE, by="tomas", owner="ed", text="""
Sort by due date, open a task, save it, go back: the newest is on top again. The way back should keep the whole address, filters included.
"""),
    Item("Replace the date picker with the browser's own", ARCHIVED, by="tomas", text="""
Ours weighs 40 KB and is awkward on phones. The browser's own needs nothing and speaks every language.
""", outcome="""
It can't show the weeks of a sprint, and that is what people open it for. Closed until browsers can.
"""),
    Item("Delete expired sessions every night", DONE, by="ruth", owner="ruth", text="""
The table has nine million rows, of which some forty thousand are alive. Delete in batches of 5,000, so that the first run doesn't hold locks for minutes.
"""),
    Item("Deactivated members still appear in the owner menu", DONE, by="cleo", owner="ed", text="""
They can't sign in, but tasks can be given to them, and then nobody looks after those. Keep the name where they own a task already.
"""),
    Item("Alert when the job queue grows for ten minutes", DONE, by="priya", owner="priya", name="queue-alert", text="""
Yesterday 3,000 e-mails waited for two hours and we heard it from a customer. The length of the queue is measured; nobody looks at it.

Alert on growth, not on length: the nightly summaries make a peak that is no problem.
"""),
    Item("Raise the contrast of labels in the dark theme", DONE, by="tomas", owner="tomas", last=53, text="""
Grey on grey is at 3.1:1 for the labels and 2.8:1 for dates. Both need 4.5:1. The audit's other findings were fixed last month.
"""),
    Item("API: list the tasks changed since a moment", DONE, by="ruth", owner="ruth", text="""
Integrations fetch everything each minute because there is no other way to see what changed. They are 38 % of our traffic.

```
GET /api/v1/tasks/?updated_since=<moment>
```

The moment is included, so that nothing is lost between two calls; the caller has to cope with seeing a task twice.
"""),
    Item("Let an Admin change the key of a project", FREE, by="cleo", priority=LOW, name="rename-key", text="""
When a team is renamed its key stays behind. References in texts, commits and bookmarks must keep working, so the old key has to lead to the new one for good.
"""),
    Item("Webhooks: retry with growing pauses", DONE, by="ruth", owner="priya", last=47.5, tried_by="samir", name="webhook-retries", text="""
We try three times within a minute and give up. A receiver that is being deployed misses everything.

Retry after 1, 5, 30 and 120 minutes, then every six hours for two days. Show the deliveries and their answers on the settings page, with a button to send one again.
"""),
    Item("Rewrite the welcome e-mail", DONE, by="cleo", owner="tomas", last=46, text="""
It explains nine features. People need one: how to create their first task. Text first, one button, and a line on why they got it.
"""),
    Item("Password reset opens an empty page from some mail programs", DONE, by="cleo", owner="ruth", priority=HIGH, text="""
Some mail scanners open every link before the reader does. That uses up the one-time link, and the reader gets an empty page.

- Opening the link must not use it up; only sending the form may
- An expired link says so, and offers a new one
"""),
    Item("Keep deleted projects for thirty days", FREE, by="ada", text="""
We restored a project from a backup by hand three times already; each took half a day. A deleted project should disappear for everybody, and an Admin should be able to bring it back for thirty days.

To be decided: does its key stay reserved meanwhile? See [[rename-key]].
"""),
    Item("Measure how long the board takes to draw", DONE, by="samir", owner="samir", name="board-timing", text="""
Before we make it faster: how slow is it, and for whom? Collect the time from the click to the last card, with the number of cards, without anything personal.
"""),
    Item("Board with 500 cards scrolls in jerks", DONE, by="samir", owner="ed", old_priority=MEDIUM, priority=HIGH, text="""
According to [[board-timing]] one board in twenty has more than 300 cards, and there it takes 900 ms.

Draw the first fifty of each column, and the next part when somebody asks for it. Nobody reads five hundred cards; they search.
"""),
    Item("Run jobs on machines of their own", DONE, by="priya", owner="priya", last=44, tried_by="ruth", text="""
A large export makes everybody's pages slow, because both share the same processors. Two small machines for jobs cost less than one more for the web.

Needs [[queue-alert]] in place first.
"""),
    Item("Show the weekday beside due dates", ARCHIVED, by="cleo", owner="ed", priority=LOW),
    Item("Receipts for yearly plans show the monthly price", DONE, by="cleo", owner="priya", priority=URGENT, text="""
The amount charged is right; the receipt isn't. 64 receipts since the last release.

1. Correct the template
2. Send the right receipt to everybody concerned, with two sentences of apology
3. Add a test with a yearly plan: there was none
"""),
    Item("File names with umlauts break on download", DONE, by="cleo", owner="ruth", text="""
`Übersicht Änderungen.pdf` is saved as `_bersicht _nderungen.pdf`. The header needs `filename*` with UTF-8 beside the plain name.
"""),
    Item("Document the import format", DONE, by="cleo", owner="samir", name="import-format", text="""
Support answers the same question twice a day: which columns may the file have? One page with a table, an example to download, and the three mistakes that everybody makes.
"""),
    Item("Load test with ten times today's traffic", DONE, by="priya", owner="samir", last=38, due=-2, text="""
We grow by about eight percent a month. What breaks first, and when?

Record an hour of real traffic, without contents, and play it back faster on staging.
""", outcome="""
**Result:** the connections of the database, at about six times. They are pooled now, and the second run went through.
"""),
    Item("Shorten the registration to four fields", DONE, by="ada", owner="tomas", text="""
Of those who open the page 41 % don't finish. Company size, phone and "how did you hear of us" help us, not them: out.
"""),
    Item("Keep a log of role changes", DONE, by="ada", owner="ruth", last=41, priority=HIGH, due=2, name="role-log", text="""
Who gave which role to whom, and when. Two customers need it for their certification, and we should have had it anyway.

- Written in the same transaction as the change
- Shown to Admins, newest first, exportable
- Never edited or deleted, not even by us
"""),
    Item("Update the Markdown renderer", DONE, by="ruth", owner="ruth", text="""
Two releases behind. The new one follows the standard for nested lists, so some descriptions will look different: compare the output for a sample of ten thousand before and after.
"""),
    Item("Status page that doesn't depend on our own servers", DONE, by="priya", owner="priya", text="""
When we were down last month, so was the page that should have said so. It has to live with another provider, and updating it has to work from a phone.
"""),
    Item("Mentions notify people who can't see the task", DONE, by="cleo", owner="ruth", priority=URGENT, due=0, reopened=True, text="""
Somebody who had left the organization got an e-mail that quoted a comment. One case is known; there may be more.

@ruth please look for others in the mail log first, then fix it. @ada tells the customer today.
"""),
    Item("Filter the board by several owners", FREE, by="tomas", text="""
A team lead wants to see the tasks of her four people, not of one or of all. Avatars above the board that can be switched on and off would be quicker than a menu.
"""),
    Item("What does storage cost us per organization?", DONE, by="priya", owner="samir", priority=LOW, text="""
A table is enough: organization, bytes, price per month. The question behind it is whether the limit of the free plan is right.
"""),
    Item("Invite a colleague in fewer steps", DONE, by="cleo", owner="tomas", old_title="Inviting colleagues is tedious", text="""
It takes five clicks and two pages. Ask for the addresses, one per line; everything else has a sensible default that can be changed later.
"""),
    Item("Tooltips cover the card below", DONE, by="tomas", owner="ed"),
]
