"""Shows what names stand on: lines or a tree for people, an object for programs."""

from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import urlsplit

from rich.console import Console
from rich.text import Text
from rich.tree import Tree

from downwind.catalog import Catalog
from downwind.graph import Graph
from downwind.model import say_duration
from downwind.questions.lone import lone_causes
from downwind.show.screen import plain
from downwind.terms import Need, Node, Scope, Strength

_DEEPEST = 6
_WITHIN = 86400.0


def map_form(graph: Graph, names: Sequence[str]) -> dict[str, Any]:
    """The JSON form: for each name what it stands on, then every node with its needs."""
    starts = [_start(graph, name) for name in names]
    reached = dict.fromkeys(node for start in starts if start for node in graph.reach(start))
    return {
        "names": [
            {
                "name": name,
                "node": start,
                "stands_on": [str(scope) for scope in _scopes(graph, start)] if start else [],
                "components": len(graph.reach(start)) - 1 if start else 0,
                "alone_takes_down": [
                    {"scope": str(cause.scope), "after": cause.after}
                    for cause in (lone_causes(graph, start, _WITHIN) if start else ())
                ],
            }
            for name, start in zip(names, starts, strict=True)
        ],
        "nodes": [_node_form(graph.nodes[node]) for node in reached],
        "unknown": [
            {"subject": u.subject, "kind": u.kind, "reason": u.reason} for u in graph.unknowns
        ],
    }


def show_map(
    out: Console, graph: Graph, names: Sequence[str], catalog: Catalog, *, whole: bool
) -> None:
    """Print what each name needs and who stands behind it; `whole` prints the tree of all needs."""
    for name in names:
        start = _start(graph, name)
        if start is None:
            out.print(Text(f"{plain(name)}: nothing could be measured.", style="bold red"))
            continue
        if whole:
            tree = Tree(Text(plain(name), style="bold"), guide_style="dim")
            _grow(tree, graph, start, {start}, 0)
            out.print(tree)
        else:
            out.print(Text(plain(name), style="bold"))
            _show_layers(out, graph, start, catalog)
        said = ", ".join(_named(scope, catalog) for scope in _scopes(graph, start))
        out.print(Text(f"It stands on {said or 'nobody that the catalogue knows'}."))
        _show_lone(out, graph, start)
        out.print()
    _show_unknowns(out, graph)


def _show_layers(out: Console, graph: Graph, start: str, catalog: Catalog) -> None:
    """One line a need: what meets it, and the providers beneath; an alias goes on below."""
    for need in graph.nodes[start].needs:
        targets = [graph.nodes[a.node] for a in need.alternatives]
        scopes = sorted({s for target in targets for s in _scopes(graph, target.id)})
        told = ", ".join(plain(t.label) for t in targets[:3] if t.kind != "grain")
        more = f" and {len(targets) - 3} more" if len(targets) > 3 else ""
        soft = " (soft)" if need.strength is Strength.SOFT else ""
        line = Text(f"  {plain(need.name)}{soft}".ljust(16))
        line.append(f" {told}{more}" if told else "")
        if scopes:
            line.append("  " + ", ".join(str(s) for s in scopes), style="magenta")
        out.print(line, soft_wrap=False)
        if need.name in ("alias", "host") and len(targets) == 1:
            _show_layers(out, graph, targets[0].id, catalog)


def _show_lone(out: Console, graph: Graph, start: str) -> None:
    causes = lone_causes(graph, start, _WITHIN)
    if causes:
        said = ", ".join(f"{c.scope} ({_after(c.after)})" for c in causes)
        out.print(Text(f"Each of these alone takes it down within a day: {said}."))


def _after(seconds: float) -> str:
    return "at once" if seconds == 0 else f"after {say_duration(seconds)}"


def _show_unknowns(out: Console, graph: Graph) -> None:
    if not graph.unknowns:
        return
    out.print(Text("What could not be seen, and why", style="bold"))
    for unknown in graph.unknowns:
        line = f"  {plain(unknown.subject)}  {unknown.kind}: {plain(unknown.reason)}"
        out.print(Text(line, style="dim"))


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
    soft = ", soft" if need.strength is Strength.SOFT else ""
    text = Text(f"{plain(need.name)}{any_of}{soft}", style=style)
    return text.append(f"  {plain(need.why)}", style="dim")


def _scopes(graph: Graph, start: str) -> tuple[Scope, ...]:
    """The finest scopes on the way; a scope that another one lies in is left out."""
    grains = (node.rstrip("?") for node in graph.reach(start) if node.endswith("?"))
    found = [scope for grain in grains if (scope := Scope.read(grain)) is not None]
    return tuple(s for s in sorted(set(found)) if not _is_coarser(s, found))


def _is_coarser(scope: Scope, others: Iterable[Scope]) -> bool:
    return any(scope != other and scope.covers(other) for other in others)


def _named(scope: Scope, catalog: Catalog) -> str:
    provider = catalog.provider(scope.provider)
    return f"{provider.name} ({scope})" if provider else str(scope)


def _start(graph: Graph, name: str) -> str | None:
    host = (urlsplit(name).hostname if "://" in name else name) or name
    for node_id in (f"page:{name}", f"host:{host.lower().rstrip('.')}"):
        if node_id in graph.nodes and graph.nodes[node_id].needs:
            return node_id
    return None


def _node_form(node: Node) -> dict[str, Any]:
    return {
        "id": node.id,
        "kind": node.kind,
        "needs": [
            {
                "need": need.name,
                "any_of": [a.node for a in need.alternatives],
                "k": need.k,
                "strength": need.strength,
                "grace": need.grace,
                "standing": need.standing,
                "confidence": need.confidence,
                "why": need.why,
                "evidence": list(need.evidence),
                "known_since": need.known_since,
            }
            for need in node.needs
        ],
    }
