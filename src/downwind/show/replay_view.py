"""The end of a replay on the terminal: the table, the cause, the differences and why."""

from collections.abc import Iterator

from rich.console import Console
from rich.table import Table
from rich.text import Text

from downwind.jobs.outcome import Cell, Replay
from downwind.show.aftermath_view import say_time, show_aftermath
from downwind.show.claims_view import show_claims
from downwind.show.naming import Naming
from downwind.show.screen import narrow, plain, state_text
from downwind.show.words import Words
from downwind.terms import State


def show_result(out: Console, say: Words, result: Replay) -> None:
    """Print the whole of it."""
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
        out.print(Text(plain(say.say("calm", count=len(calm), names=names)), style="dim"))
    out.print()
    for cell in result.cells:
        if cell.source:
            name = naming.capability(cell.key)
            out.print(Text(f"{say.say('col.reported')}, {name}: {cell.source}", style="dim"))
    _show_cause(out, say, naming, result)
    show_aftermath(out, say, naming, result)
    if result.claims:
        out.print()
        show_claims(out, say, result.claims, naming.titles)
    _show_agreement(out, say, result)
    out.print()
    out.print(Text(say.say("differ"), style="bold"))
    lines = list(_differences(say, naming, result)) or [say.say("no difference")]
    for line in lines:
        out.print(plain(line))
    out.print()
    verdict = "agrees" if result.agrees else "disagrees"
    out.print(Text(say.say(verdict), style="bold green" if result.agrees else "bold red"))


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
    out.print(f"{say.say('hit')}: {naming.scope(result.fault)}")
    if result.named is None:
        out.print(f"{say.say('blamed')}: {say.say('nobody blamed')}")
        return
    verdict = result.named.attribution
    who = naming.scope(verdict.scope) if verdict.scope else naming.service(verdict.suspect)
    after = say.say(
        "after",
        confidence=say.percent(verdict.confidence),
        time=say_time(say, result, result.named.seconds),
    )
    out.print(f"{say.say('blamed')}: {who or say.say('nobody blamed')} ({after})")
    for key, names in (
        ("explains", verdict.explains),
        ("unexplained", verdict.unexplained),
        ("contradicts", verdict.contradicts),
        ("same", verdict.same[:4]),
    ):
        if names:
            out.print(plain(say.say(key, names=", ".join(names))))
    for fell in verdict.consequences:
        scope = naming.scope(fell.scope)
        out.print(plain(say.say("consequence", scope=scope, why=fell.why)))


def _show_agreement(out: Console, say: Words, result: Replay) -> None:
    out.print()
    out.print(Text(say.say("agreement"), style="bold"))
    for key, found in (
        ("declared", result.predicted),
        ("outside", result.outside),
        ("reported", result.reported),
    ):
        out.print(
            say.say(
                "agreement.line",
                what=say.say(f"what.{key}"),
                precision=say.percent(found.precision),
                recall=say.percent(found.recall),
                cells=found.cells,
                same=found.same,
            )
        )


def _differences(say: Words, naming: Naming, result: Replay) -> Iterator[str]:
    for cell in result.cells:
        name = naming.capability(cell.key)
        seen = say.state(cell.observed)
        if cell.observed is None:
            continue
        if cell.predicted is not cell.observed:
            said = say.state(cell.predicted)
            yield say.say(
                "differ.declared", name=name, said=said, seen=seen, why=say.say("why.wrong")
            )
        if cell.predicted_from_outside is not cell.observed:
            said = say.state(cell.predicted_from_outside)
            why = _why_outside(say, naming, result, cell)
            yield say.say("differ.outside", name=name, said=said, seen=seen, why=why)
        if cell.reported is not None and cell.reported is not cell.observed:
            said = say.state(cell.reported)
            yield say.say("differ.reported", name=name, seen=seen, said=said, source=cell.source)


def _why_outside(say: Words, naming: Naming, result: Replay, cell: Cell) -> str:
    if cell.certain_from_outside:
        return say.say("why.unseen")
    whole = result.fault.wider()
    return say.say("why.coarse", whole=naming.scope(whole[0] if whole else result.fault))
