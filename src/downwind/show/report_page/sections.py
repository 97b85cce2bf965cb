"""The parts of a report's page that tell of groups of sites, and of how well servers are known."""

from __future__ import annotations

from collections.abc import Sequence

from downwind.jobs.name_servers import NameServers, Recognized
from downwind.questions.holders import Group
from downwind.show.html import Html, tag
from downwind.show.report_page.charts import Part, bar, described, legend, redundancy_bar
from downwind.show.screen import plain
from downwind.show.shares import FATES, counted, largest_told, percent, small_decimal, titled

_MOST_UNKNOWN = 12


def groups_section(by: str, groups: Sequence[Group]) -> Html:
    names = dict.fromkeys(layer.name for group in groups for layer in group.layers)
    styles = [kind for kind in FATES if _occurs(groups, kind[0])]
    return tag(
        "section",
        tag("h2", f"By {plain(by)}", id="by"),
        tag(
            "p",
            "What becomes of a site when any one holder fails; beside it how many fall, below it "
            "the holder on whom most lean directly, and the centralization score.",
        ),
        legend(*styles),
        tag("div", *(_panel(name, by, groups) for name in names), class_="panels"),
        aria_labelledby="by",
    )


def _occurs(groups: Sequence[Group], kind: str) -> bool:
    return any(getattr(each.redundancy, kind).sites for g in groups for each in g.layers)


def _panel(name: str, by: str, groups: Sequence[Group]) -> Html:
    head = tag(
        "tr", tag("th", plain(by), scope="col"), tag("th", "sites, largest holder", scope="col"),
        tag("th", "fall, score", scope="col"),
    )  # fmt: skip
    rows = (_panel_row(name, group) for group in groups)
    return described(
        titled(name), tag("table", tag("thead", head), tag("tbody", *rows), class_="panel")
    )


def _panel_row(name: str, group: Group) -> Html:
    layer = next((each for each in group.layers if each.name == name), None)
    sites = layer.sites if layer else 0
    head = tag("th", plain(group.name), tag("small", counted(sites, "site")), scope="row")
    if layer is None:
        return tag("tr", head, tag("td", tag("small", "none of them")), tag("td"))
    largest = tag("small", largest_told(layer.largest()))
    score = small_decimal(layer.concentration.score) if layer.concentration else "-"
    return tag(
        "tr",
        head,
        tag("td", redundancy_bar(layer.redundancy, 12), largest),
        tag("td", percent(layer.lone_in_all.share), tag("small", score)),
    )


def servers_section(servers: NameServers) -> Html:
    kinds = (
        ("separate", "recognized by name", "by_name"),
        ("beside", "recognized by the address in the parent zone", "by_glue"),
        ("own", "the domain's own", "private"),
        ("unknown", "not in the catalogue", "unknown"),
    )
    rows = (
        tag(
            "tr",
            tag("td", tag("i", class_=f"key {style}", aria_hidden="true"), words),
            tag("td", _counted(servers.records, field)),
            tag("td", _counted(servers.servers, field)),
        )
        for style, words, field in kinds
        if getattr(servers.records, field)
    )
    head = tag("tr", *(tag("th", t, scope="col") for t in ("", "NS records", "different names")))
    parts = [Part(getattr(servers.records, f) / servers.records.all, s) for s, _, f in kinds]
    largest = ", ".join(
        f"{plain(name)} ({count:,})" for name, count in servers.largest_unknown[:_MOST_UNKNOWN]
    )
    return tag(
        "section",
        tag("h2", "How well the name servers are known", id="servers"),
        bar(parts, 22),
        tag("table", tag("thead", head), tag("tbody", *rows), class_="plain wide"),
        tag(
            "p",
            "Servers that are not in the catalogue are one holder for each registrable "
            "domain. Two such domains may be one owner's, or a known one's: then the "
            "largest shares and the centralization are higher than told, and sites that "
            "seem to have several holders have one.",
        ),
        tag("p", f"The largest of these, by NS records: {largest}.") if largest else None,
        aria_labelledby="servers",
    )


def _counted(recognized: Recognized, field: str) -> str:
    count = getattr(recognized, field)
    return f"{count:,} ({percent(count / recognized.all)})"
