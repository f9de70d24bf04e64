"""Messages to another system over HTTP, which sends them on: one JSON document a letter.

The same letter comes with the same ``webhook-id`` and ``Idempotency-Key`` at every attempt, so that its receiver
can tell a repetition. With a secret it is signed after Standard Webhooks 1.0 (standardwebhooks.com).
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

import orjson

from bandmate.kernel.clock import rfc3339
from bandmate.kernel.config import Settings
from bandmate.kernel.errors import OutboundFailed, OutboundRefused
from bandmate.kernel.notify.channels import ChannelDown, Letter, Send, TryAgain, Undeliverable
from bandmate.kernel.outbound import Outbound, OutboundAnswer
from bandmate.kernel.webhooks.signing import Secret, signed_headers

TIMEOUT_SECONDS = 30.0
_ANSWER_BYTES = 2_000

_REFUSES_THIS_ONE = frozenset(
    {HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNPROCESSABLE_ENTITY}
)


class WebhookChannel:
    """Posts each letter to one address."""

    name = "webhook"

    def __init__(self, settings: Settings, url: str, secret: Secret | None) -> None:
        # The operator chose this address, so it may lie in their own network; for this client alone.
        self._settings = settings.model_copy(update={"provider_urls": {"messages": url}})
        self._url = url
        self._secret = secret

    @contextmanager
    def opened(self) -> Iterator[Send]:
        """Return what posts letters."""
        yield self._send

    def _send(self, letter: Letter) -> None:
        try:
            answer = asyncio.run(self._post(letter))
        except OutboundRefused as error:
            raise ChannelDown(f"BANDMATE_MESSAGES_WEBHOOK_URL is not called: {error.detail}") from error
        except OutboundFailed as error:
            raise ChannelDown(f"The webhook for messages does not answer: {error.detail}") from error
        _judge(answer)

    async def _post(self, letter: Letter) -> OutboundAnswer:
        body, key = document(letter), str(letter.delivery_id)
        async with Outbound(self._settings) as outbound:
            known = [] if self._secret is None else [self._secret]
            signed = signed_headers(known, key, body, now=outbound.clock())
            headers = {
                "Content-Type": "application/json",
                "Idempotency-Key": key,
                # Without a secret there is no signature to send.
                **{name: value for name, value in signed.items() if value},
            }
            return await outbound.post(
                self._url, body, headers=headers, seconds=TIMEOUT_SECONDS, most=_ANSWER_BYTES
            )


def document(letter: Letter) -> bytes:
    """Write a letter as JSON; docs/messages.md lists its members."""
    return orjson.dumps(
        {
            "type": "kernel.message",
            "version": 1,
            "delivery_id": str(letter.delivery_id),
            "message_id": letter.message_id,
            "from": letter.sender,
            "to": {"name": letter.name, "address": letter.address},
            "subject": letter.subject,
            "text": letter.text,
            "html": letter.html,
            "language": letter.locale,
            "stop_url": letter.stop_url,
            "written_at": rfc3339(letter.written_at),
        }
    )


def _judge(answer: OutboundAnswer) -> None:
    """Raise unless the receiver has taken the letter over (any 2xx)."""
    if HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
        return
    words = " ".join(answer.body.decode("utf-8", "replace").split())[:200]
    told = f"The webhook for messages answered {answer.status}{f': {words}' if words else ''}."
    if answer.status in _REFUSES_THIS_ONE:
        raise Undeliverable(told)
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR and answer.status != HTTPStatus.SERVICE_UNAVAILABLE:
        raise TryAgain(told)
    # Wrong address, wrong secret, too many requests, out of service: the next letter would fare no better.
    raise ChannelDown(told)
