"""The Mobile project, in the order of creation: started later, and smaller."""
# A line break in Markdown is one on the page, and the formatter would give every fact a line of its own.
# ruff: noqa: E501
# fmt: off

from taskmanager.tasks.demo.items import ARCHIVED, DOING, DONE, FREE, HIGH, LOW, MEDIUM, URGENT, Item

MOBILE = [
    Item("One code base or two?", DONE, by="ada", owner="yuki", assigned=True, priority=HIGH, due=2, text="""
Two weeks, one small screen built both ways: the board with live updates. Compare how it feels, how long it took, and what we would have to learn.

@yuki decides, and writes down why on one page.
""", outcome="""
**Decision:** one code base. The lists scroll equally well, and we are two people. What would change it: widgets that need more than the system's own parts.
"""),
    Item("Sign in with the organization's address", DONE, by="yuki", owner="yuki", last=38, text="""
Type `acme`, or scan the code that the profile page shows. People who run the product on their own server enter its full address once.
"""),
    Item("Keep the session in the system's key store", DONE, by="samir", owner="samir", last=37.5, priority=HIGH, text="""
Neither in a file nor in the preferences, and not part of the phone's backup. Signing out removes it, here and on the server.
"""),
    Item("Columns of the board as pages to swipe", DONE, by="yuki", owner="yuki", text="""
One column fills the screen, and a piece of the next shows that there is more. The name of the column stays visible while its cards scroll.
"""),
    Item("Crash when a board has no tasks", DONE, by="cleo", owner="yuki", priority=URGENT, text="""
The first thing that a new customer does is to open an empty board. It crashes on both systems, each time.
"""),
    Item("App icon in all sizes", DONE, by="tomas", owner="tomas", priority=LOW),
    Item("Pull down to refresh", DONE, by="yuki", owner="samir"),
    Item("Claim a task from its page", DONE, by="yuki", owner="yuki", last=31, reopened=True, text="""
The button is at the bottom, in reach of the thumb. When somebody else was quicker, show who, with the task as it is now. Never ask to try again: the answer wouldn't change.
"""),
    Item("Follow the text size of the system", DONE, by="tomas", owner="tomas", text="""
Up to twice the normal size, nothing is cut off and nothing overlaps. Beyond that the board becomes a list.
"""),
    Item("Crash reports without personal data", DONE, by="samir", owner="samir", last=26.5, priority=HIGH, due=1, text="""
The stack, the version, the model of the phone. No titles, no names, no addresses; asked for at the first start, and off until somebody agrees.
"""),
    Item("Landscape orientation", ARCHIVED, by="cleo", priority=LOW, text="""
Two testers hold their phone sideways, and the app doesn't turn.
""", outcome="""
The board gains nothing from it on phones, and every screen would have to be tested twice. Left out on purpose.
"""),
    Item("Links to tasks open in the app", DONE, by="yuki", owner="yuki", text="""
A tap on `/t/WEB-12/` in a mail or a chat opens the task. Without the app it opens the page, as before.

The file that proves that the domain is ours has to be served by the web: @priya needs half an hour for it.
"""),
    Item("Dark theme", DONE, by="tomas", owner="tomas", text="""
The same colours as on the web, taken from one file so that they can't drift apart. Follows the system unless somebody chose otherwise.
"""),
    Item("The keyboard covers the password field", DONE, by="cleo", owner="samir", text="""
On small phones only. One can type but doesn't see what, and the button is hidden as well.
"""),
    Item("Show what is loading, and what is old", DONE, by="yuki", owner="samir", text="""
Without a network the app shows what it knew last, with the time. Grey boxes appear only after 300 ms: most answers are quicker, and flashing is worse than waiting.
"""),
    Item("Photos as attachments", DONE, by="yuki", owner="yuki", last=13.3, tried_by="samir", text="""
From the camera or the library, scaled to 2,400 pixels and without the place where they were taken. The limits are those of [[large-files]].
"""),
    Item("Two columns on tablets", ARCHIVED, by="tomas", text="""
Board on the left, task on the right.
""", outcome="""
Four percent of the testers use a tablet, and the web pages work well there. Again after the release.
"""),
    Item("Invite twenty customers to the beta", DONE, by="ada", owner="yuki", last=15.5, due=0, old_due=-5, priority=HIGH, name="beta", text="""
Ten who asked for the app, ten who never mentioned it. One question a week, by e-mail, and a short call at the end.

@cleo invites them and collects the answers.
"""),
    Item("My tasks as a widget", FREE, by="cleo", priority=LOW, text="""
The three most urgent tasks that are mine, on the home screen. Three of the twenty in [[beta]] named it as the one thing that they miss.
"""),
    Item("Everybody is signed out after an update", DONE, by="cleo", owner="samir", priority=URGENT, due=0, text="""
Since the second build of [[beta]]. The name under which the key store keeps the session contains the version.
"""),
    Item("Speak the priority of a card", DONE, by="tomas", owner="tomas", last=8.3, text="""
The shape says it to those who see it. For the others: "High priority, due on Friday, owned by Ed Moreno", in this order, after the title.
"""),
    Item("Start within two seconds on a three-year-old phone", DONE, by="yuki", owner="samir", old_title="Start faster", last=5.2, text="""
Today: 3.4 s, of which 1.9 s are spent on reading all boards at once. Read the one that is shown.
"""),
    Item("Swipe a card to claim it", FREE, by="yuki", text="""
To the right: claim. To the left: nothing yet. With the same way back as on the web ([[undo]]), because swipes happen by accident.
"""),
    Item("Changes made offline are sent when the network returns", DOING, by="yuki", owner="samir", priority=HIGH, old_priority=MEDIUM, due=9, text="""
Comments and moves are kept in order and sent one by one. Each carries the version that it started from:

- accepted: done, without a word
- refused: the change stays visible with both values, and a person decides

A claim is never kept for later. Offline nobody can know whether the task is still free.
"""),
    Item("Battery use while the board is open", DOING, by="samir", owner="yuki", last=1.4, text="""
Eleven percent an hour, measured on two phones; four would be normal. The connection for live updates keeps the radio awake: the signs of life from [[wake]] could come less often here.
"""),
    Item("Push notifications for mentions and assignments", DOING, by="cleo", owner="yuki", last=0.7, priority=HIGH, due=3, old_due=-4, name="push", watchers=("beta@example.com",), text="""
Only what needs an answer: somebody mentioned me, gave me a task, or asks for my review. Everything else stays in the inbox.

The text on the locked screen names the reference and the person, never the title.
"""),
    Item("Time zone changes while travelling shift due dates", FREE, by="cleo", due=-3, text="""
A tester flew to Tokyo, and all dates were a day late. A due date is a day, not a moment; it must not be converted.
"""),
    Item("Large boards use too much memory on older phones", FREE, by="samir", priority=HIGH, due=7, text="""
With 2,000 tasks the system ends the app as soon as one leaves it. Keep the cards near the visible ones, and drop the others.
"""),
    Item("Unlock with fingerprint or face", FREE, by="yuki", text="""
Optional, after five minutes in the background. It protects what is on the screen, and doesn't replace signing in.
"""),
    Item("Store pages: texts and screenshots", DOING, by="ada", owner="tomas", assigned=True, due=6, text="""
Five pictures, each with one sentence, light and dark. Real screens with made-up tasks, no drawn phones around them.

@cleo proofreads the texts.
"""),
    Item("No push at night and on weekends", FREE, by="cleo", text="""
Quiet hours in the person's own time zone, on by default from 19:00 to 08:00. What arrives meanwhile waits in the inbox. Comes after [[push]].
"""),
    Item("Share a web page into a new task", FREE, by="yuki", priority=LOW),
    Item("A search result opens the wrong task", FREE, by="cleo", priority=HIGH, due=1, text="""
Type quickly, tap the first result: what opens is the result of the search before. Two testers in [[beta]] commented on the wrong task because of it.
"""),
]
