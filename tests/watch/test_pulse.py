"""A process that stood still knows it, by whichever clock went on."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

import pytest

from downwind.watch.pulse import Pulse, machine_time


@dataclass
class Clocks:
    """Three clocks that a test moves by hand."""

    now: tuple[float, ...] = (100.0, 200.0, 300.0)

    def __call__(self) -> tuple[float, ...]:
        return self.now

    def move(self, monotonic: float, boot: float, wall: float) -> None:
        steps = (monotonic, boot, wall)
        self.now = tuple(at + step for at, step in zip(self.now, steps, strict=True))


@pytest.mark.parametrize(
    ("moved", "stood"),
    [
        ((0.25, 0.25, 0.25), 0.0),
        ((0.45, 0.45, 0.45), 0.0),
        ((60.25, 60.25, 60.25), 60.0),
        ((0.25, 60.25, 60.25), 60.0),
        ((0.25, 0.25, 60.25), 60.0),
        ((0.25, 0.25, -3600.0), 0.0),
    ],
    ids=["in time", "a little late", "stopped", "suspended", "paused guest", "set back"],
)
async def test_it_tells_for_how_long_it_stood(
    moved: tuple[float, float, float], stood: float
) -> None:
    clocks = Clocks()
    pulse = Pulse(clocks)
    pulse.start()
    began = pulse.now()
    clocks.move(*moved)
    assert pulse.stood(began) == pytest.approx(stood)
    clocks.move(1.0, 1.0, 1.0)
    assert pulse.stood(pulse.now() + 0.001) == 0.0, "what began later was not under way then"
    pulse.stop()


def test_the_clocks_are_those_that_go_on_while_another_stands() -> None:
    clocks = (time.CLOCK_MONOTONIC, time.CLOCK_BOOTTIME, time.CLOCK_REALTIME)
    there = [time.clock_gettime(clock) for clock in clocks]
    assert machine_time() == pytest.approx(there, abs=1.0)


async def test_stands_add_up_and_those_before_do_not_count() -> None:
    clocks = Clocks()
    pulse = Pulse(clocks)
    pulse.start()
    clocks.move(10.25, 10.25, 10.25)
    assert pulse.stood(pulse.now()) == pytest.approx(10.0), "it was over just now"
    clocks.move(0.1, 0.1, 0.1)
    began = pulse.now()
    for _ in range(3):
        clocks.move(2.25, 2.25, 2.25)
        pulse.stood(began)
    assert pulse.stood(began) == pytest.approx(6.1), "10 s before do not count"
    pulse.stop()


async def test_it_beats_by_itself_and_notices_a_loop_that_was_held_up() -> None:
    pulse = Pulse()
    pulse.start()
    pulse.start()
    began = pulse.now()
    await asyncio.sleep(0.3)
    time.sleep(0.9)  # noqa: ASYNC251 (the loop stands still)
    await asyncio.sleep(0.3)
    pulse.stop()
    assert 0.3 < pulse.stood(began) < 1.2
    before = pulse.stood(began)
    time.sleep(0.6)  # noqa: ASYNC251
    assert pulse.stood(began) == before, "it does not beat any more"
