"""Probes every capability by its journey, round after round, on the network's clock."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

from downwind.model import Model
from downwind.observe import Network, StepDriver, run_journey
from downwind.terms import Evidence, State


@dataclass(frozen=True, slots=True)
class Watch:
    """What is probed, and how."""

    model: Model
    network: Network
    every: float
    """Seconds of the network's clock between two rounds."""
    journeys: int = 2
    """Journeys per capability and round; it is down when at least half of them fail."""
    drivers: Mapping[str, StepDriver] | None = None
    together: int = 32
    """Journeys under way at once."""


@dataclass(frozen=True, slots=True)
class Round:
    """All journeys of one round."""

    at: float
    """When the round began, by the network's clock."""
    ended: float
    probes: tuple[Evidence, ...]

    def states(self) -> dict[str, State]:
        """Each capability's state: down when at least half of its journeys fail."""
        by_capability: dict[str, list[str]] = {}
        for probe in self.probes:
            state = str(probe.value["state"]) if probe.value else "down"
            by_capability.setdefault(probe.subject, []).append(state)
        return {name: _state(states) for name, states in by_capability.items()}

    def troubles(self) -> tuple[str, ...]:
        """For each capability that is not up: the step that failed first, and how."""
        found: dict[str, str] = {}
        for probe in self.probes:
            steps = probe.value["steps"] if probe.value else ()
            for step in steps:
                if not step["ok"] and probe.subject not in found:
                    status = f", status {step['status']}" if step["status"] else ""
                    found[probe.subject] = (
                        f"{probe.subject} at step {step['step'] + 1} ({step['do']} {step['url']})"
                        f"{status}: {step['reason']}"
                    )
        states = self.states()
        return tuple(told for name, told in found.items() if states[name] is not State.UP)


async def watch_rounds(watch: Watch, until: float) -> AsyncIterator[Round]:
    """Rounds at their interval until the clock shows `until`; one under way is finished."""
    clock = watch.network.clock
    began = clock.now()
    for number in itertools.count():
        due = began + number * watch.every
        if due >= until:
            return
        if due > clock.now():
            await clock.sleep(due - clock.now())
        elif clock.now() - due > watch.every:
            continue  # a slow round swallowed this one; late rounds are not made up
        yield await _probe_all(watch, number)


async def _probe_all(watch: Watch, number: int) -> Round:
    at = watch.network.clock.now()
    gate = asyncio.Semaphore(watch.together)

    async def probe(key: str, journey: int) -> Evidence:
        service, capability = named[key]
        async with gate:
            return await run_journey(
                key,
                capability.journey,
                watch.network,
                drivers=watch.drivers or {},
                variables={**service.variables, "nonce": f"{number}-{journey}"},
            )

    named = {
        key: (service, capability)
        for key, service, capability in watch.model.capabilities()
        if capability.journey
    }
    jobs = [probe(key, journey) for journey in range(watch.journeys) for key in named]
    probes = tuple(await asyncio.gather(*jobs))
    return Round(at, watch.network.clock.now(), probes)


def _state(states: list[str]) -> State:
    failed = sum(state == "down" for state in states)
    if failed * 2 >= len(states):
        return State.DOWN
    hurt = sum(state != "up" for state in states)
    return State.DEGRADED if hurt * 2 >= len(states) else State.UP
