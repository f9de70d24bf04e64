"""Sending: what ends how, what is tried again, and what crashes and rivals cost."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import text
from tests.kernel.notify.conftest import CODE, NEWS, NOON, PURPOSE, VARIABLES, House, Kept

from bandmate.kernel.consent import Through, withdraw
from bandmate.kernel.errors import Conflict, NotFound
from bandmate.kernel.ids import PersonId, new_id
from bandmate.kernel.notify import Urgency
from bandmate.kernel.notify.again import send_again, send_all_again
from bandmate.kernel.notify.channels import ChannelDown, Letter, TryAgain, Undeliverable
from bandmate.kernel.notify.delivery import GIVE_UP_AFTER
from bandmate.kernel.notify.sending import BATCH, LEASE, LONGEST_PAUSE, pause_after, tidy_secrets

SECRET = {"secret_code": "hush-4711"}


class PowerCut(BaseException):
    """The process is gone: nothing after it runs."""


def failing(error: BaseException) -> Callable[[Letter], None]:
    """Return what fails every letter with this error."""

    def fail(_: Letter) -> None:
        raise error

    return fail


def test_a_message_is_sent_once(house: House) -> None:
    """It is written for its recipient, marked as sent by which way and where to, and not sent again."""
    request, channel = house.ask(house.person()), Kept()
    assert house.send(channel) == 1
    assert house.send(channel) == 0
    (letter,) = channel.letters
    row = house.row(request)
    assert letter.message_id == f"<{row.delivery_id}@band.example.org>"
    assert (letter.address, letter.name, letter.stop_url) == ("mia@example.org", "Mia Kern", None)
    assert (row.state, row.through, row.address, row.subject) == (
        "sent",
        "kept",
        "mia@example.org",
        "News for Mia",
    )
    assert (row.settled_at, row.attempts, row.claim, row.why) == (NOON, 1, None, None)


def test_urgent_ones_go_first(house: House) -> None:
    """A message somebody waits for overtakes a heap of others."""
    mia = house.person()
    for _ in range(BATCH + 1):
        house.ask(mia)
    house.clock.move(timedelta(minutes=1))
    urgent, channel = house.ask(mia, CODE, variables=SECRET, urgency=Urgency.NOW), Kept()
    house.send(channel)
    assert (
        "The code is" in channel.letters[0].text or channel.letters[0].delivery_id == house.row(urgent).delivery_id
    )
    assert house.row(urgent).state == "sent"
    assert len(channel.letters) == BATCH


def test_consent_is_asked_again_when_it_is_sent(house: House) -> None:
    """Consent withdrawn between request and sending stops the message, with the reason."""
    mia, channel = house.person(), Kept()
    house.allow(mia)
    request = house.ask(mia, purpose=PURPOSE.name)
    with house.database.begin() as tx:
        evidence = PURPOSE.shown(to=mia, through=Through.PAGE)
        withdraw(tx, mia, PURPOSE.name, evidence=evidence, at=NOON)
    house.send(channel)
    row = house.row(request)
    assert (row.state, row.why) == ("refused", "The person does not allow “News” by e-mail.")
    assert channel.letters == []


def test_no_address_is_said(house: House) -> None:
    """Somebody without an account, a service account's handle and an unknown person end as refused."""
    service = house.person("Crawler", "robot@example.org")
    with house.database.begin() as tx:
        tx.execute(
            text("update kernel.account set email = 'service:crawler' where person_id = :id"), {"id": service}
        )
    requests = [house.ask(person) for person in (house.person(email=None), service, PersonId(new_id()))]
    channel = Kept()
    house.send(channel)
    assert [house.row(request).state for request in requests] == ["refused"] * 3
    assert house.row(requests[0]).why == "We have no e-mail address of this person."
    assert house.row(requests[2]).why == "We have no e-mail address of anybody with this id."
    assert channel.letters == []


def test_what_is_wanted_no_more_is_not_sent(house: House) -> None:
    """A message whose time passes while it waits ends as expired, and its secret is forgotten."""
    request = house.ask(house.person(), CODE, variables=SECRET, expires_at=NOON + timedelta(minutes=30))
    house.clock.move(timedelta(minutes=30))
    house.send(Kept())
    assert house.row(request).state == "expired"
    assert house.secrets() == 0


def test_a_permanent_refusal_fails_at_once(house: House) -> None:
    """A refused recipient is a failure with the server's words; nothing is tried again."""
    request = house.ask(house.person())
    house.send(Kept(fail=failing(Undeliverable("550 no such user"))))
    house.clock.move(timedelta(days=1))
    assert house.send(Kept()) == 0
    row = house.row(request)
    assert (row.state, row.why, row.attempts) == ("failed", "550 no such user", 1)


def test_a_temporary_refusal_is_tried_again(house: House) -> None:
    """It waits with the reason, is not tried before its pause is over, and gets away then."""
    request, channel = house.ask(house.person()), Kept(fail=failing(TryAgain("451 greylisted")))
    house.send(channel)
    row = house.row(request)
    assert (row.state, row.why, row.due_at) == ("waiting", "451 greylisted", NOON + pause_after(1))
    channel.fail = lambda _: None
    assert house.send(channel) == 0
    house.clock.move(pause_after(1))
    assert house.send(channel) == 1
    assert (house.row(request).state, house.row(request).why) == ("sent", None)


def test_pauses_grow() -> None:
    """From half a minute to an hour, doubling."""
    pauses = [pause_after(attempt).total_seconds() for attempt in range(1, 10)]
    assert pauses == [30, 60, 120, 240, 480, 960, 1920, 3600, 3600]
    assert pause_after(10_000) == LONGEST_PAUSE


def test_after_three_days_it_is_put_aside(house: House) -> None:
    """A server that stays away for three days makes a failure that says how often it was tried, and why."""
    request, channel = house.ask(house.person()), Kept(fail=failing(ChannelDown("nobody listens")))
    for _ in range(1_200):
        if not house.send(channel):
            house.clock.move(timedelta(minutes=5))
    row = house.row(request)
    assert row.state == "failed"
    assert row.why == f"Given up after {row.attempts} attempts. The last: nobody listens"
    assert NOON + GIVE_UP_AFTER - LONGEST_PAUSE <= row.settled_at <= NOON + GIVE_UP_AFTER


def test_a_lost_server_loses_nothing(house: House) -> None:
    """While the channel is down one message a round tries it; the others wait, uncounted; all get away later."""
    mia = house.person()
    requests = [house.ask(mia) for _ in range(5)]
    channel = Kept(fail=failing(ChannelDown("nobody listens")))
    house.send(channel)
    rows = [house.row(request) for request in requests]
    assert sorted(row.attempts for row in rows) == [0, 0, 0, 0, 1]
    assert {row.state for row in rows} == {"waiting"}
    channel.fail = lambda _: None
    house.clock.move(timedelta(minutes=1))
    assert house.send(channel) == 5
    assert {house.row(request).state for request in requests} == {"sent"}


def test_a_channel_that_is_down_is_tried_ever_more_rarely(house: House) -> None:
    """However many messages wait: a mail server shuts an account that comes with a wrong password all the time."""
    mia = house.person()
    for _ in range(2 * BATCH):
        house.ask(mia)
    tries: list[Letter] = []

    def refuse(letter: Letter) -> None:
        tries.append(letter)
        raise ChannelDown("535 wrong password")

    for _ in range(24 * 60):
        house.send(Kept(fail=refuse))
        house.clock.move(timedelta(minutes=1))
    assert 24 * 4 <= len(tries) <= 24 * 4 + 10


def test_one_bad_letter_does_not_stop_the_others(house: House) -> None:
    """A temporary refusal of one recipient leaves the rest of the batch alone."""
    bad, good = house.person("Bo", "bo@example.org"), house.person()
    first, second = house.ask(bad), house.ask(good)

    def fail(letter: Letter) -> None:
        if letter.address == "bo@example.org":
            raise TryAgain("450 mailbox busy")

    house.send(Kept(fail=fail))
    assert (house.row(first).state, house.row(second).state) == ("waiting", "sent")


def test_a_crash_after_sending_repeats_under_the_same_message_id(house: House) -> None:
    """A worker killed between send and note leaves the message to the next, which repeats it recognisably."""
    request, channel = house.ask(house.person()), Kept()
    sent: list[Letter] = []

    def cut(letter: Letter) -> None:
        sent.append(letter)
        raise PowerCut

    channel.fail = cut
    with pytest.raises(PowerCut):
        house.send(channel)
    channel.fail = lambda _: None
    assert house.send(channel) == 0, "the lease of the dead worker still holds"
    house.clock.move(LEASE)
    assert house.send(channel) == 1
    assert [letter.message_id for letter in channel.letters] == [sent[0].message_id]
    assert (house.row(request).state, house.row(request).attempts) == ("sent", 2)


def test_a_worker_whose_lease_is_over_writes_nothing(house: House) -> None:
    """What a slow worker learns after another has taken the message over does not undo what that one wrote."""
    request, other = house.ask(house.person()), Kept("other")

    def dawdle(_: Letter) -> None:
        house.clock.move(LEASE)
        house.send(other)
        raise Undeliverable("too late to matter")

    house.send(Kept(fail=dawdle))
    assert (house.row(request).state, house.row(request).through) == ("sent", "other")


def test_a_slow_server_gives_the_rest_back(house: House) -> None:
    """Once half of the lease is over, what was not tried yet is free for others at once."""
    mia, channel = house.person(), Kept()
    requests = [house.ask(mia) for _ in range(4)]
    channel.fail = lambda _: house.clock.move(LEASE / 3)
    house.send(channel)
    assert len(channel.letters) == 2
    rest = [row for row in map(house.row, requests) if row.state == "waiting"]
    assert [(row.claim, row.attempts, row.due_at) for row in rest] == [(None, 0, house.clock())] * 2


def test_two_workers_send_each_message_once(house: House) -> None:
    """Two workers at the same moment share the messages; none is sent twice."""
    mia, channel, start = house.person(), Kept(), Barrier(2)
    requests = [house.ask(mia) for _ in range(30)]

    def work() -> None:
        start.wait(10)
        while house.send(channel):
            pass

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(work) for _ in range(2)]:
            done.result(60)
    assert sorted(letter.delivery_id for letter in channel.letters) == sorted(
        house.row(request).delivery_id for request in requests
    )


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({"at": "2026-11-20T23:30:00Z", "path": "/jobs"}, "'who' is undefined"),
        ({**VARIABLES, "at": "yesterday"}, "Invalid isoformat string"),
        ({**VARIABLES, "path": "javascript:alert(1)"}, "is no address to link to"),
    ],
)
def test_a_template_that_cannot_be_written_fails_with_the_reason(
    house: House, variables: dict[str, str], told: str
) -> None:
    """A missing variable or a wrong value fails this one message, at once and clearly; the others go on."""
    mia, channel = house.person(), Kept()
    broken, whole = house.ask(mia, variables=variables), house.ask(mia)
    house.send(channel)
    row = house.row(broken)
    assert row.state == "failed"
    assert told in row.why
    assert "tests.news" in row.why
    assert house.row(whole).state == "sent"


def test_a_secret_is_sent_and_forgotten(house: House) -> None:
    """The letter holds it; afterwards nothing in the database does, the subject shows a gap."""
    request, channel = house.ask(house.person(), CODE, variables=SECRET), Kept()
    house.send(channel)
    assert "hush-4711" in channel.letters[0].subject + channel.letters[0].text
    assert house.row(request).subject == "Your code …"
    assert house.secrets() == 0


def test_a_secret_does_not_show_in_errors(house: House) -> None:
    """A server that repeats the message in its refusal does not put the secret on the operators' page."""
    request = house.ask(house.person(), CODE, variables=SECRET)
    house.send(Kept(fail=failing(Undeliverable("554 spam: The code is hush-4711."))))
    assert house.row(request).why == "554 spam: The code is …."


def test_secrets_of_failed_messages_go_in_time(house: House) -> None:
    """What failed keeps its secret for another try until nobody wants it any more; then there is no other."""
    request = house.ask(house.person(), CODE, variables=SECRET)
    house.send(Kept(fail=failing(Undeliverable("550 no"))))
    assert house.secrets() == 1
    house.clock.move(timedelta(days=8))
    tidy_secrets(house.database, house.clock)
    assert house.secrets() == 0
    with house.database.begin() as tx, pytest.raises(Conflict, match="has been forgotten"):
        send_again(tx, house.row(request).delivery_id, by="test", now=house.clock())


def test_a_request_repeated_after_sending_leaves_no_secret(house: House) -> None:
    """Publishing a request again that was sent long ago does not bring its secret back."""
    mia = house.person()
    request = house.ask(mia, CODE, variables=SECRET)
    house.send(Kept())
    house.ask(mia, CODE, variables=SECRET, request_id=request)
    assert house.secrets() == 0


def test_send_again(house: House) -> None:
    """A failed message is tried anew at once, as long as any other, and the trail says who did it."""
    request = house.ask(house.person())
    house.send(Kept(fail=failing(Undeliverable("550 no"))))
    house.clock.move(timedelta(days=5))
    with house.database.begin() as tx:
        send_again(tx, house.row(request).delivery_id, by="test", now=house.clock())
    row = house.row(request)
    assert (row.state, row.attempts, row.give_up_at) == ("waiting", 0, house.clock() + GIVE_UP_AFTER)
    channel = Kept()
    house.send(channel)
    assert house.row(request).state == "sent"
    with house.database.read() as tx:
        assert tx.execute(text("select action from kernel.audit_entry")).scalars().all() == [
            "notify.message.sent_again"
        ]


def test_only_failed_ones_are_sent_again(house: House) -> None:
    """A sent message, one that is wanted no more, and one that never was are refused, each in words."""
    sent = house.ask(house.person())
    house.send(Kept())
    late = house.ask(house.person("Bo", "bo@example.org"), expires_at=NOON + timedelta(hours=1))
    house.send(Kept(fail=failing(Undeliverable("550 no"))))
    house.clock.move(timedelta(hours=2))
    with house.database.begin() as tx:
        with pytest.raises(Conflict, match="it is sent"):
            send_again(tx, house.row(sent).delivery_id, by="test", now=house.clock())
        with pytest.raises(Conflict, match="wanted no more"):
            send_again(tx, house.row(late).delivery_id, by="test", now=house.clock())
        with pytest.raises(NotFound):
            send_again(tx, new_id(), by="test", now=house.clock())


def test_all_failed_ones_at_once(house: House) -> None:
    """Sending all again takes those that failed and can be sent, and counts them."""
    mia = house.person()
    for _ in range(3):
        house.ask(mia)
    house.send(Kept(fail=failing(Undeliverable("550 no"))))
    house.ask(mia)
    with house.database.begin() as tx:
        assert send_all_again(tx, by="test", now=NOON) == 3
        assert send_all_again(tx, by="test", now=NOON) == 0


def test_the_language_and_zone_are_the_recipients(house: House) -> None:
    """Times stand in the recipient's own zone, in UTC by name where none is known."""
    berlin = house.person(time_zone="Europe/Berlin", locale="en")
    channel = Kept()
    house.ask(berlin)
    house.ask(house.person("Bo", "bo@example.org"))
    house.send(channel)
    first, second = (letter.text for letter in channel.letters)
    assert "21 Nov 2026, 00:30 (21 Nov 2026, 12 hours ago)" in first
    assert "20 Nov 2026, 23:30 UTC (20 Nov 2026, 12 hours ago)" in second
    assert "https://band.example.org/jobs" in first
    assert NEWS.topic == house.row(house.ask(berlin)).topic
