"""The end of a replay on the terminal: the table, the cause, the differences and why."""

from collections.abc import Iterator
from dataclasses import replace

from rich.console import Console
from rich.table import Table
from rich.text import Text

from downwind.jobs.outcome import Cell, Replay
from downwind.questions.attribute import Attribution
from downwind.questions.suspects import VANTAGE
from downwind.show.aftermath_view import say_time, show_aftermath
from downwind.show.claims_view import show_claims
from downwind.show.lines import print_lines
from downwind.show.naming import Naming
from downwind.show.screen import narrow, state_text
from downwind.show.words import Words
from downwind.terms import State


def show_result(out: Console, say: Words, result: Replay, *, brief: bool = False) -> None:
    """Print the whole of it; or, where brief, the table and the cause alone."""
    naming = Naming.of(result.scenario, result.seed)
    out.print()
    out.print(Text(say.say("table"), style="bold"))
    if narrow(out):
        _show_stacked(out, say, naming, result)
    else:
        out.print(_table(say, naming, result))
    if calm := [cell.key for cell in result.cells if not _tells(cell)]:
        out.print()
        names = naming.grouped(calm)
        print_lines(out, say.say("calm", count=len(calm), names=names), "dim")
    if not brief:
        _show_sources(out, say, naming, result)
    _show_cause(out, say, naming, result)
    if not brief:
        _show_rest(out, say, naming, result)
    out.print()
    verdict = "agrees" if result.agrees else "disagrees"
    out.print(Text(say.say(verdict), style="bold green" if result.agrees else "bold red"))


def _show_rest(out: Console, say: Words, naming: Naming, result: Replay) -> None:
    """Who was back when, what was said, how well it all agrees, and where it does not."""
    show_aftermath(out, say, naming, result)
    if result.claims:
        out.print()
        show_claims(out, say, result.claims, naming.called)
    _show_agreement(out, say, result)
    out.print()
    out.print(Text(say.say("differ"), style="bold"))
    lines = list(_differences(say, naming, result)) or [say.say("no difference")]
    for line in lines:
        print_lines(out, line)


def _show_sources(out: Console, say: Words, naming: Naming, result: Replay) -> None:
    reported = [cell for cell in result.cells if cell.reported is not None]
    if not reported:
        return
    out.print()
    out.print(Text(say.say("sources"), style="bold"))
    for cell in reported:
        told = {"name": naming.capability(cell.key), "state": say.state(cell.reported)}
        print_lines(out, say.say("source", source=cell.source, **told), "dim")


def _tells(cell: Cell) -> bool:
    """True where any column says more than that all is well."""
    columns = (cell.predicted, cell.predicted_from_outside, cell.observed)
    return cell.reported is not None or any(state is not State.UP for state in columns)


def _table(say: Words, naming: Naming, result: Replay) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for key in ("service", "capability", "outside", "declared", "observed", "reported"):
        table.add_column(say.say(f"col.{key}"), overflow="fold")
    last = ""
    for cell in filter(_tells, result.cells):
        service = naming.service(cell.service)
        table.add_row(
            service if service != last else "",
            naming.title(cell.service, cell.capability),
            *(state_text(state, word) for _, state, word in _columns(say, cell)),
        )
        last = service
    return table


def _show_stacked(out: Console, say: Words, naming: Naming, result: Replay) -> None:
    for cell in filter(_tells, result.cells):
        out.print(Text(naming.capability(cell.key), style="bold"))
        for key, state, word in _columns(say, cell):
            label = say.say(f"short.{key}")
            out.print(Text(f"  {label:<10}").append_text(state_text(state, word)))


def _columns(say: Words, cell: Cell) -> Iterator[tuple[str, State | None, str]]:
    outside = say.state(cell.predicted_from_outside)
    doubt = "" if cell.certain_from_outside else "?"
    yield "outside", cell.predicted_from_outside, outside + doubt
    yield "declared", cell.predicted, say.state(cell.predicted)
    yield "observed", cell.observed, say.state(cell.observed)
    yield "reported", cell.reported, say.state(cell.reported)


def _show_cause(out: Console, say: Words, naming: Naming, result: Replay) -> None:
    out.print()
    out.print(Text(say.say("cause"), style="bold"))
    print_lines(out, say.say("hit", who=naming.scope(result.fault)))
    if result.named is None:
        print_lines(out, say.say("blamed.nobody"))
        return
    verdict = result.named.attribution
    blamed = say.say(
        "blamed",
        who=_who(say, naming, verdict),
        confidence=say.percent(verdict.confidence),
        time=say_time(say, result, result.named.seconds),
    )
    print_lines(out, blamed)
    for key, names in (
        ("explains", verdict.explains),
        ("unexplained", verdict.unexplained),
        ("contradicts", verdict.contradicts),
    ):
        if names:
            print_lines(out, say.say(key, names=naming.listed(names, say.say("between"))))
    if same := dict.fromkeys(_suspect(say, naming, name) for name in verdict.same[:4]):
        print_lines(out, say.say("same", names=say.say("between").join(same)))
    for fell in verdict.consequences:
        scope = naming.scope(fell.scope)
        print_lines(out, say.say("consequence", scope=scope, why=fell.why))
    if _was_honest(result):
        told = say.say("honest", day=result.as_of, fault=naming.scope(result.fault))
        print_lines(out, told)


def _who(say: Words, naming: Naming, verdict: Attribution) -> str:
    if verdict.scope:
        return naming.scope(verdict.scope)
    return _suspect(say, naming, verdict.suspect) or say.say("nobody")


def _suspect(say: Words, naming: Naming, name: str) -> str:
    return say.say("vantage") if name == VANTAGE else naming.called(name)


def _was_honest(result: Replay) -> bool:
    """True where another than the provider that was hit is named for want of later knowledge."""
    scope = result.named.attribution.scope if result.named else None
    missed = scope is None or scope.provider != result.fault.provider
    return missed and bool(result.prediction.not_yet_known)


def _show_agreement(out: Console, say: Words, result: Replay) -> None:
    out.print()
    out.print(Text(say.say("agreement"), style="bold"))
    for key, found in (
        ("declared", result.predicted),
        ("outside", result.outside),
        ("reported", result.reported),
    ):
        line = say.say(
            "agreement.line",
            what=say.say(f"what.{key}"),
            precision=say.percent(found.precision),
            recall=say.percent(found.recall),
            cells=found.cells,
            same=found.same,
        )
        print_lines(out, line)


def _differences(say: Words, naming: Naming, result: Replay) -> Iterator[str]:
    """One line for all that differ in the same way and for the same reason."""
    for kind, differ in (
        ("declared", _from_declared),
        ("outside", _from_outside),
        ("reported", _from_reported),
    ):
        alike: dict[tuple[State, State, str], list[str]] = {}
        for cell in result.cells:
            said, why = differ(say, naming, result, cell)
            if cell.observed is None or said is None or said is cell.observed:
                continue
            alike.setdefault((said, cell.observed, why), []).append(cell.key)
        for (said, seen, why), keys in alike.items():
            words = {"said": say.state(said), "seen": say.state(seen), "why": why}
            yield say.say(f"differ.{kind}", names=naming.grouped(keys), **words)


def _from_declared(
    say: Words, naming: Naming, result: Replay, cell: Cell
) -> tuple[State | None, str]:
    leans_on = result.graph.reach(cell.key)
    if any(hidden.node in leans_on for hidden in result.prediction.not_yet_known):
        return cell.predicted, say.say("why.later", day=result.as_of)
    return cell.predicted, say.say("why.wrong")


def _from_outside(
    say: Words, naming: Naming, result: Replay, cell: Cell
) -> tuple[State | None, str]:
    if cell.certain_from_outside:
        return cell.predicted_from_outside, say.say("why.unseen")
    whole = naming.scope(replace(result.fault, variant=None))
    if not result.fault.variant:
        wider = result.fault.wider()
        whole = naming.scope(wider[0] if wider else result.fault)
    return cell.predicted_from_outside, say.say("why.coarse", whole=whole)


def _from_reported(
    say: Words, naming: Naming, result: Replay, cell: Cell
) -> tuple[State | None, str]:
    return cell.reported, cell.source
