"""What the demo's people said about their tasks."""
# ruff: noqa: E501
# fmt: off

from dataclasses import dataclass


@dataclass(frozen=True)
class Said:
    """A comment, when its author wrote it, and what they made of it later."""

    when: float
    """Between 0, when the task was created, and 1, when it was done, or now."""
    by: str
    text: str
    """`[[name]]` becomes the reference of the item with that name."""
    edited: str = ""
    """What it says since its author edited it, a little later."""


# By the title of the task.
COMMENTS = {
    "Payments webhook drops events when the signature clock drifts": [
        Said(0.3, "ruth", "Confirmed with the provider: five minutes is what they recommend to everybody, and they sign the *id* too. Refusing an id that we have seen closes the door that the longer window opens."),
        Said(0.5, "samir", "The two servers ask a time server that was switched off in spring. I can point them to the new one today, but that only hides it. @ruth which of us takes the check?"),
        Said(0.6, "priya", "Clocks first please, @samir, then we stop losing hours. The check can wait until tomorrow, the provider sends again for three days.", edited="Clocks first please, @samir, then we stop losing hours. The check can wait until tomorrow: the provider sends again for **three days**, so the oldest events are safe until Thursday."),
        Said(0.75, "cleo", "Two customers asked why their invoice still says unpaid. I told them that their payment has arrived and the page is late. Please say here when I can close both."),
        Said(0.9, "samir", "Clocks are right since an hour ago, 14 ms at most.\n\n```\nweb-3  +0.011 s\nweb-5  -0.014 s\n```"),
    ],
    "Let people sign in with a passkey": [
        Said(0.4, "ruth", "The pages of [[second-factor]] already ask for the password again before anything is added. I would reuse that step as it is."),
        Said(0.7, "tomas", 'For the name of a passkey I would suggest the device and the month, so that nobody has to invent one: "Phone, March".'),
    ],
    "Empty states for search and reports": [
        Said(0.5, "cleo", "For search: half of the questions I get are about words in *comments*. Say that these are searched, too."),
    ],
    "Import from a Jira export without losing comments": [
        Said(0.15, "samir", "The parser of [[import-format]] already keeps the comments, we only throw them away afterwards. Authors are in there as account ids, though, the addresses are in a second file."),
        Said(0.35, "cleo", "The customer with 31,000 comments agreed to send us their export for testing, on the condition that it stays on one machine. @ada where should I put it?"),
        Said(0.5, "ada", "In my home directory on staging, please, nowhere else. I delete it when this is done."),
        Said(0.8, "ada", 'First complete run: 31,204 comments in 4 minutes, 212 without an author. All of these are from people whose accounts were deleted in Jira, so "a former member" is even true.'),
    ],
    "Two people drag the same card: show who was first, keep what the other typed": [
        Said(0.3, "cleo", "I can repeat it with two tabs. @ed the second answer comes 40 ms after the first, and the card is already somewhere else by then."),
        Said(0.45, "tomas", "I gave this back because I only found the case that [[flicker]] had already solved. Cleo's way to repeat it is the missing piece."),
        Said(0.7, "ed", "Got it. The server knows who was first, it just didn't say so. With `409` comes the card as it is now, and the sentence names the other person."),
    ],
    "Burndown counts tasks that were added after the sprint began": [
        Said(0.5, "cleo", 'Two of three examples are in. Both customers read the line as "what is left", and were angry with their teams for a week.'),
        Said(0.75, "samir", "That's worse than I thought. Then the added work needs a name in the legend, not only a colour."),
    ],
    "Second factor for Admins": [
        Said(0.2, "priya", "Please keep the recovery codes out of the log. We write the body of failed forms there on staging."),
        Said(0.25, "ruth", "Good catch, they never get there: the field is on the list of those that are masked. There is a test for it now."),
        Said(0.6, "ada", "Tried it with two apps and an old phone. The tolerance of one step is needed, my phone is 20 seconds ahead."),
        Said(0.9, "cleo", "I explained it to two customers with the five sentences alone, and nobody asked back."),
    ],
    "Checkout fails for addresses in Ireland": [
        Said(0.4, "priya", "It's our own check, not the payment provider's. Ireland has letters in its codes, and about sixty countries have none at all."),
        Said(0.9, "cleo", 'All three have paid. One of them wrote "that was quick".'),
    ],
    "Backup and restore in one file": [
        Said(0.3, "priya", "From [[restore-drill]]: the slow part was finding the right version of the program, not the data. So the version in the file is the most useful line of it."),
        Said(0.7, "samir", "Restoring over data asks twice now. I typed yes both times without reading, so the second question names the organization that would be lost."),
    ],
    "Links in old e-mails lead to the former domain": [
        Said(0.6, "priya", "Last week: 341 people, most of them from mails of 2023. One more year costs 40 euro, writing to all costs us a day."),
        Said(0.8, "ada", "Then we keep it. @cleo the date is overdue because I hadn't decided, not because of you."),
    ],
    "Member menu is slow with 2,000 people": [
        Said(0.5, "ed", "The ten used most are those who own tasks on this board. That's one query, and it is fast for everybody."),
    ],
    "Keyboard: move a card between columns": [
        Said(0.4, "tomas", "With a screen reader \"lifted\" alone isn't enough, it should say from where: \"WEB-12 lifted, In progress, place 3 of 7\"."),
        Said(0.8, "ed", "Done, and the same for putting it down. Took the words from your comment."),
    ],
    "Search takes seconds in organizations with many comments": [
        Said(0.2, "ruth", "I gave it back: all my ideas change the order of the results, and [[accents]] has 40 tests that say they mustn't."),
        Said(0.5, "samir", "Ranking only the newest 2,000 hits brings it to 180 ms. The order stays for everything that has fewer, which are all but eleven organizations."),
        Said(0.7, "priya", "Which eleven? If the one with the 60,000 is fine with it, I am too. @cleo could you ask them?"),
        Said(0.85, "cleo", 'Asked. They always add a second word anyway, because "otherwise it is slow". So: fine.'),
    ],
    "Rate limits answer with Retry-After": [
        Said(0.5, "samir", "Our own importer should honour it as well, it is one of the worst clients that we have."),
        Said(0.9, "ruth", "It does now. The example in the documentation is taken from it."),
    ],
    "Invoices in the customer's currency": [
        Said(0.3, "cleo", "Three customers in London wait for this one. They pay in euro now and lose 2 % each time."),
        Said(0.6, "priya", "Credit notes work ([[credit-notes]] needed one line). Left: the monthly report, and that is why I moved the date."),
    ],
    "An Admin can reset a colleague's second factor": [
        Said(0.4, "ruth", "The mail to the colleague goes out before anything is reset, so that it arrives even if somebody has just taken the account over."),
        Said(0.7, "ada", "And it should name the Admin who did it. Otherwise everybody asks us."),
    ],
    "Summary e-mail repeats comments that were read already": [
        Said(0.5, "yuki", "The app has the same problem. If the server knew what was read, we could use it for [[push]] too."),
    ],
    "Board shows a completed task twice after Undo": [
        Said(0.4, "ed", "Not the cause of [[flicker]], that one is about two *different* cards. Here the answer to Undo and the answer to the second click pass each other."),
        Said(0.7, "samir", "Then I can't repeat it with a slow connection for a reason. Thank you."),
    ],
    "Old sprints crowd the menu": [
        Said(0.6, "tomas", "The menu goes away with the new sprint page. Shall we wait?"),
    ],
    "Cards flicker when two updates arrive together": [
        Said(0.4, "tomas", "Only when both are about the same column, see the video that Cleo sent."),
        Said(0.8, "ed", "The second update waits for the end of the first one's movement now, 170 ms at most."),
    ],
    "Live updates stop after a laptop wakes": [
        Said(0.3, "tomas", "Giving it back, my laptop never sleeps deeply enough. Needs somebody with a newer one."),
        Said(0.6, "ed", "Mine does. The connection looks open for two minutes after waking, so we ask every 20 seconds whether somebody is there."),
    ],
    "Changes made offline are sent when the network returns": [
        Said(0.3, "yuki", "@samir what if the task was deleted meanwhile? \"Refused\" isn't wrong, but there is nothing to show the other value of."),
        Said(0.5, "samir", "Then it says so, and keeps what was typed so that one can copy it. Nothing typed is ever thrown away."),
        Said(0.8, "cleo", "A tester was in the subway for an hour and wrote nine comments. All of them arrived, in the right order."),
    ],
    "Battery use while the board is open": [
        Said(0.6, "yuki", "Every 20 seconds is what [[wake]] needs on laptops. With 90 seconds on phones it's five percent an hour, and nobody noticed a difference."),
    ],
    "Push notifications for mentions and assignments": [
        Said(0.3, "cleo", "Please no title on the locked screen. One of the testers works in a hospital."),
        Said(0.6, "yuki", "Only the reference and the person, as it stands above. The certificates for sending took longer than the code, that's why the date moved."),
        Said(0.85, "ada", "@yuki I have the account data that were missing. They are in the vault since this morning."),
    ],
    "A search result opens the wrong task": [
        Said(0.5, "samir", "The list is drawn anew between touching and releasing. The tap must count for what was there when the finger came down."),
    ],
}
