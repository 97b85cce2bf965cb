"""After the outage: who came back when, what crowd and status page said, what was unknown."""

from collections import Counter
from collections.abc import Iterator, Mapping

from rich.console import Console
from rich.text import Text

from downwind.jobs.outcome import Cell, Replay
from downwind.model import say_duration
from downwind.show.lines import print_lines
from downwind.show.naming import Naming
from downwind.show.words import Words
from downwind.terms import State
from downwind.world.net.clock import OBSERVERS_FLOOR


def show_aftermath(out: Console, say: Words, naming: Naming, result: Replay) -> None:
    """Print each part that has something to say, under a heading of its own."""
    for head, lines in (
        ("back", _back(say, naming, result)),
        ("crowd.head", _crowd(say, naming, result)),
        ("status.head", _status(say, naming, result)),
        ("known.head", _not_yet_known(say, naming, result)),
    ):
        listed = list(lines)
        if not listed:
            continue
        out.print()
        out.print(Text(say.say(head, day=result.as_of or ""), style="bold"))
        for line in listed:
            print_lines(out, line)


def say_shares(say: Words, naming: Naming, blamed: Mapping[str, int]) -> str:
    """AWS 52 %, Cloudflare 33 %."""
    total = sum(blamed.values())
    ranked = sorted(blamed.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{naming.provider(p)} {say.percent(count / total)}" for p, count in ranked)


def say_time(say: Words, result: Replay, seconds: float) -> str:
    """A time that was measured; never finer than what means something at the replay's scale."""
    smallest = OBSERVERS_FLOOR * result.speed
    if seconds < smallest:
        return say.say("less than", time=say_duration(smallest))
    return say_duration(round(seconds / 60) * 60 if seconds > 600 else seconds)


def _back(say: Words, naming: Naming, result: Replay) -> Iterator[str]:
    lasted = result.scenario.until - result.scenario.onset
    fell = [cell for cell in result.cells if cell.observed is State.DOWN]
    if not fell:
        return
    yield say.say("back.fault", time=say_duration(lasted))
    never = [cell.key for cell in fell if cell.observed_back is None]
    if never:
        yield say.say("back.never", names=naming.grouped(never))
    late = [cell for cell in fell if _lag(result, cell) > 3 * result.scenario.spec.probe_every]
    if not late and not never:
        yield say.say("back.all")
    for cells in _by_return(late):
        names = naming.grouped([cell.key for cell in cells])
        time = say_time(say, result, cells[0].observed_back or 0.0)
        foretold = cells[0].predicted_back
        if foretold is None:
            yield say.say("back.unforeseen", names=names, time=time)
            continue
        yield say.say("back.late", names=names, time=time, foretold=say_duration(round(foretold)))


def _lag(result: Replay, cell: Cell) -> float:
    lasted = result.scenario.until - result.scenario.onset
    return (cell.observed_back or 0.0) - lasted


def _by_return(cells: list[Cell]) -> list[list[Cell]]:
    found: dict[tuple[float | None, float | None], list[Cell]] = {}
    for cell in cells:
        found.setdefault((cell.observed_back, cell.predicted_back), []).append(cell)
    return list(found.values())


def _crowd(say: Words, naming: Naming, result: Replay) -> Iterator[str]:
    blamed: Counter[str] = Counter()
    lost: Counter[str] = Counter()
    tried: Counter[str] = Counter()
    for count in result.played.crowd:
        for place, talk in count.talk.items():
            blamed.update(talk.blamed)
            lost[place] += talk.failed
            tried[place] += talk.tried
    yield from _blame(say, naming, result, blamed)
    for place, failed in lost.items():
        if failed * 2 > tried[place]:
            name = naming.service(place)
            yield say.say("crowd.lost", failed=failed, tried=tried[place], place=name)


def _blame(say: Words, naming: Naming, result: Replay, blamed: Counter[str]) -> Iterator[str]:
    """Whom the crowd blames; who leans on what was hit and fell with it was not well either."""
    total = blamed.total()
    if not total:
        return
    yield say.say("crowd.blamed", count=total, shares=say_shares(say, naming, blamed))
    hit = result.fault.provider
    along = [name for name in sorted(_fell_along(result)) if blamed[name]]
    right, with_it = blamed[hit], sum(blamed[name] for name in along)
    yield say.say("crowd.right", share=say.percent(right / total), provider=naming.provider(hit))
    if along:
        names = ", ".join(naming.provider(name) for name in along)
        yield say.say("crowd.along", share=say.percent(with_it / total), names=names)
    if wrong := total - right - with_it:
        yield say.say("crowd.wrong", share=say.percent(wrong / total))


def _fell_along(result: Replay) -> set[str]:
    """Other providers with trouble by the same fault: as was found, or as they said themselves."""
    hit = result.fault.provider
    found = {spoke.provider for spoke in result.played.spoke}
    verdict = result.named.attribution if result.named else None
    if verdict and verdict.scope and verdict.scope.provider == hit:
        found |= {fell.scope.provider for fell in verdict.consequences}
    return found - {hit}


def _status(say: Words, naming: Naming, result: Replay) -> Iterator[str]:
    provider = naming.provider(result.fault.provider)
    onset = result.scenario.onset
    if result.spoke is None:
        yield say.say("status.silent", provider=provider)
    for spoke in result.played.spoke:
        yield say.say(
            "status.spoke",
            provider=naming.provider(spoke.provider),
            title=spoke.title,
            time=say_duration(round(spoke.at - onset)),
        )
    if result.named and result.named.attribution.scope and result.first_failure is not None:
        after = result.first_failure + result.named.seconds
        yield say.say("status.named", time=say_time(say, result, after))


def _not_yet_known(say: Words, naming: Naming, result: Replay) -> Iterator[str]:
    nodes: dict[tuple[str, str, str], list[str]] = {}
    for hidden in result.prediction.not_yet_known:
        same = (hidden.target, hidden.known_since, hidden.source)
        nodes.setdefault(same, []).append(hidden.node)
    for (target, since, source), names in nodes.items():
        told = {"names": naming.listed(names, say.say("between")), "target": naming.called(target)}
        yield say.say("known.line", since=since, source=source, **told)
