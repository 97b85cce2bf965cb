"""The picture of a moment, drawn from all that the loop knows: also of the watcher itself."""

from __future__ import annotations

from downwind.jobs.watching.house import House
from downwind.jobs.watching.options import WatchOptions
from downwind.jobs.watching.parts import Parts
from downwind.jobs.watching.remapping import Remapping
from downwind.questions.hidden import Hidden
from downwind.watch.feeds import Delay, Verdict, delays
from downwind.watch.itself import VantageSeen, WatcherSeen
from downwind.watch.live.hidden import seen
from downwind.watch.live.routes import routes_seen
from downwind.watch.live.seen import Around, draw
from downwind.watch.live.state import Live
from downwind.watch.live.targets import Targets
from downwind.watch.picture import Picture
from downwind.watch.vantages import VantageSpec
from downwind.watch.vantages.inbox import Heard
from downwind.watch.vantages.spec import GLOBALPING

_SILENT = 5
"""Rounds without a word after which a vantage is not well."""


class Drawing:
    """Draws again and again; what has not changed since is not drawn anew."""

    def __init__(
        self, options: WatchOptions, live: Live, parts: Parts, house: House, started_at: float
    ) -> None:
        self._options = options
        self._live = live
        self._parts = parts
        self._house = house
        self._targets = Targets()
        self._started_at = started_at

    def draw(self, remapping: Remapping, hidden: tuple[Hidden, ...], busy: str) -> Picture:
        """The picture of now; `busy` is why this machine lets nothing be judged."""
        book = self._parts.book
        around = Around(
            started_at=self._started_at,
            ledger=book.ledger,
            windows=tuple(book.decided.maintenance.windows.values()),
            watcher=self._watcher(remapping, busy),
            availability=self._house.availability,
            targets=self._targets,
            delays=self._delays(),
            vantages=self._vantages(),
            needs=seen(hidden, self._live.decisions),
        )
        return draw(self._live, self._options.model, self._now(), around)

    def _delays(self) -> tuple[Delay, ...]:
        """How long after our verdicts the providers' own pages spoke."""
        verdicts = [
            Verdict(each.id, each.cause.scope, each.since, each.opened_at, each.closed_at)
            for each in self._parts.book.ledger.incidents.values()
            if each.cause.scope is not None and not each.slow
        ]
        board = self._live.board
        return delays(verdicts, board.history(), self._now(), board.read_since())

    def _watcher(self, remapping: Remapping, busy: str) -> WatcherSeen:
        parts = self._parts
        disk, counts, lag = parts.store.health(), parts.schedule.counts(), parts.schedule.lag()
        sights = self._live.sight()
        blind = bool(busy) or (bool(sights) and all(sights.values()))
        hindered = self._live.hindered.get(self._options.settings.place.name)
        why = busy or (hindered and hindered.words()) or "its own connectivity fails"
        defect = f"a probe failed by our own defect: {parts.schedule.defect}"
        reasons = [
            busy,
            f"the disk takes nothing: {disk.reason}" if not disk.ok else "",
            defect if counts.defects else "",
            remapping.trouble,
            self._house.trouble,
            hindered.words() if hindered else "",
        ]
        reason = "; ".join(each for each in reasons if each)
        return WatcherSeen(
            healthy=not reason,
            blind=blind,
            reason=why if blind else reason,
            unreportable=remapping.footing.silenced,
            lag=lag.p99,
            probes=counts.ended,
            skipped=counts.skipped,
            unsaved=disk.buffered,
            alerting=remapping.footing.routes.words,
            routes=routes_seen(remapping.footing.routes, parts.deliverer.health()),
        )

    def _vantages(self) -> tuple[VantageSeen, ...]:
        heard = {each.vantage: each for each in self._parts.inbox.heard()}
        return tuple(
            self._vantage(spec, heard.get(spec.name)) for spec in self._live.setting.vantages
        )

    def _vantage(self, spec: VantageSpec, told: Heard | None) -> VantageSeen:
        at = self._live.heard_at.get(spec.name)
        elsewhere = self._parts.elsewhere
        if elsewhere and spec.name == GLOBALPING:
            why = elsewhere.trouble
            return VantageSeen(
                name=spec.name,
                provider=spec.provider,
                heard_at=at,
                healthy=not why,
                reason=why,
                on_demand=True,
            )
        silent = self._now() - (at or self._started_at) > _SILENT * self._options.settings.every
        return VantageSeen(
            name=spec.name,
            network=spec.network,
            provider=spec.provider,
            region=spec.region,
            heard_at=at,
            buffered=told.head.waiting if told else 0,
            offset=-(told.head.offset or 0.0) if told else 0.0,
            healthy=not silent,
            reason="nothing was heard of it for several rounds" if silent else "",
        )

    def _now(self) -> float:
        return self._options.network.clock.now()
