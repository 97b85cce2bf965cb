"""Thousands of emulated users who use the services of a world, and count how that goes.

    python -m downwind.world.people.crowd --handout FILE|- --users 2000 --rate 50 --seed 1

The handout is the world's, with the services of the world file in it under `services` and its
rumours under `rumours`. With `-` it is the first line of the input. The crowd leaves when its input
ends, or after `--seconds`.

A user whose action failed may talk about it at another service. That takes turns of the same pace,
so the load stays at the rate.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from downwind.observe import Clock, Network, Session
from downwind.terms import DownwindError, UsageError
from downwind.world.people.counts import Counts
from downwind.world.people.talk import CHANCE, Gossip, Remark
from downwind.world.people.users import Crowd, Outcome

CONNECTIONS = 32
"""Users who act at the same time at most, each on a connection that is kept alive."""
_DNS_AGE = 60.0
"""Scenario seconds after which a connection is opened anew by a fresh look at the DNS."""
_DNS_AGE_FLOOR = 1.0
_LINE = 16_000_000

Report = Callable[[Mapping[str, Any]], None]


class Pace:
    """Lets at most `rate` actions a second begin. What was missed is not made up for."""

    def __init__(self, rate: float) -> None:
        self._step = 1.0 / rate
        self._next = time.monotonic()

    async def wait(self) -> None:
        """Wait for one's turn."""
        now = time.monotonic()
        turn = max(self._next, now)
        self._next = turn + self._step
        await asyncio.sleep(turn - now)


async def crowd(
    handout: Mapping[str, Any],
    *,
    users: int,
    rate: float,
    seed: int,
    report: Report,
    stop: asyncio.Event,
    every: float = 60.0,
    connections: int = CONNECTIONS,
    talk: float = CHANCE,
) -> Mapping[str, Any]:
    """Act until `stop` is set; `report` gets the counts of every `every` scenario seconds.

    `talk` is the chance that a user talks about a failure. Returns the counts in all.
    """
    network = Network.from_handout(handout)
    people = Crowd.of(handout.get("services", ()), users, seed)
    work = _Work(people, Gossip(people, handout.get("rumours"), talk), network, Pace(rate))
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(work.go_on()) for _ in range(min(connections, users))]
        tasks.append(group.create_task(_report_often(network.clock, every, work.counts, report)))
        await stop.wait()
        for task in tasks:
            task.cancel()
    report(_line(network.clock, work.counts.end_interval()))
    return _line(network.clock, work.counts.total()) | {"done": True}


class _Work:
    """What all connections share."""

    def __init__(self, people: Crowd, gossip: Gossip, network: Network, pace: Pace) -> None:
        self._people = people
        self._actions = people.actions()
        self._gossip = gossip
        self._network = network
        self._pace = pace
        self.counts = Counts()

    async def go_on(self) -> None:
        """Act on one connection after the other, without end."""
        lasts = max(_DNS_AGE_FLOOR, self._network.clock.wall(_DNS_AGE))
        while True:
            until = time.monotonic() + lasts
            async with Session(self._network) as session:
                while time.monotonic() < until:
                    if (await self._act(session)).by:
                        break

    async def _act(self, session: Session) -> Outcome:
        await self._pace.wait()
        action = next(self._actions)
        outcome = await self._people.act(action, session)
        self.counts.add(action, outcome)
        remark = self._gossip.after(action) if outcome.failed else None
        if remark is not None:
            await self._talk(remark, session)
        return outcome

    async def _talk(self, remark: Remark, session: Session) -> None:
        for guest in remark.guests:
            await self._pace.wait()
            outcome = await self._gossip.say(remark, guest, session)
            self.counts.add_talk(remark, guest, outcome)
            if not outcome.failed:
                return


async def _report_often(clock: Clock, every: float, counts: Counts, report: Report) -> None:
    while True:
        await clock.sleep(every)
        report(_line(clock, counts.end_interval()))


def _line(clock: Clock, counts: Mapping[str, Any]) -> dict[str, Any]:
    return {"at": round(clock.now(), 3), **counts}


class _Input:
    """Standard input, read raw: a buffered reader that still waits cannot be left at exit."""

    def __init__(self, descriptor: int = 0) -> None:
        self._descriptor = descriptor
        self._rest = b""

    def first_line(self) -> bytes:
        while b"\n" not in self._rest and len(self._rest) < _LINE:
            part = os.read(self._descriptor, 65_536)
            if not part:
                break
            self._rest += part
        line, _, self._rest = self._rest.partition(b"\n")
        return line

    def when_it_ends(self, then: Callable[[], object]) -> None:
        """Call `then` from a thread at the end of the input."""

        def wait() -> None:
            while os.read(self._descriptor, 65_536):
                pass
            then()

        threading.Thread(target=wait, name="input", daemon=True).start()


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line of the crowd."""
    wanted = _options().parse_args(arguments)
    taken = _Input()
    try:
        handout = _handout(wanted.handout, taken)
        print(json.dumps(asyncio.run(_run(handout, wanted, taken))), flush=True)
    except DownwindError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    except (KeyboardInterrupt, BrokenPipeError):
        return 0
    return 0


async def _run(
    handout: Mapping[str, Any], wanted: argparse.Namespace, taken: _Input
) -> Mapping[str, Any]:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    taken.when_it_ends(lambda: loop.is_closed() or loop.call_soon_threadsafe(stop.set))
    if wanted.seconds is not None:
        loop.call_later(wanted.seconds, stop.set)
    return await crowd(
        handout,
        users=wanted.users,
        rate=wanted.rate,
        seed=wanted.seed,
        report=lambda line: print(json.dumps(line), flush=True),
        stop=stop,
        every=wanted.every,
        connections=wanted.connections,
        talk=wanted.talk,
    )


def _handout(where: str, taken: _Input) -> Mapping[str, Any]:
    try:
        text = taken.first_line() if where == "-" else Path(where).read_bytes()
        found = json.loads(text)
    except OSError as error:
        raise UsageError(f"it cannot be read: {error.strerror}.", where=where) from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"it is not JSON: {error}.", where=where) from error
    if not isinstance(found, dict) or not isinstance(found.get("services"), list):
        raise UsageError(
            "the handout holds no services.",
            where=where,
            todo="Add the world file's services to it, as a list under `services`.",
        )
    return found


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m downwind.world.people.crowd", description=__doc__
    )
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--handout", required=True, help="a file, or - for the input's first line")
    parser.add_argument("--users", type=_at_least_one, default=2000)
    parser.add_argument("--rate", type=_positive, default=50.0, help="actions a wall second")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--every", type=_positive, default=60.0, help="scenario seconds a report")
    parser.add_argument("--seconds", type=_positive, help="leave after so many wall seconds")
    parser.add_argument("--connections", type=_at_least_one, default=CONNECTIONS)
    parser.add_argument("--talk", type=_share, default=CHANCE, help="chance to talk of a failure")
    return parser


def _at_least_one(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("it is at least 1")
    return number


def _positive(text: str) -> float:
    number = float(text)
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError("it is more than 0")
    return number


def _share(text: str) -> float:
    number = float(text)
    if not 0 <= number <= 1:
        raise argparse.ArgumentTypeError("it is from 0 to 1")
    return number


if __name__ == "__main__":
    sys.exit(main())
