"""The picture as metrics for Prometheus, rendered when they are asked for (docs/metrics.md)."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector
from starlette.responses import Response

from downwind import __version__
from downwind.show.watch_words import STATES, line
from downwind.show.web.operations import Call
from downwind.terms import State
from downwind.watch.picture import FeedSeen, IncidentSeen, Picture, TargetSeen

MOST_TARGETS = 2_000
"""Targets with series of their own; beyond, they are counted by state only."""
MOST_INCIDENTS = 100
MOST_OTHERS = 500
_LABEL = 200
_TARGET = ("target", "service", "kind")
_INCIDENT = ("scope", "verdict", "phase")


async def scrape(call: Call) -> Response:
    """The metrics in the form that the scraper asks for."""
    encode, media = choose_encoder(call.request.headers.get("accept", ""))
    registry = CollectorRegistry()
    registry.register(PictureMetrics(call.picture()))
    text = await asyncio.to_thread(encode, registry)
    return Response(text, headers={"Content-Type": media})


class PictureMetrics(Collector):
    """The metrics of one picture."""

    def __init__(self, picture: Picture) -> None:
        self._picture = picture

    def collect(self) -> Iterable[Metric]:
        yield from _watcher(self._picture)
        yield from _targets(self._picture.targets)
        yield from _incidents(self._picture)
        yield from _feeds(self._picture.feeds)
        yield from _vantages(self._picture)
        yield from _routes(self._picture)


def _watcher(picture: Picture) -> Iterator[Metric]:
    seen = picture.watcher
    build = GaugeMetricFamily("downwind_build_info", "The version; always 1.", labels=("version",))
    build.add_metric((__version__,), 1)
    yield build
    for name, words, value in (
        ("downwind_watcher_healthy", "1 where the watcher is well.", seen.healthy),
        ("downwind_watcher_blind", "1 while its own connectivity fails.", seen.blind),
        ("downwind_probe_lag_seconds", "99 of 100 probes started no later.", seen.lag),
        ("downwind_observations_unsaved", "Observations that wait for the disk.", seen.unsaved),
        ("downwind_picture_timestamp_seconds", "When the picture was made.", picture.at),
        ("downwind_watcher_start_timestamp_seconds", "When it started.", picture.started_at),
        ("downwind_suspected_needs", "Suspected needs that wait for a person.",
         sum(each.standing == "suspected" for each in picture.needs)),
    ):  # fmt: skip
        yield GaugeMetricFamily(name, words, value=float(value))
    yield CounterMetricFamily("downwind_probes", "Probes since the start.", value=seen.probes)
    yield CounterMetricFamily(
        "downwind_probes_skipped", "Probes left out, the one before being under way.",
        value=seen.skipped,
    )  # fmt: skip


def _targets(targets: tuple[TargetSeen, ...]) -> Iterator[Metric]:
    counts = Counter((each.kind, STATES[each.state]) for each in targets)
    states = GaugeMetricFamily(
        "downwind_targets", "Targets by kind and state.", labels=("kind", "state")
    )
    for kind in sorted({kind for kind, _ in counts}):
        for state in STATES.values():
            states.add_metric((line(kind, _LABEL), state), counts[kind, state])
    yield states
    # By key and not by state: a series must not come and go with what it tells.
    told = sorted(targets, key=lambda each: (each.kind != "capability", each.key))[:MOST_TARGETS]
    yield GaugeMetricFamily(
        "downwind_targets_left_out", "Targets without series of their own.",
        value=len(targets) - len(told),
    )  # fmt: skip
    for name, words, value in (
        ("up", "1 where it is up or degraded, 0 where it is down; absent where unknown.",
         lambda t: None if t.state is None else t.state is not State.DOWN),
        ("degraded", "1 where it is degraded.", lambda t: t.state is State.DEGRADED),
        ("flapping", "1 where its state changes too often.", lambda t: t.flapping),
        ("slow", "1 where it is slower than it used to be.", lambda t: t.slow),
        ("saved", "1 where it stands on its second alternative.", lambda t: bool(t.saved_by)),
        ("availability_ratio", "Share of 24 h in which it was not down.",
         lambda t: t.availability),
        ("latency_median_seconds", "Median of what was measured lately.", lambda t: t.latency_p50),
        ("latency_p95_seconds", "95 % of what was measured lately took no longer.",
         lambda t: t.latency_p95),
        ("probe_timestamp_seconds", "The latest probe.", lambda t: t.probed_at),
        ("certificate_expiry_timestamp_seconds", "When its certificate ends.",
         lambda t: t.certificate_ends),
        ("domain_expiry_timestamp_seconds", "When its domain ends.", lambda t: t.domain_ends),
    ):  # fmt: skip
        metric = GaugeMetricFamily(f"downwind_target_{name}", words, labels=_TARGET)
        for each in told:
            found = value(each)
            if found is not None:
                metric.add_metric(_of_target(each), float(found))
        yield metric


def _of_target(each: TargetSeen) -> tuple[str, str, str]:
    return line(each.key, _LABEL), line(each.service, _LABEL), line(each.kind, _LABEL)


def _incidents(picture: Picture) -> Iterator[Metric]:
    running = picture.running()[:MOST_INCIDENTS]
    groups: dict[tuple[str, str, str], list[IncidentSeen]] = {}
    for each in running:
        scope = line(each.scope or each.suspect, _LABEL)
        verdict = "slow" if each.slow else each.verdict
        groups.setdefault((scope, verdict, each.phase), []).append(each)
    opened = GaugeMetricFamily(
        "downwind_incident_open", "Incidents that are not closed.", labels=_INCIDENT
    )
    victims = GaugeMetricFamily(
        "downwind_incident_victims", "Capabilities that one takes down.", labels=_INCIDENT
    )
    began = GaugeMetricFamily(
        "downwind_incident_start_timestamp_seconds", "The first failing probe.", labels=_INCIDENT
    )
    sure = GaugeMetricFamily(
        "downwind_incident_confidence_ratio", "How sure the verdict is.", labels=_INCIDENT
    )
    for labels, members in sorted(groups.items()):
        opened.add_metric(labels, len(members))
        victims.add_metric(labels, len({key for each in members for key in each.victims}))
        began.add_metric(labels, min(each.since for each in members))
        sure.add_metric(labels, max(each.confidence for each in members))
    yield from (opened, victims, began, sure)
    yield GaugeMetricFamily(
        "downwind_incidents_open", "Incidents that are not closed, of all causes.",
        value=len(picture.running()),
    )  # fmt: skip


def _feeds(feeds: tuple[FeedSeen, ...]) -> Iterator[Metric]:
    labels = ("provider",)
    up = GaugeMetricFamily(
        "downwind_feed_up", "1 where every status feed of it is fresh.", labels=labels
    )
    told = GaugeMetricFamily(
        "downwind_feed_incidents", "Open incidents that it tells of.", labels=labels
    )
    groups: dict[str, list[FeedSeen]] = {}
    for each in feeds:
        groups.setdefault(line(each.provider, _LABEL), []).append(each)
    for provider, members in sorted(groups.items())[:MOST_OTHERS]:
        up.add_metric((provider,), all(each.health == "fresh" for each in members))
        told.add_metric((provider,), sum(each.incidents for each in members))
    yield from (up, told)


def _vantages(picture: Picture) -> Iterator[Metric]:
    labels = ("vantage",)
    up = GaugeMetricFamily("downwind_vantage_up", "1 where it is well.", labels=labels)
    heard = GaugeMetricFamily(
        "downwind_vantage_heard_timestamp_seconds", "When it was last heard.", labels=labels
    )
    held = GaugeMetricFamily(
        "downwind_vantage_buffered", "Observations that it still holds back.", labels=labels
    )
    for each in picture.vantages[:MOST_OTHERS]:
        name = (line(each.name, _LABEL),)
        up.add_metric(name, each.healthy)
        held.add_metric(name, each.buffered)
        if each.heard_at is not None:
            heard.add_metric(name, each.heard_at)
    yield from (up, heard, held)
    for suffix, words, value in (
        ("", "Independent voices among the vantages.", picture.voices.total),
        ("_heard", "Those that were heard of late, and see.", picture.voices.heard),
        ("_needed", "So many must see a target down.", picture.voices.needed),
    ):
        yield GaugeMetricFamily(f"downwind_voices{suffix}", words, value=value)


def _routes(picture: Picture) -> Iterator[Metric]:
    labels = ("route",)
    pending = GaugeMetricFamily(
        "downwind_alert_route_pending", "Alerts that wait to be sent.", labels=labels
    )
    failed = GaugeMetricFamily(
        "downwind_alert_route_failed_attempts", "At the oldest of them; 0 where it works.",
        labels=labels,
    )  # fmt: skip
    sent = GaugeMetricFamily(
        "downwind_alert_route_sent_timestamp_seconds", "When it last took one.", labels=labels
    )
    apart = GaugeMetricFamily(
        "downwind_alert_route_apart", "Routes that no known cause takes down with it.",
        labels=labels,
    )  # fmt: skip
    for each in picture.watcher.routes[:MOST_OTHERS]:
        name = (line(each.name, _LABEL),)
        pending.add_metric(name, each.pending)
        failed.add_metric(name, each.failed)
        apart.add_metric(name, len(each.apart))
        if each.sent_at is not None:
            sent.add_metric(name, each.sent_at)
    yield from (pending, failed, sent, apart)
