"""The part of a report's page that tells of one layer."""

from __future__ import annotations

from downwind.questions.holders import Held, Layer
from downwind.show.html import Html, tag
from downwind.show.report_page.charts import (
    curve,
    described,
    holder_bars,
    legend,
    redundancy_bar,
)
from downwind.show.screen import plain
from downwind.show.shares import (
    FATES,
    centralized,
    counted,
    holder_count,
    percent,
    small_decimal,
    titled,
)

_MOST_BARS, _MOST_ROWS = 12, 40


def layer_section(layer: Layer, place: int) -> Html:
    heading = tag("h2", titled(layer.name), id=f"layer-{place}")
    return tag(
        "section",
        heading,
        tag("p", _summary(layer)),
        _holders(layer),
        tag("div", _curve(layer), _redundancy(layer), class_="pair"),
        _table(layer),
        aria_labelledby=f"layer-{place}",
    )


def _summary(layer: Layer) -> str:
    behind = ""
    if layer.lone.sites < layer.lone_in_all.sites:
        behind = f", {percent(layer.lone.share)} with one that they lean on directly"
    told = [
        f"{counted(layer.sites, 'site')}. "
        f"{percent(layer.lone_in_all.share)} each fall with some one holder{behind}."
    ]
    if layer.unknown.sites:
        told.append(
            f"{percent(layer.unknown.share)} lean on somebody whom the catalogue does not know."
        )
    if layer.private.sites:
        told.append(f"{percent(layer.private.share)} have something of their own.")
    return " ".join(told)


def _holders(layer: Layer) -> Html:
    shown = layer.held[:_MOST_BARS]
    scale = max((each.uses_in_all.share for each in shown), default=0.0) or 1.0
    indirect = any(each.uses_in_all.sites > each.uses.sites for each in shown)
    keys = [("leans", "lean on it"), ("falls", "fall with it alone")]
    if indirect:
        keys = [
            ("leans", "lean on it directly"), ("leans-behind", "through others"),
            ("falls", "fall with it alone, directly"), ("falls-behind", "through others"),
        ]  # fmt: skip
    rest = len(layer.held) - len(shown)
    return described(
        "Who holds them",
        legend(*keys),
        holder_bars([_plain(each) for each in shown], scale),
        tag("p", f"and {counted(rest, 'more holder')}", class_="rest") if rest else None,
    )


def _plain(held: Held) -> Held:
    return Held(
        plain(held.holder), held.sort, held.providers, held.uses, held.uses_in_all, held.falls,
        held.falls_in_all,
    )  # fmt: skip


def _curve(layer: Layer) -> Html | None:
    found = layer.concentration
    if found is None:
        return None
    top = ", ".join(f"{k}: {percent(share)}" for k, share in found.top if k <= found.holders)
    most = ""
    if small_decimal(found.hhi_at_most) != small_decimal(found.hhi):
        most = (
            f" (at most {small_decimal(found.hhi_at_most)}, if the largest were all unknown ones)"
        )
    return described(
        "What the largest hold together",
        curve(found, f"Share of the largest holders together: {top}"),
        legend(("observed", holder_count(layer)), ("even", "if all held alike")),
        tag(
            "p",
            f"HHI {small_decimal(found.hhi)}{most}, {centralized(found)}.",
        ),
    )


def _redundancy(layer: Layer) -> Html:
    entries = [
        (name, words, getattr(layer.redundancy, name))
        for name, words in FATES
        if getattr(layer.redundancy, name).sites or name == "separate"
    ]
    rows = (
        tag(
            "tr",
            tag("td", tag("i", class_=f"key {name}", aria_hidden="true"), words),
            tag("td", f"{portion.sites:,}"),
            tag("td", percent(portion.share)),
        )
        for name, words, portion in entries
    )
    return described(
        "When any one holder fails, a site...",
        redundancy_bar(layer.redundancy),
        tag("table", tag("tbody", *rows), class_="plain"),
    )


def _table(layer: Layer) -> Html:
    titles = (
        "holder", "lean directly", "lean in all", "lean, share",
        "fall directly", "fall in all", "fall, share",
    )  # fmt: skip
    rows = [
        tag(
            "tr",
            tag("th", plain(each.holder), " ?" if each.sort == "unknown" else None, scope="row"),
            *(tag("td", cell) for cell in _figures(each)),
        )
        for each in layer.held[:_MOST_ROWS]
    ]
    if layer.private.sites:
        own = (f"{layer.private.sites:,}", "-", percent(layer.private.share), "-", "-", "-")
        name = tag("th", "what is the sites' own", scope="row")
        rows.append(tag("tr", name, *(tag("td", cell) for cell in own)))
    head = tag("tr", *(tag("th", title, scope="col") for title in titles))
    many = min(len(layer.held), _MOST_ROWS)
    summary = f"The {counted(many, 'holder')} with most sites as a table"
    return tag(
        "details",
        tag("summary", summary),
        tag("div", tag("table", tag("thead", head), tag("tbody", *rows)), class_="scroll"),
    )


def _figures(each: Held) -> tuple[str, ...]:
    return (
        f"{each.uses.sites:,}", f"{each.uses_in_all.sites:,}", percent(each.uses_in_all.share),
        f"{each.falls.sites:,}", f"{each.falls_in_all.sites:,}",
        percent(each.falls_in_all.share),
    )  # fmt: skip
