"""What arrives, what is tried again, what is given up: against a receiver that misbehaves in every way."""

from __future__ import annotations

import base64
import json
import socket
import struct
import threading
import time
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from standardwebhooks import Webhook

from bandmate.kernel.config import Settings
from bandmate.kernel.database.session import Database
from bandmate.kernel.events import Cursor, read_after
from bandmate.kernel.ids import PersonId
from bandmate.kernel.outbox import claim_due
from bandmate.kernel.webhooks.endpoints import pause, resume, rotate
from bandmate.kernel.webhooks.schedule import PAUSES
from bandmate.kernel.webhooks.sending import PER_ENDPOINT, send_due
from bandmate.kernel.webhooks.settling import OUTBOX
from bandmate.postings.events import JOB_CLOSED

from .conftest import World, answering, held


def wait_until_due(world: World) -> None:
    """Move the clock to the moment something waiting is due."""
    with world.database.read() as tx:
        due = tx.execute(
            text("select min(due_at) from kernel.webhook_delivery where state = 'waiting'")
        ).scalar_one()
    world.clock.reach(due)


class TestArriving:
    def test_a_delivery_is_what_standard_webhooks_says(self, world: World) -> None:
        """The independent library accepts headers and bytes; the body has the recommended members and ours."""
        made = world.register()
        (event_id,) = world.tell_and_send("a")
        (got,) = world.receiver.got
        assert world.verify(made, got) == {
            "type": "postings.job.created",
            "timestamp": "2026-11-01T08:30:00.000Z",
            "data": {"provider": "lever", "board": "halfnote", "note": "Größe a"},
            "id": event_id,
            "subject": "job a",
            "version": 1,
        }
        assert got.message_id == event_id
        assert got.headers["content-type"] == "application/json"
        assert got.headers["user-agent"].startswith("Bandmate/")

    def test_what_arrived_is_done_and_not_sent_again(self, world: World) -> None:
        """A 2xx settles it; its answer, status and duration are kept."""
        world.receiver.behaviours["/hook"] = answering(202, b"thank you")
        made = world.register()
        world.tell_and_send("a")
        assert world.send() == 0
        (delivery,) = world.deliveries(made)
        assert (delivery.state, delivery.attempts, delivery.status, delivery.answer) == (
            "done",
            1,
            202,
            "thank you",
        )
        assert delivery.duration_ms is not None
        assert world.health(made).endpoint.last_success_at is not None

    def test_each_endpoint_gets_what_it_chose(self, world: World) -> None:
        """Exact names and beginnings select; nothing else is sent."""
        world.register("/all")
        world.register("/closed", types=(JOB_CLOSED,))
        world.tell("a")
        (closed,) = world.tell("a", kind=JOB_CLOSED)
        world.hear()
        world.send()
        assert len(world.receiver.ids("/all")) == 2
        assert world.receiver.ids("/closed") == [closed]

    def test_an_endpoint_hears_only_what_happens_after_it_was_registered(self, world: World) -> None:
        """The past is sent by a replay only, even when the subscription comes late to it."""
        world.tell("before")
        world.register()
        (after,) = world.tell("after")
        world.hear()
        world.send()
        assert world.receiver.ids() == [after]

    def test_hearing_again_queues_nothing_twice(self, world: World, database: Database) -> None:
        """The subscription set back to the beginning changes nothing."""
        world.register()
        world.tell_and_send("a", "b")
        with database.begin() as tx:
            tx.execute(text("update kernel.subscription set xid = '0', position = 0"))
        assert world.hear() == 2
        assert world.send() == 0


class TestFailing:
    @pytest.mark.parametrize(
        ("status", "said"), [(500, "It answered 500."), (404, "It answered 404."), (302, "a redirect")]
    )
    def test_other_answers_are_tried_again(self, world: World, status: int, said: str) -> None:
        """Whatever is no 2xx is a failure, redirects too, which are never followed; the id stays the same."""
        world.receiver.behaviours["/hook"] = answering(status, b"no", Location=f"{world.receiver.url}/elsewhere")
        made = world.register()
        (event_id,) = world.tell_and_send("a")
        (delivery,) = world.deliveries(made)
        assert (delivery.state, delivery.status, delivery.answer) == ("waiting", status, "no")
        assert delivery.error is not None
        assert said in delivery.error
        world.receiver.behaviours.clear()
        wait_until_due(world)
        assert world.send() == 1
        assert world.receiver.ids("/hook") == [event_id, event_id]
        assert world.receiver.ids("/elsewhere") == []
        assert world.deliveries(made)[0].state == "done"

    def test_each_attempt_has_a_timestamp_of_its_own(self, world: World) -> None:
        """A retry is signed anew: receivers refuse timestamps older than five minutes."""
        world.receiver.behaviours["/hook"] = answering(500)
        world.register()
        world.tell_and_send("a")
        wait_until_due(world)
        world.send()
        first, second = (int(got.headers["webhook-timestamp"]) for got in world.receiver.got)
        assert second - first >= 5
        assert world.receiver.got[0].body == world.receiver.got[1].body

    def test_the_schedule_is_the_recommended_one_and_ends(self, world: World) -> None:
        """Ten attempts over three days, each pause a fifth longer at most; then it is a dead letter."""
        world.receiver.behaviours["/hook"] = answering(500)
        made = world.register()
        world.tell_and_send("a")
        for pause_ in PAUSES:
            (delivery,) = world.deliveries(made)
            assert delivery.attempted_at is not None
            assert pause_ <= delivery.due_at - delivery.attempted_at <= pause_ * 1.2
            wait_until_due(world)
            world.send()
        (delivery,) = world.deliveries(made)
        assert (delivery.state, delivery.attempts) == ("dead", len(PAUSES) + 1)
        assert len(world.receiver.got) == 10

    def test_a_connection_that_breaks_is_tried_again(self, world: World) -> None:
        """A reset in the middle of the answer is a failure like any other."""

        def reset(handler: BaseHTTPRequestHandler) -> None:
            handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            handler.connection.close()
            handler.close_connection = True

        world.receiver.behaviours["/hook"] = reset
        made = world.register()
        world.tell_and_send("a")
        (delivery,) = world.deliveries(made)
        assert (delivery.state, delivery.status) == ("waiting", None)
        assert "could not be reached" in (delivery.error or "")

    def test_a_slow_answer_is_given_up(self, world: World) -> None:
        """The whole attempt has one time-out; what comes later is not waited for."""
        world.receiver.behaviours["/hook"] = held(world.receiver)
        made = world.register()
        world.tell("a")
        world.hear()
        world.send(seconds=0.2)
        assert "no whole answer within 0.2 seconds" in (world.deliveries(made)[0].error or "")

    def test_a_huge_answer_is_not_read(self, world: World) -> None:
        """Of an endless body the beginning is kept; the status still counts."""

        def endless(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(200)
            handler.send_header("Content-Length", str(10**12))
            handler.end_headers()
            while True:
                handler.wfile.write(b"x" * 65_536)

        world.receiver.behaviours["/hook"] = endless
        made = world.register()
        world.tell_and_send("a")
        (delivery,) = world.deliveries(made)
        assert (delivery.state, delivery.answer) == ("done", "x" * 500)

    def test_answers_that_a_database_cannot_keep_are_kept_readable(self, world: World) -> None:
        """NUL and broken UTF-8 in an answer break nothing."""
        world.receiver.behaviours["/hook"] = answering(500, b"a\x00b\xff")
        made = world.register()
        world.tell_and_send("a")
        assert world.deliveries(made)[0].answer == "a\ufffdb\ufffd"

    @pytest.mark.parametrize("status", [429, 503])
    def test_retry_after_holds_the_whole_endpoint(self, world: World, status: int) -> None:
        """Nothing at all is sent before the time it asked for."""
        world.receiver.behaviours["/hook"] = answering(status, Retry_After="3600")
        made = world.register()
        world.tell_and_send("a")
        (delivery,) = world.deliveries(made)
        assert delivery.attempted_at is not None
        assert delivery.due_at >= delivery.attempted_at + timedelta(hours=1) - timedelta(seconds=1)
        world.tell_and_send("b")
        assert len(world.receiver.got) == 1
        world.clock.move(timedelta(seconds=3601))
        world.receiver.behaviours.clear()
        world.send()
        assert {delivery.state for delivery in world.deliveries(made)} == {"done"}

    @pytest.mark.parametrize("asked", ["999999999999999", "soon", "-5", "Fri, 31 Dec 9999 23:59:59 GMT"])
    def test_a_senseless_retry_after_does_no_harm(self, world: World, asked: str) -> None:
        """It is taken for a day at most, or not at all."""
        world.receiver.behaviours["/hook"] = answering(503, Retry_After=asked)
        made = world.register()
        world.tell_and_send("a")
        (delivery,) = world.deliveries(made)
        assert delivery.due_at <= world.clock() + timedelta(hours=24, seconds=5)

    def test_gone_disables_the_endpoint_and_tells_who_made_it(self, world: World, mia: PersonId) -> None:
        """After 410 nothing more is queued or sent, and a message is asked for."""
        world.receiver.behaviours["/hook"] = answering(410)
        made = world.register(by=mia)
        world.tell_and_send("a")
        endpoint = world.health(made).endpoint
        assert (endpoint.state, endpoint.stopped_because) == ("disabled", "gone")
        assert world.deliveries(made)[0].state == "dead"
        world.tell_and_send("b")
        assert len(world.receiver.got) == 1
        assert len(world.deliveries(made)) == 1
        (asked,) = messages(world)
        assert asked["recipient"] == str(mia)
        assert asked["variables"]["because"] == "gone"

    def test_five_days_of_failure_disable_the_endpoint_once(self, world: World, mia: PersonId) -> None:
        """The first failure behind which no attempt succeeded counts; one message is asked for."""
        world.receiver.behaviours["/hook"] = answering(500)
        made = world.register(by=mia)
        world.tell_and_send("a")
        world.clock.move(timedelta(days=4, hours=23))
        world.tell_and_send("b")
        assert world.health(made).endpoint.state == "active"
        world.clock.move(timedelta(hours=2))
        world.tell_and_send("c", "d", "e")
        assert world.health(made).endpoint.stopped_because == "failing"
        assert len(messages(world)) == 1

    def test_a_success_in_between_begins_the_five_days_anew(self, world: World) -> None:
        """An endpoint that works now and then is not given up."""
        world.receiver.behaviours["/hook"] = answering(500)
        made = world.register()
        world.tell_and_send("a")
        world.clock.move(timedelta(days=4))
        world.receiver.behaviours.clear()
        world.tell_and_send("b")
        world.clock.move(timedelta(days=2))
        world.receiver.behaviours["/hook"] = answering(500)
        world.tell_and_send("c")
        assert world.health(made).endpoint.state == "active"


def messages(world: World) -> list[dict[str, Any]]:
    """Return the messages that were asked for."""
    with world.database.read() as tx:
        found = read_after(tx, Cursor(), types=["webhooks.message.requested"])
    return [dict(stored.event.data) for stored in found]


class TestSecrets:
    def test_a_rotated_secret_signs_beside_its_successor_for_a_day(self, world: World) -> None:
        """For 24 hours both verify, afterwards the new one only."""
        made = world.register()
        with world.database.begin() as tx:
            fresh = rotate(tx, world.settings, made.endpoint_id, by=None, now=world.clock())
        assert fresh.written != made.secret.written
        world.tell_and_send("a")
        (got,) = world.receiver.got
        assert len(got.headers["webhook-signature"].split(" ")) == 2
        for secret in (made.secret, fresh):
            Webhook(secret.written).verify(got.body, got.headers)
        world.clock.move(timedelta(hours=24, seconds=1))
        world.tell_and_send("b")
        assert len(world.receiver.got[1].headers["webhook-signature"].split(" ")) == 1

    def test_with_another_key_nothing_is_sent(self, world: World, settings: Settings) -> None:
        """Deliveries that no receiver could verify stay here, and the page says why."""
        made = world.register()
        (settings.home / "webhook.key").write_bytes(b"k" * 32)
        world.tell_and_send("a")
        assert world.receiver.got == []
        (delivery,) = world.deliveries(made)
        assert delivery.state == "waiting"
        assert "webhook key of this installation has changed" in (delivery.error or "")


class TestTogether:
    def test_two_workers_send_each_delivery_once(self, world: World, settings: Settings) -> None:
        """Claims are skipped by the other; nothing arrives twice and nothing is left out."""
        world.register()
        ids = world.tell(*map(str, range(120)))
        world.hear()
        workers = [
            threading.Thread(target=send_due, args=(world.database, settings, world.clock)) for _ in range(2)
        ]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        assert sorted(world.receiver.ids()) == sorted(ids)

    def test_a_slow_endpoint_holds_up_no_other(self, world: World) -> None:
        """While one endpoint keeps its few places busy, everything of the other arrives."""
        world.receiver.behaviours["/slow"] = held(world.receiver)
        world.register("/slow")
        world.register("/quick")
        ids = world.tell(*map(str, range(60)))
        world.hear()
        sending = threading.Thread(target=world.send, kwargs={"seconds": 40.0})
        sending.start()
        try:
            until = time.monotonic() + 30
            while time.monotonic() < until and (
                len(world.receiver.ids("/quick")) < len(ids) or len(world.receiver.ids("/slow")) < PER_ENDPOINT
            ):
                time.sleep(0.02)
            assert sorted(world.receiver.ids("/quick")) == sorted(ids)
            assert len(world.receiver.ids("/slow")) == PER_ENDPOINT
        finally:  # else it would send what the next test has to send
            world.receiver.behaviours.clear()
            world.receiver.released.set()
            sending.join(45)

    def test_killed_between_sending_and_settling_the_same_id_comes_again(self, world: World) -> None:
        """A claim nobody settled is over with its lease; the receiver sees the id it has seen before."""
        made = world.register()
        (event_id,) = world.tell("a")
        world.hear()
        with world.database.begin() as tx:
            lanes = {UUID(str(made.endpoint_id)): 1}
            assert claim_due(tx, OUTBOX, now=world.clock(), lease=timedelta(minutes=1), limit=1, lanes=lanes), (
                "the worker that is killed had claimed it"
            )
        assert world.send() == 0, "nobody else sends it while the lease lasts"
        world.clock.move(timedelta(minutes=1))
        assert world.send() == 1
        assert world.receiver.ids() == [event_id]
        assert world.deliveries(made)[0].attempts == 2

    def test_paused_endpoints_get_later_what_happened_meanwhile(self, world: World) -> None:
        """A pause queues; resuming sends."""
        made = world.register()
        with world.database.begin() as tx:
            pause(tx, made.endpoint_id, by=None, now=world.clock())
        ids = world.tell_and_send("a", "b")
        assert world.receiver.got == []
        with world.database.begin() as tx:
            resume(tx, made.endpoint_id, by=None, now=world.clock())
        world.send()
        assert sorted(world.receiver.ids()) == sorted(ids)


class TestConfinement:
    @pytest.mark.parametrize(
        "url",
        [
            "http://169.254.169.254/latest/meta-data/",
            "https://127.0.0.1/",
            "https://[::1]:8443/",
            "https://0x7f000001/",
            "https://localhost.localdomain/",
        ],
    )
    def test_private_addresses_are_not_called_however_they_came_here(
        self, world: World, database_url: str, url: str
    ) -> None:
        """An address that slipped past the form (a name, an older setting) is refused at the connection."""
        made = world.register()
        with world.database.begin() as tx:
            tx.execute(text("update kernel.webhook_endpoint set url = :url"), {"url": url})
        world.tell("a")
        world.hear()
        confined = Settings(home=world.settings.home, database_url=database_url)
        send_due(world.database, confined, world.clock)
        (delivery,) = world.deliveries(made)
        assert delivery.state == "waiting"
        assert any(said in (delivery.error or "") for said in ("is not called", "could not be reached"))
        assert delivery.status is None

    def test_the_signature_covers_the_bytes_that_are_sent(self, world: World) -> None:
        """A changed body does not verify: the library says so, not we."""
        made = world.register()
        world.tell_and_send("a")
        (got,) = world.receiver.got
        changed = json.dumps(json.loads(got.body) | {"subject": "job b"}).encode()
        with pytest.raises(Exception, match="No matching signature"):
            Webhook(made.secret.written).verify(changed, got.headers)
        assert len(base64.b64decode(made.secret.written.removeprefix("whsec_"))) == 32
