"""Plays scenarios one after the other, tells each as it runs, and shows how it ended."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.rule import Rule

from downwind.jobs.outcome import Replay
from downwind.jobs.replay import Options, replay_all
from downwind.show.replay_form import replay_form
from downwind.show.replay_view import show_result
from downwind.show.screen import save_picture, screen
from downwind.show.story import Story
from downwind.show.words import Words, words
from downwind.terms import CannotMeasure, UsageError
from downwind.world.form.fit import check_scenario
from downwind.world.form.load import load_world
from downwind.world.form.scenario import Scenario, load_scenario, packaged


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked for on the command line."""

    names: tuple[str, ...]
    every: bool
    longest_gap: float | None
    lang: str
    picture: Path | None
    as_json: bool
    brief: bool = False


def play(wanted: Wanted, options: Options) -> tuple[Any, bool, tuple[str, ...]]:
    """The JSON form of all results, whether each agrees, and what was probed too seldom.

    Raises DownwindError.
    """
    say = words(wanted.lang)
    scenarios = _scenarios(wanted)
    out = screen(stderr=wanted.as_json, record=wanted.picture is not None)
    results = asyncio.run(_play(out, say, scenarios, options, wanted))
    if wanted.picture is not None:
        save_picture(out, wanted.picture, f"downwind replay {' '.join(wanted.names) or '--all'}")
    forms = [replay_form(result) for result in results]
    unmeasured = tuple(key for result in results for key in result.unmeasured)
    agree = all(result.agrees for result in results)
    return forms[0] if len(forms) == 1 else forms, agree, unmeasured


def _scenarios(wanted: Wanted) -> list[Scenario]:
    known = packaged("scenarios")
    if wanted.every and wanted.names:
        raise UsageError("--all and names are both given.", todo="Leave out one of them.")
    if not wanted.every and not wanted.names:
        raise UsageError(
            "no scenario is named.", todo=f"Name a file, --all, or one of: {', '.join(known)}."
        )
    names = known if wanted.every else dict.fromkeys(wanted.names)
    loaded = [load_scenario(name, longest_gap=wanted.longest_gap) for name in names]
    for scenario in loaded:
        check_scenario(scenario, load_world(scenario.world_file))
    return sorted(loaded, key=lambda each: each.start) if wanted.every else loaded


async def _play(
    out: Console, say: Words, scenarios: list[Scenario], options: Options, wanted: Wanted
) -> list[Replay]:
    story = Story(out, say, options.seed, options.speed)
    results = []
    async for result in replay_all(scenarios, options, story.hear):
        results.append(result)
        if not wanted.as_json:
            show_result(out, say, result, brief=wanted.brief)
        if len(results) < len(scenarios):
            out.print()
            out.print(Rule(style="dim"))
    return results


def refuse_unmeasured(unmeasured: tuple[str, ...]) -> None:
    """Raise CannotMeasure where capabilities were probed too seldom to say how they fared."""
    if unmeasured:
        raise CannotMeasure(
            f"{', '.join(unmeasured)}: fewer than three rounds of probes fell into it.",
            todo="Replay it slower (--speed 120), or shorten the timeline less.",
        )
