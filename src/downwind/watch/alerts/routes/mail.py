"""Alerts by mail: one thread of mails for each incident."""

from __future__ import annotations

import asyncio
import hashlib
import re
import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr

from downwind.terms import UsageError
from downwind.watch.alerts.types import Alert, NotSent

IMPLICIT_TLS = 465
_LONGEST_SUBJECT = 200
_ADDRESS = re.compile(r"[^\s@<>,;:\"()\[\]\\]{1,64}@[^\s@<>,;:\"()\\]{1,255}")
Trust = Callable[[], ssl.SSLContext]


@dataclass(frozen=True, slots=True)
class MailRoute:
    """SMTP with STARTTLS, or TLS from the start on port 465; without either only to loopback."""

    name: str
    host: str
    port: int
    sender: str
    to: tuple[str, ...]
    user: str = ""
    password: str = field(default="", repr=False)
    starttls: bool = True
    timeout: float = 20.0
    trust: Trust = ssl.create_default_context

    def __post_init__(self) -> None:
        local = self.host in ("localhost", "127.0.0.1", "::1")
        if not (self.starttls or local or self.port == IMPLICIT_TLS):
            raise UsageError(
                f"The mail route to {self.host} is not encrypted.", todo="Leave starttls on."
            )
        for address in (self.sender, *self.to):
            _checked(address)

    @property
    def hosts(self) -> tuple[str, ...]:
        """The server that takes the mail, and the domains that must take it from there."""
        domains = (parseaddr(to)[1].rpartition("@")[2].lower() for to in self.to)
        return tuple(dict.fromkeys((self.host, *domains)))

    async def send(self, alert: Alert) -> None:
        mail = self.mail(alert)
        try:
            # smtplib blocks; every step of it ends within the time-out.
            async with asyncio.timeout(self.timeout * 3):
                await asyncio.to_thread(self._hand_over, mail)
        except TimeoutError as error:
            raise NotSent(f"{self.host} did not take the mail in time") from error
        except smtplib.SMTPNotSupportedError as error:
            raise NotSent(
                f"{self.host} offers no STARTTLS or log-in; `starttls: false` sends without"
            ) from error
        except smtplib.SMTPResponseException as error:
            refused = 500 <= error.smtp_code < 600
            raise NotSent(f"{self.host} answers {error.smtp_code}", refused=refused) from error
        except smtplib.SMTPRecipientsRefused as error:
            codes = sorted({code for code, _ in error.recipients.values()})
            raise NotSent(
                f"{self.host} refuses the recipients: {codes}", refused=min(codes) >= 500
            ) from error
        except (smtplib.SMTPException, OSError, ValueError) as error:
            raise NotSent(f"{self.host} could not be reached: {type(error).__name__}") from error

    def mail(self, alert: Alert) -> EmailMessage:
        """The mail of an alert. Its Message-ID is that of the alert, so a second copy is known."""
        domain = parseaddr(self.sender)[1].rpartition("@")[2]
        mail = EmailMessage()
        mail["Subject"] = f"[{alert.severity}] {_line(alert.title)}"[:_LONGEST_SUBJECT]
        mail["From"] = self.sender
        mail["To"] = ", ".join(self.to)
        mail["Date"] = format_datetime(datetime.fromtimestamp(alert.at, UTC))
        mail["Message-ID"] = f"<{_token(alert.id)}@{domain}>"
        mail["References"] = f"<{_token(alert.incident)}@{domain}>"
        mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody answers it by machine
        mail["X-Downwind-Incident"] = _line(alert.incident)
        more = alert.hit - len(alert.victims)
        listed = "\n".join(f"  {_line(v)}" for v in alert.victims)
        rest = f"\n  and {more} more" if more > 0 else ""
        text = _printable(alert.text)
        mail.set_content(f"{text}\n\nVictims:\n{listed}{rest}\n" if listed else f"{text}\n")
        return mail

    def _hand_over(self, mail: EmailMessage) -> None:
        context = self.trust() if self.starttls or self.port == IMPLICIT_TLS else None
        if self.port == IMPLICIT_TLS:
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                self.host, self.port, timeout=self.timeout, context=context
            )
        else:
            server = smtplib.SMTP(self.host, self.port, timeout=self.timeout)
        with server:
            if self.starttls and self.port != IMPLICIT_TLS:
                server.starttls(context=context)
            if self.user:
                server.login(self.user, self.password)
            server.send_message(mail, self.sender_address, [parseaddr(to)[1] for to in self.to])

    @property
    def sender_address(self) -> str:
        return parseaddr(self.sender)[1]


def _checked(address: str) -> None:
    _, bare = parseaddr(address)
    if not (address.isprintable() and _ADDRESS.fullmatch(bare)):
        raise UsageError(f"{address!r:.100} is no mail address.", todo="Write name@host.")


def _line(text: str) -> str:
    """One line without control characters, which would break out of a header."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _printable(text: str) -> str:
    return "\n".join(_line(line) for line in text.splitlines())


def _token(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
