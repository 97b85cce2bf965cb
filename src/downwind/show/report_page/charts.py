"""The figures of a report's page: bars and curves as SVG, each with its words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from downwind.questions.holders import Concentration, Held, Redundancy
from downwind.show.html import Html, join, tag
from downwind.show.shares import FATES, percent


class Part(NamedTuple):
    """A part of a bar."""

    share: float
    style: str


def bar(parts: Sequence[Part], height: int, words: str = "") -> Html:
    """A bar over the whole width, parts one after the other from the left.

    Without `words` it is left out for those who do not see it: the figures stand beside it.
    """
    drawn, at = [], 0.0
    for part in parts:
        if part.share > 0:
            drawn.append(
                tag(
                    "rect", x=f"{at:.3%}", width=f"{part.share:.3%}", height="100%",
                    class_=part.style,
                )
            )  # fmt: skip
        at += part.share
    seen_only = None if words else "true"
    role, label = ("img", words) if words else (None, None)
    return tag(
        "svg", *drawn, class_="bar", height=height, role=role, aria_label=label,
        aria_hidden=seen_only, focusable="false",
    )  # fmt: skip


def holder_bars(held: Sequence[Held], scale: float) -> Html:
    """Two bars for each holder: who leans on it, and below it who falls with it alone."""
    rows = []
    for each in held:
        leans = [
            Part(each.uses.share / scale, "leans"),
            Part((each.uses_in_all.share - each.uses.share) / scale, "leans-behind"),
        ]
        falls = [
            Part(each.falls.share / scale, "falls"),
            Part((each.falls_in_all.share - each.falls.share) / scale, "falls-behind"),
        ]
        unknown = tag("abbr", "?", title="not in the catalogue")
        rows.append(
            tag(
                "li",
                tag("span", each.holder, " " if each.sort == "unknown" else None,
                    unknown if each.sort == "unknown" else None, class_="name"),
                tag("span", bar(leans, 11), bar(falls, 6), class_="bars"),
                tag(
                    "span",
                    tag("b", percent(each.uses_in_all.share)),
                    tag("span", f"{percent(each.falls_in_all.share)} fall", class_="fall"),
                    class_="value",
                ),
            )
        )  # fmt: skip
    return tag("ol", *rows, class_="holders")


def redundancy_bar(redundancy: Redundancy, height: int = 22) -> Html:
    """One bar of all sites, by what becomes of them when any one holder fails."""
    shares = [(name, words, getattr(redundancy, name).share) for name, words in FATES]
    told = ", ".join(f"{percent(share)} {words}" for _, words, share in shares if share)
    return bar([Part(share, name) for name, _, share in shares], height, told)


_WIDTH, _HEIGHT, _LEFT, _TOP, _BOTTOM = 360.0, 210.0, 34.0, 18.0, 180.0
_LABEL, _LINE = 32.0, 11.0
"""The width and height of a share in the chart."""


def curve(found: Concentration, label: str) -> Html:
    """What the k largest hold together, against the same number of holders with even shares."""
    most = found.holders
    even = _ranks(most)
    observed = [(1.0, 0.0), *((float(k), share) for k, share in found.curve)]
    marks = [(k, share) for k, share in found.top if k <= most]
    return tag(
        "svg",
        tag("title", label),
        *_grid(most),
        tag("path", d=_path([(k, k / most) for k in even], most), class_="even"),
        tag("path", d=_path(observed[1:], most), class_="observed"),
        *(
            tag("circle", cx=_x(k, most), cy=_y(share), r=3, class_="mark")
            for k, share in marks
        ),
        *_labels(marks, most),
        viewBox=f"0 0 {_WIDTH:.0f} {_HEIGHT:.0f}", role="img", class_="curve",
    )  # fmt: skip


def _labels(marks: Sequence[tuple[int, float]], most: int) -> list[Html]:
    """The share beside each mark; one that would lie on the one before is left out.

    They stand left of the curve and above it; the first has no room there, and goes below where
    the even curve is far.
    """
    drawn: list[Html] = []
    right, height = 0.0, math.inf
    for k, share in marks:
        x, y = _x(k, most) + 2, _y(share) - 7
        if k == 1:
            x, y = (x + 4, y + 20) if share - 1 / most > 0.15 else (x - 6, y - 3)
        left = x if k == 1 else x - _LABEL
        if left < right and abs(y - height) < _LINE:
            continue
        right, height = left + _LABEL, y
        anchor = None if k == 1 else "end"
        drawn.append(tag("text", percent(share), x=x, y=y, class_="tick over", text_anchor=anchor))
    return drawn


def _grid(most: int) -> list[Html]:
    lines = []
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        y = _y(share)
        lines.append(tag("line", x1=_LEFT, x2=_WIDTH - 8, y1=y, y2=y, class_="grid"))
        lines.append(
            tag("text", f"{share:.0%}", x=_LEFT - 5, y=y + 3.5, class_="tick", text_anchor="end")
        )
    for k in _ticks(most):
        lines.append(
            tag("text", f"{k:,}", x=_x(k, most), y=_BOTTOM + 15, class_="tick",
                text_anchor="middle")
        )  # fmt: skip
    words = tag(
        "text", "the largest holders, counted from the top", x=(_LEFT + _WIDTH) / 2,
        y=_HEIGHT - 2, class_="tick", text_anchor="middle",
    )  # fmt: skip
    return [*lines, words]


def _ticks(most: int) -> list[int]:
    """Ranks to name on the axis: round ones that stand clear of the last, and the last."""
    steps = (1, 2, 5) if most < 100 else (1,)
    room = 4 + 6 * len(f"{most:,}")
    fine = [step * 10**power for power in range(len(str(most))) for step in steps]
    return [k for k in fine if k < most and _x(most, most) - _x(k, most) >= room] + [most]


def _ranks(most: int) -> list[float]:
    """Ranks from 1 to all, evenly spaced on the logarithmic axis."""
    return [most ** (step / 40) for step in range(41)] if most > 1 else [1.0]


def _x(k: float, most: int) -> float:
    return _LEFT + 8 + (_WIDTH - _LEFT - 30) * (math.log(k) / math.log(most) if most > 1 else 0.0)


def _y(share: float) -> float:
    return _BOTTOM - share * (_BOTTOM - _TOP)


def _path(points: Sequence[tuple[float, float]], most: int) -> str:
    drawn = [f"{_x(k, most):.1f} {_y(share):.1f}" for k, share in points]
    return f"M{' L'.join(drawn)}"


def legend(*entries: tuple[str, str]) -> Html:
    """Names of the colours: (style, words)."""
    items = (
        tag("li", tag("i", class_=f"key {style}", aria_hidden="true"), words)
        for style, words in entries
    )
    return tag("ul", *items, class_="legend")


def described(title: str, *body: Html | None) -> Html:
    """A figure with its heading."""
    return tag("figure", tag("figcaption", title), join(*body))
