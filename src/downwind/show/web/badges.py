"""Badges and the page's icon: small pictures of how things are. Words carry it, not colours."""

from __future__ import annotations

from starlette.responses import Response

from downwind.show.html import Html, tag
from downwind.show.watch_words import STATES, fails, line, title_of
from downwind.show.web.operations import Call
from downwind.terms import State
from downwind.watch.picture import Picture

# White on each of them has a contrast of 4.5 at least.
GREEN, AMBER, RED, GREY = "#1a7f37", "#8a5a00", "#b42318", "#57606a"
COLOURS = {State.UP: GREEN, State.DEGRADED: AMBER, State.DOWN: RED, None: GREY}
_WIDE, _NARROW = frozenset("mwMW@%—…"), frozenset("iljtf.,:;|!'I()[] ")
_LONGEST = 60


async def target(call: Call) -> Response:
    """The state of the target of the path."""
    found = call.picture().target(call.path("target"))
    if found is None:
        return _svg(_badge("downwind", "not watched", GREY), 404)
    return _svg(_badge(title_of(found), STATES[found.state], COLOURS[found.state]))


async def incidents(call: Call) -> Response:
    """How many incidents are open, and whose the largest is."""
    words, colour = _open(call.picture())
    return _svg(_badge("incidents", words, colour))


async def icon(call: Call) -> Response:
    """A tick where all stands, an exclamation mark, a question mark where nothing is known."""
    _, colour = _open(call.picture())
    strokes = {GREEN: "M9 16l5 5 9-10", GREY: "M12 12a4 4 0 1 1 4 5v2m0 4v.1"}
    mark = tag(
        "path", d=strokes.get(colour, "M16 8v10m0 5v.1"), fill="none", stroke="#fff",
        stroke_width=3, stroke_linecap="round",
    )  # fmt: skip
    disc = tag("circle", cx=16, cy=16, r=15, fill=colour)
    return _svg(tag("svg", disc, mark, xmlns="http://www.w3.org/2000/svg", viewBox="0 0 32 32"))


def _open(picture: Picture) -> tuple[str, str]:
    if picture.watcher.blind:
        return "unknown: blind", GREY
    running = [each for each in picture.running() if each.phase != "maintenance"]
    failing = [each for each in running if not each.slow]
    if failing:
        worst = max(failing, key=lambda each: len(each.victims))
        who = line(worst.who or worst.scope or worst.suspect or "not known who", 30)
        return f"{len(failing)} open: {who}", RED
    watched = [each for each in picture.targets if each.kind == "capability"]
    if any(map(fails, watched)):
        return "none, something fails", AMBER
    if running:
        return "none, something is slow", AMBER
    if not watched or all(each.state is None for each in watched):
        return "nothing known", GREY
    return "none", GREEN


def _badge(left: str, right: str, colour: str) -> Html:
    left, right = line(left, _LONGEST), line(right, _LONGEST)
    one, two = _width(left), _width(right)
    whole = f"{left}: {right}"
    parts = (
        tag("title", whole),
        tag("rect", width=one, height=20, fill="#3c4248"),
        tag("rect", x=one, width=two, height=20, fill=colour),
        tag("text", left, x=one / 2, y=14, textLength=one - 12),
        tag("text", right, x=one + two / 2, y=14, textLength=two - 12),
    )
    group = tag(
        "g", *parts[1:], fill="#fff", text_anchor="middle", font_size=11,
        font_family="Verdana,DejaVu Sans,sans-serif",
    )  # fmt: skip
    return tag(
        "svg", parts[0], group, xmlns="http://www.w3.org/2000/svg", width=one + two, height=20,
        role="img", aria_label=whole,
    )  # fmt: skip


def _width(text: str) -> float:
    """Pixels of the text at 11 px, near enough, with the edges."""
    return 12 + sum(9.5 if c in _WIDE else 4.2 if c in _NARROW else 6.9 for c in text)


def _svg(picture: Html, status: int = 200) -> Response:
    # A badge is made to stand on other sites; nothing can be read from it there.
    headers = {"Cross-Origin-Resource-Policy": "cross-origin"}
    return Response(picture, status, headers, media_type="image/svg+xml")
