"""A report as one page that loads nothing: no script, no font, no picture from anywhere."""

from __future__ import annotations

from importlib.resources import files

from downwind import __version__
from downwind.jobs.report import Report
from downwind.questions.holders import Group, Layer
from downwind.show.html import Html, tag
from downwind.show.report_page.layers import layer_section
from downwind.show.report_page.sections import groups_section, servers_section
from downwind.show.screen import plain
from downwind.show.shares import even, percent, small_decimal

_SCORE = "https://arxiv.org/abs/2406.19569"
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def report_page(report: Report) -> str:
    """The whole page. Names are escaped; with the same report it is the same text."""
    held = report.holdings
    title = plain(report.title)
    body = tag(
        "main",
        tag("header", tag("h1", title), tag("p", plain(report.source)) if report.source else None),
        _headline(held.whole),
        *(layer_section(layer, place) for place, layer in enumerate(held.whole.layers)),
        groups_section(held.by, held.groups) if held.groups else None,
        servers_section(report.servers) if report.servers else None,
        _notes(report),
    )
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", title),
        tag("style", Html(_style())),
    )
    return f"<!doctype html>\n{tag('html', head, tag('body', body), lang='en')}\n"


def _style() -> str:
    return files("downwind.show.report_page").joinpath("style.css").read_text(encoding="utf-8")


def _headline(whole: Group) -> Html:
    first = whole.layers[0]
    found = first.concentration
    cards = [
        (f"{whole.sites:,}", "sites on the list"),
        (percent(first.lone_in_all.share), "each fall with some one holder"),
        (percent(first.redundancy.separate.share), "have holders that are known to be separate"),
    ]
    if first.held:
        cards.append((percent(first.held[0].uses_in_all.share), f"lean on {_leading(first)}"))
    if found and found.score >= 0:
        cards.append((small_decimal(found.score), "centralization, from 0 to 1"))
    return tag(
        "dl", *(tag("div", tag("dt", words), tag("dd", figure)) for figure, words in cards),
        class_="cards",
    )  # fmt: skip


def _leading(layer: Layer) -> str:
    """On whom most lean in all; several where they are even."""
    most = percent(layer.held[0].uses_in_all.share)
    names = [plain(held.holder) for held in layer.held if percent(held.uses_in_all.share) == most]
    return names[0] if len(names) == 1 else f"{even(names)} each"


def _notes(report: Report) -> Html:
    held = report.holdings
    notes = [
        "A holder is an owner with all of its products. A site leans on it directly, or through "
        "what its providers need of one another. It falls with it alone when nothing of another "
        "holder can stand in, however long it could have gone on.",
        "Shares are of the sites of the layer; a site that leans on two holders counts for both. "
        "For what the largest hold together, for HHI and centralization a site is split evenly "
        "among the holders that it leans on directly; its own counts where it has no other.",
        "HHI is the sum of the squares of these parts: 1 where one holds all, near 0 where many "
        "hold little.",
    ]
    if held.whole.weight != held.whole.sites:
        notes.append(f"Sites are weighed; they weigh {held.whole.weight:,.0f} in all.")
    if held.doubtful:
        notes.append(f"{held.doubtful:,} doubtful needs are left out.")
    if held.not_followed:
        notes.append(
            "What parent zones and registries need is left out: nothing can stand in for them."
        )
    score = tag(
        "li",
        "Centralization is HHI less what it would be if no two sites shared a holder (1 / number "
        "of sites; with weights, the sum of the squares of their shares): the earth mover's "
        "distance from a list on which every site has its own, by ",
        tag("cite", tag("a", "Akiwate and others, 2024", href=_SCORE)),
        ". Sites that are split among several holders can take it below 0.",
    )
    return tag(
        "section",
        tag("h2", "How to read this", id="notes"),
        tag("ul", *(tag("li", note) for note in notes), score),
        tag("footer", f"Made by downwind {__version__} report."),
        class_="notes",
        aria_labelledby="notes",
    )
