"""Alerts over Apprise, which knows a hundred chat services; an extra of this package."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from downwind.evidence.hosts import host_of
from downwind.terms import UsageError
from downwind.watch.alerts.types import Alert, NotSent

_KINDS = {"critical": "failure", "warning": "warning", "info": "info"}


@dataclass(frozen=True, slots=True)
class AppriseRoute:
    """One URL in Apprise's form, such as slack://TOKEN or ntfys://host/topic."""

    name: str
    url: str = field(repr=False)
    timeout: float = 30.0
    library: Callable[[], Any] = field(default=lambda: _apprise(), repr=False)

    def __post_init__(self) -> None:
        if not self.library().Apprise().add(self.url):
            scheme = self.url.partition("://")[0][:20]
            raise UsageError(f"Apprise does not understand this {scheme!r} URL.")

    @property
    def hosts(self) -> tuple[str, ...]:
        """The host of the URL, where it has one: of slack://TOKEN nothing is known."""
        host = host_of(self.url)
        return (host,) if "." in host else ()

    async def send(self, alert: Alert) -> None:
        sender = self.library().Apprise()
        sender.add(self.url)
        kind = "success" if alert.over else _KINDS[alert.severity]
        try:
            async with asyncio.timeout(self.timeout):
                done = await sender.async_notify(
                    body=alert.text, title=alert.title, notify_type=kind, interpret_escapes=False
                )
        except TimeoutError as error:
            raise NotSent(f"Apprise did not deliver within {self.timeout:g} s") from error
        except Exception as error:  # a plugin of a hundred may raise anything
            raise NotSent(f"Apprise failed: {type(error).__name__}") from error
        if not done:
            raise NotSent("Apprise could not deliver")


def _apprise() -> Any:
    try:
        import apprise
    except ImportError as error:
        raise UsageError(
            "This alert route needs Apprise, which is not installed.",
            todo="Install downwind[apprise].",
        ) from error
    return apprise
