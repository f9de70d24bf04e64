"""Which way messages leave: what the settings say."""

from __future__ import annotations

from bandmate.kernel.config import Settings
from bandmate.kernel.errors import InvalidInput
from bandmate.kernel.notify.channels import Channel
from bandmate.kernel.notify.folder import FolderChannel
from bandmate.kernel.notify.smtp import SmtpChannel, SmtpServer
from bandmate.kernel.notify.webhook import WebhookChannel
from bandmate.kernel.webhooks.signing import parse_secret


def channel_of(settings: Settings) -> Channel:
    """Return the channel that is set; nobody is called yet.

    Raises:
        InvalidInput: when a setting that it needs is missing or cannot be used.
    """
    if settings.messages == "smtp":
        if settings.smtp_url is None:
            raise InvalidInput("BANDMATE_MESSAGES is smtp: set BANDMATE_SMTP_URL as well.", field="smtp_url")
        return SmtpChannel(SmtpServer.parse(settings.smtp_url.get_secret_value()))
    if settings.messages == "webhook":
        url, secret = settings.messages_webhook_url, settings.messages_webhook_secret
        if url is None:
            raise InvalidInput(
                "BANDMATE_MESSAGES is webhook: set BANDMATE_MESSAGES_WEBHOOK_URL as well.",
                field="messages_webhook_url",
            )
        return WebhookChannel(settings, url, None if secret is None else parse_secret(secret.get_secret_value()))
    return FolderChannel(settings.messages_folder)
