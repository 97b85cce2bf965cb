"""What the outside may ask of the loop and tell it: pages, deploys, agents, people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from downwind.jobs.watching.known_names import KnownNames
from downwind.jobs.watching.watcher import Watcher
from downwind.model import Step
from downwind.observe.probes import probe_to_json
from downwind.questions.hidden import Decision, decision_to_json
from downwind.terms import CannotMeasure, Evidence, Seen, UsageError
from downwind.watch.incidents import OF_THE_MODEL, Window
from downwind.watch.live.seen import incident_seen
from downwind.watch.live.state import NEED
from downwind.watch.picture import IncidentSeen, Picture
from downwind.watch.probing import Walk
from downwind.watch.vantages.batch import Receipt
from downwind.watch.vantages.confirmations import asked_to_json
from downwind.watch.vantages.orders import Order, Orders, orders_to_json
from downwind.watch.watched import Watched


class LiveHub:
    """The watcher, as the web app asks it; `who` is the name of a token."""

    def __init__(self, watcher: Watcher) -> None:
        self._watcher = watcher
        self._book = watcher.parts.book

    def now(self) -> float:
        return self._watcher.now()

    def picture(self) -> Picture:
        return self._watcher.picture

    async def changed(self) -> None:
        await self._watcher.changed()

    async def history(self, incident_id: str) -> IncidentSeen | None:
        """An incident with its timeline."""
        ledger = self._book.ledger
        incident = ledger.incidents.get(incident_id)
        if incident is None:
            return None
        return incident_seen(self._watcher.live, incident, ledger.timelines.get(incident_id, ()))

    async def orders(self, who: str) -> Mapping[str, Any] | None:
        """What the agent of that name is to probe; None where there is none."""
        settings = self._watcher.options.settings
        if who not in {place.name for place in settings.vantages}:
            return None
        orders = tuple(_order(each) for each in self._watcher.live.setting.watched)
        return orders_to_json(Orders(who, orders, self.now()))

    async def confirmations(self, who: str, since: int, wait: int) -> Mapping[str, Any] | None:
        """What that agent is to probe at once; waits so many seconds for the first."""
        if who not in {place.name for place in self._watcher.options.settings.vantages}:
            return None
        return asked_to_json(await self._watcher.parts.confirmations.after(who, since, wait))

    async def take_evidence(self, who: str, body: bytes) -> Receipt:
        """Log a batch of an agent, and count it; raises BatchRefused.

        What is not on disk is not acknowledged: CannotMeasure, and the agent keeps it.
        """
        if not self._watcher.parts.store.health().ok:
            raise CannotMeasure("the hub's disk takes nothing.", todo="Send it again later.")
        return await self._watcher.house.whole(self._take(who, body))

    async def _take(self, who: str, body: bytes) -> Receipt:
        inbox, keeper = self._watcher.parts.inbox, self._watcher.parts.keeper

        async def keep(records: Sequence[Evidence]) -> None:
            # Held in memory, they would be known when they are sent again, and lost with a kill.
            if not await keeper.keep(records, held=False):
                raise CannotMeasure("the hub's disk takes nothing.", todo="Send it again later.")

        delivery = await inbox.accept(who, body, keep)
        for record in sorted(delivery.records, key=lambda each: each.at):
            self._watcher.live.hear(record)
        return delivery.receipt

    async def deploy(self, who: str, deploy: Mapping[str, Any]) -> str:
        """Log a change of one's own; its id is its time and service."""
        at = float(deploy.get("at") or self.now())
        service = self._known(str(deploy.get("service") or "*"))
        value = {
            "title": str(deploy.get("title", "")),
            "service": service,
            "by": str(deploy.get("by") or who),
            "url": str(deploy.get("url", "")),
        }
        vantage = self._watcher.options.network.vantage
        record = Evidence(service, "change.deploy", Seen(value), at, vantage)
        await self._watcher.take_in([record])
        return f"{at:.0f}-{service}"

    async def maintenance(self, who: str, window: Mapping[str, Any]) -> str:
        """Log a maintenance window."""
        at = float(window.get("at") or self.now())
        service = self._known(str(window.get("service") or "*"))
        id = f"{at:.0f}-{service}"
        by, title = str(window.get("by") or who), str(window.get("title", ""))
        await self._book.plan(Window(id, service, at, float(window["until"]), title=title, by=by))
        await self._watcher.judge(regular=False)
        return id

    async def cancel(self, who: str, window_id: str, by: str, note: str) -> bool:
        """Take a window back. One of the model comes back with it: it is refused."""
        windows = self._book.decided.maintenance.windows
        if window_id not in windows:
            return False
        if window_id.startswith(OF_THE_MODEL):
            raise UsageError(
                "this maintenance is planned in the model.",
                todo="Take it out of `watch.maintenance`, and start the watch again.",
            )
        await self._book.cancel(window_id, by or who, note)
        await self._watcher.judge(regular=False)
        return True

    def _known(self, name: str) -> str:
        """That name; raises UsageError where nothing is called so."""
        options = self._watcher.options
        graph = self._watcher.live.setting.graph
        return KnownNames.of(options.model, graph, options.catalog).check(name, "service")

    async def acknowledge(self, who: str, incident_id: str, by: str, note: str) -> bool:
        return await self._by_hand("acknowledge", who, incident_id, by, note)

    async def close(self, who: str, incident_id: str, by: str, note: str) -> bool:
        return await self._by_hand("close", who, incident_id, by, note)

    async def comment(self, who: str, incident_id: str, by: str, note: str) -> bool:
        return await self._by_hand("comment", who, incident_id, by, note)

    async def decide_need(self, who: str, need_id: str, accept: bool, by: str, note: str) -> bool:
        """Accepted, it is a declared need from now on; rejected, it is not suspected again."""
        found = next((each for each in self._watcher.hidden if each.id == need_id), None)
        if found is None:
            return False
        decision = Decision(found, accept, by or who, self.now(), note)
        vantage = self._watcher.options.network.vantage
        value = Seen(decision_to_json(decision))
        await self._watcher.take_in([Evidence(need_id, NEED, value, self.now(), vantage)])
        await self._watcher.suspect()
        if accept:
            await self._watcher.remapping.stand_on(self._watcher.live.setting.graph)
        await self._watcher.judge(regular=False)
        return True

    async def _by_hand(self, what: str, who: str, incident_id: str, by: str, note: str) -> bool:
        if self._book.incident(incident_id) is None:
            return False
        match what:
            case "acknowledge":
                await self._book.acknowledge(incident_id, by or who, note)
            case "close":
                await self._book.close(incident_id, by or who, note)
            case _:
                await self._book.comment(incident_id, by or who, note)
        await self._watcher.judge(regular=False)
        return True


def _order(watched: Watched) -> Order:
    target = watched.target
    if isinstance(target.what, Walk):
        steps = [_step(step) for step in target.what.steps]
        probe = {"steps": steps, "variables": dict(target.what.variables)}
        return Order(target.name, "journey", target.interval, target.timeout, probe)
    probe = dict(probe_to_json(target.what))
    kind = str(probe.get("kind"))
    if not kind:
        raise UsageError(f"{target.name}: this probe cannot be ordered from an agent.")
    return Order(target.name, kind, target.interval, target.timeout, probe)


def _step(step: object) -> dict[str, Any]:
    assert isinstance(step, Step)  # what watched_of makes of a model
    return step.model_dump(mode="json", by_alias=True)
