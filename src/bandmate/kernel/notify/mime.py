"""A letter as an Internet message: text and HTML, and the headers that mail servers and clients look for."""

from __future__ import annotations

from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from bandmate.kernel.notify.channels import Letter, Undeliverable


def as_mail(letter: Letter) -> EmailMessage:
    """Write a letter as ``multipart/alternative`` (RFC 2046, section 5.1.4: the richest last).

    ``Auto-Submitted`` keeps automatic replies away (RFC 3834, section 5); ``List-Unsubscribe`` and, where the link
    is https as section 3.1 asks, ``List-Unsubscribe-Post`` let clients offer to stop it (RFC 8058).

    Raises:
        Undeliverable: when a header cannot be written, such as an address with a line break in it.
    """
    mail = EmailMessage(policy=SMTP)
    try:
        mail["From"] = _address(*parseaddr(letter.sender))
        mail["To"] = _address(letter.name, letter.address)
        mail["Subject"] = _plain(letter.subject)
        mail["Date"] = format_datetime(letter.written_at)
        mail["Message-ID"] = letter.message_id
        mail["Auto-Submitted"] = "auto-generated"
        if letter.stop_url is not None:
            mail["List-Unsubscribe"] = f"<{letter.stop_url}>"
            if letter.stop_url.startswith("https://"):
                mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    except (ValueError, MessageError, IndexError) as error:
        raise Undeliverable(f"The message's headers cannot be written: {error}.") from error
    mail.set_content(letter.text)
    mail.add_alternative(letter.html, subtype="html")
    # Last: what begins with "Content-" before would have become the first part's.
    mail["Content-Language"] = letter.locale
    return mail


def _plain(text: str) -> str:
    """Return a text that no reader takes for an encoded word (RFC 2047): decoded, it could hold a line break."""
    return text.replace("=?", "= ?")


def _address(name: str, address: str) -> Address:
    """Return an address for a header; a domain in other letters in the form that every mail server knows.

    Raises:
        ValueError: when it is none.
    """
    local, _, domain = address.rpartition("@")
    return Address(_plain(name), addr_spec=f"{local}@{domain.encode('idna').decode()}")
