"""How the watcher itself fares, as a part of the live picture: its routes, its vantages."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RouteSeen:
    """A way for alerts to reach people, and how it fares."""

    name: str
    apart: tuple[str, ...] = ()
    """Routes that no known cause takes down together with it."""
    shares: tuple[str, ...] = ()
    """Each other route that falls with it, and by which causes, in words."""
    known: bool = True
    """False where nothing is known of it but names of hosts."""
    pending: int = 0
    """Alerts that wait to be sent."""
    failed: int = 0
    """Failed attempts at the oldest of them."""
    reason: str = ""
    """Why the last of these failed."""
    sent_at: float | None = None
    """When it last took an alert, since the start."""


@dataclass(frozen=True, slots=True)
class WatcherSeen:
    """How the watcher itself fares."""

    healthy: bool = True
    blind: bool = False
    """True while its own connectivity fails: then nothing is known, and nobody is blamed."""
    reason: str = ""
    """Why it is not healthy, in words; empty where it is."""
    unreportable: tuple[str, ...] = ()
    """Causes that would silence the watcher or all of its alert routes."""
    lag: float = 0.0
    """Seconds: 99 of 100 of the latest 10,000 probes started no later."""
    probes: int = 0
    """Probes since the start."""
    skipped: int = 0
    """Probes left out since the one before still ran."""
    unsaved: int = 0
    """Observations held in memory, since the disk takes none."""
    alerting: str = ""
    """How far the alert routes stand apart, in words."""
    routes: tuple[RouteSeen, ...] = ()


@dataclass(frozen=True, slots=True)
class VantageSeen:
    """A place from which probes are sent."""

    name: str
    network: str = ""
    provider: str = ""
    region: str = ""
    heard_at: float | None = None
    buffered: int = 0
    """Observations that it still holds back."""
    offset: float = 0.0
    """Seconds by which its clock is ahead of the hub's."""
    healthy: bool = True
    reason: str = ""
    on_demand: bool = False
    """It looks only where something seems to fail: a voice while its word is fresh."""


@dataclass(frozen=True, slots=True)
class VoicesSeen:
    """The vantages counted by what they share: those of one network, provider or resolver are one
    voice."""

    total: int = 0
    heard: int = 0
    """Those that were heard of late, and see."""
    needed: int = 0
    """So many of these must see a target down before it is published as down."""
