"""Shows what names stand on: lines or a tree for people."""

from collections.abc import Collection, Iterable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from downwind.catalog import Catalog
from downwind.graph import Graph
from downwind.graph.types import Unknown
from downwind.model import say_duration
from downwind.questions.lone import lone_causes
from downwind.show.map_form import WITHIN, map_form, unknowns_of
from downwind.show.map_parts import Part, needs_shown, parts_of, scopes_of, start_of
from downwind.show.screen import narrow, plain
from downwind.terms import Need, Scope, Standing, Strength

__all__ = ["map_form", "show_map"]

_DEEPEST = 6
_MOST_LINES = 15
_SHOWN = 3
"""Of several that will do, or of several that stayed unknown for one reason."""


def show_map(
    out: Console,
    graph: Graph,
    names: Sequence[str],
    catalog: Catalog,
    *,
    whole: bool,
    looked_at: Collection[str] = (),
) -> None:
    """Print what each name needs and who stands behind it; `whole` prints the tree of all needs.

    `looked_at` are subjects of evidence that was gathered for these names.
    """
    for name in names:
        start = start_of(graph, name)
        parts = parts_of(graph, name)
        if start is None and not parts:
            out.print(Text(f"{plain(name)}: nothing could be measured.", style="bold red"))
            continue
        if start is not None:
            _show_part(out, graph, catalog, Part("host", name, start), whole=whole)
        for part in parts:
            _show_part(out, graph, catalog, part, whole=whole)
        out.print()
    _show_unknowns(out, unknowns_of(graph, names, looked_at))


def _show_part(out: Console, graph: Graph, catalog: Catalog, part: Part, *, whole: bool) -> None:
    title = Text(plain(part.title), style="bold")
    if whole:
        tree = Tree(title, guide_style="dim")
        _grow(tree, graph, part.node, {part.node}, 0)
        out.print(tree)
    else:
        out.print(title)
        lines = Table.grid(padding=(0, 2))
        needs = sorted(needs_shown(graph, part), key=lambda need: need.strength is Strength.SOFT)
        _add_lines(lines, graph, needs[:_MOST_LINES], set(), stacked=narrow(out))
        out.print(lines)
        if len(needs) > _MOST_LINES:
            out.print(
                Text(f"  and {len(needs) - _MOST_LINES} more, which --tree shows", style="dim")
            )
    if part.name == "host":
        said = ", ".join(_named(scope, catalog) for scope in scopes_of(graph, part.node))
        out.print(Text(f"It stands on {said or 'nobody that the catalogue knows'}."))
    if part.name in ("host", "receive"):
        _show_lone(out, graph, part)


def _add_lines(
    lines: Table, graph: Graph, needs: Iterable[Need], before: set[str], *, stacked: bool
) -> None:
    """One line a need: what meets it, and the providers beneath; an alias goes on below.

    What only names a provider, and was said in the same words `before`, is not said again.
    """
    for need in needs:
        targets = [graph.nodes[a.node] for a in need.alternatives]
        scopes = sorted({s for target in targets for s in scopes_of(graph, target.id)})
        told = [plain(t.label) for t in targets if t.kind != "grain"]
        marks = _marks(need)
        said = Text(plain(need.name) + (f" ({', '.join(marks)})" if marks else ""))
        said.stylize("yellow" if need.strength is Strength.SOFT else "")
        met, behind = Text(_few(told)), Text(_few([str(s) for s in scopes]), style="magenta")
        if not told:
            if f"{said} {behind}" in before:
                continue
            before.add(f"{said} {behind}")
        if stacked:
            lines.add_row("", Text("  ").join(text for text in (said, met, behind) if text))
        else:
            lines.add_row("", said, met, behind)
        if need.name in ("alias", "host") and len(targets) == 1:
            _add_lines(lines, graph, targets[0].needs, before, stacked=stacked)


def _marks(need: Need) -> list[str]:
    """What a need is beside hard and observed."""
    soft = ["soft"] if need.strength is Strength.SOFT else []
    return soft if need.standing is Standing.OBSERVED else [*soft, str(need.standing)]


def _few(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def _show_lone(out: Console, graph: Graph, part: Part) -> None:
    causes = lone_causes(graph, part.node, WITHIN)
    if causes:
        said = ", ".join(f"{c.scope} ({_after(c.after)})" for c in causes)
        does = "takes it down" if part.name == "host" else "stops it"
        out.print(Text(f"Each of these alone {does} within a day: {said}."))


def _after(seconds: float) -> str:
    return "at once" if seconds == 0 else f"after {say_duration(seconds)}"


def _show_unknowns(out: Console, unknowns: Sequence[Unknown]) -> None:
    if not unknowns:
        return
    alike: dict[tuple[str, str], list[str]] = {}
    for unknown in unknowns:
        alike.setdefault((unknown.kind, unknown.reason), []).append(plain(unknown.subject))
    out.print(Text("What could not be seen, and why", style="bold"))
    for (kind, reason), subjects in alike.items():
        out.print(Text(f"  {_few(subjects)}  {kind}: {plain(reason)}", style="dim"))


def _grow(tree: Tree, graph: Graph, node_id: str, seen: set[str], depth: int) -> None:
    for need in graph.nodes[node_id].needs:
        branch = tree.add(_need_text(need))
        for alternative in need.alternatives:
            target = graph.nodes[alternative.node]
            text = Text(plain(target.label))
            if target.kind == "grain":
                branch.add(Text(plain(target.id.rstrip("?")), style="magenta"))
                continue
            if alternative.node in seen:
                branch.add(text.append(" (see above)", style="dim"))
                continue
            seen.add(alternative.node)
            twig = branch.add(text)
            if depth < _DEEPEST:
                _grow(twig, graph, alternative.node, seen, depth + 1)


def _need_text(need: Need) -> Text:
    count = len(need.alternatives)
    any_of = f" (any {need.k} of {count})" if count > 1 else ""
    style = "yellow" if need.strength is Strength.SOFT else ""
    marks = "".join(f", {mark}" for mark in _marks(need))
    text = Text(f"{plain(need.name)}{any_of}{marks}", style=style)
    return text.append(f"  {plain(need.why)}", style="dim")


def _named(scope: Scope, catalog: Catalog) -> str:
    provider = catalog.provider(scope.provider)
    return f"{provider.name} ({scope})" if provider else str(scope)
