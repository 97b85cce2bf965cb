"""The process of a world: it says what it hands out, then takes orders line by line."""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import logging
import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeGuard

from downwind.terms import DownwindError, Scope, UsageError, WorldError
from downwind.world.apps import APPS
from downwind.world.build import World
from downwind.world.form.deal import deal
from downwind.world.form.load import load_world
from downwind.world.net.clock import WorldClock

_LONGEST_ORDER = 1 << 20
_FASTEST = 2_000.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a world until it is told to stop or its parent is gone."""
    options = _options(arguments)
    os.umask(0o077)
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    try:
        return asyncio.run(_run(options))
    except DownwindError as error:
        _say({"ready": False, "error": str(error)})
        return error.exit_code


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="downwind.world.serve", description=__doc__)
    parser.add_argument("--world", type=Path, required=True, help="the world file")
    parser.add_argument("--state", type=Path, required=True, help="a folder for its data")
    parser.add_argument("--deal", type=int, help="draw anew, from this seed, who stands on whom")
    parser.add_argument("--speed", type=float, default=1.0, help="scenario seconds in a second")
    parser.add_argument("--start", type=float, help="where the scenario's clock starts (epoch)")
    return parser.parse_args(arguments)


async def _run(options: argparse.Namespace) -> int:
    if not 0 < options.speed <= _FASTEST:
        raise UsageError(f"the speed is {options.speed}.", todo="It is above 0, at most 2000.")
    start = time.time() if options.start is None else options.start
    file = deal(load_world(options.world), options.deal)
    try:
        options.state.mkdir(mode=0o700, parents=True, exist_ok=True)
        options.state.chmod(0o700)
        world = World(file, options.state, WorldClock.starting(start, options.speed), APPS)
        await world.start()
    except OSError as error:
        raise WorldError(f"the world did not start: {error}.", where=str(options.state)) from error
    makers = [asyncio.ensure_future(edge.features.run()) for edge in world.edges if edge.features]
    try:
        gc.freeze()
        _say(
            {
                "ready": True,
                "handout": world.handout(),
                "overlay": world.overlay(),
                "names": world.names(),
            }
        )
        await _take_orders(world)
    finally:
        for maker in makers:
            maker.cancel()
        await world.stop()
    return 0


async def _take_orders(world: World) -> None:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=_LONGEST_ORDER)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, reader.feed_eof)
    while line := await reader.readline():
        if not line.strip():
            continue
        reply, goes_on = await _obey(world, line)
        _say(reply)
        if not goes_on:
            return


async def _obey(world: World, line: bytes) -> tuple[dict[str, Any], bool]:
    try:
        order = json.loads(line)
        if not isinstance(order, dict):
            raise UsageError("an order is a JSON object.", todo='Write {"id": 1, "do": "stop"}.')
    except (ValueError, UsageError) as error:
        return {"id": None, "ok": False, "error": str(error)}, True
    answer: dict[str, Any] = {"id": order.get("id"), "ok": True}
    if order.get("do") == "stop":
        return answer, False
    try:
        answer |= await _change(world, order)
    except (DownwindError, OSError) as error:
        answer |= {"ok": False, "error": str(error)}
    return answer, True


async def _change(world: World, order: dict[str, Any]) -> dict[str, Any]:
    do = order.get("do")
    if do == "tune":
        _check_tuning(order.get("speed"), order.get("recovery"))
        return {"clock": world.tune(order.get("speed"), order.get("recovery"))}
    if do == "announce":
        words = {k: v for k, v in order.items() if k not in ("id", "do", "provider")}
        world.announce(str(order.get("provider", "")), words)
        return {}
    if do not in ("break", "mend", "set"):
        raise UsageError(
            f"nobody knows the order {do!r}.", todo="Say break, mend, set, announce, tune or stop."
        )
    scope = Scope.parse(str(order.get("scope", "")))
    words = {k: v for k, v in order.items() if k not in ("id", "do", "scope", "mode")}
    if do == "break":
        return {"hit": await world.board.break_(scope, str(order.get("mode", "")), words)}
    if do == "set":
        return {"set": await world.board.set(scope, words)}
    return {"mended": await world.board.mend(scope)}


def _check_tuning(speed: object, recovery: object) -> None:
    if speed is not None and not (_is_number(speed) and 0 < speed <= _FASTEST):
        raise UsageError(
            f"the speed is {speed!r:.60}.", todo="It is a number above 0, at most 2000."
        )
    # JSON has no infinity; Python's reader takes it all the same.
    if recovery is not None and not (_is_number(recovery) and 0 <= recovery <= sys.float_info.max):
        raise UsageError(f"the recovery is {recovery!r:.60}.", todo="It is seconds, 0 or more.")


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _say(value: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
