"""Small pieces of the page: times, states, lists of names, tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from downwind.show.html import Html, join, tag
from downwind.show.watch_words import STATES, ago, clock, line, moment, title_of
from downwind.terms import State
from downwind.watch.picture import Picture, TargetSeen

SIGNS = {State.UP: "●", State.DEGRADED: "◐", State.DOWN: "✕", None: "?"}
_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Seen:
    """The picture, the time of the page, and the targets by their keys."""

    picture: Picture
    now: float
    by_key: Mapping[str, TargetSeen]

    @classmethod
    def of(cls, picture: Picture, now: float) -> Seen:
        return cls(picture, now, {each.key: each for each in picture.targets})

    def called(self, key: str) -> str:
        """What people call the target of that key."""
        return title_of(self.by_key[key]) if key in self.by_key else line(key, 100)


def time(at: float | None, now: float, *, relative: bool = True) -> Html:
    """A moment in UTC, and how long ago that is."""
    if at is None:
        return tag("span", "never", class_="soft")
    shown = tag("time", clock(at, now), datetime=moment(at).strftime("%Y-%m-%dT%H:%M:%SZ"))
    if not relative:
        return shown
    return join(shown, " ", tag("span", f"({ago(at, now)})", class_="soft"))


def state(of: State | None) -> Html:
    """A state as a word with a sign; the colour only repeats it."""
    word = STATES[of]
    sign = tag("span", SIGNS[of], aria_hidden="true")
    return tag("span", sign, " ", word, class_=f"state {word}")


def chip(word: str, kind: str = "") -> Html:
    """A word in a frame."""
    return tag("span", word, class_=f"chip {kind}".strip())


def names(shown: Iterable[str], most: int = _SHOWN) -> Html:
    """Names as a list; beyond `most` they are counted."""
    listed = list(shown)
    rest = len(listed) - most
    more = tag("li", f"and {rest:,} more", class_="soft") if rest > 0 else None
    return tag("ul", *(tag("li", name) for name in listed[:most]), more, class_="names")


def acts(path: str, name: str, *what: str) -> Html:
    """Where the script puts buttons for whoever may act; `path` is that of the API."""
    return tag("div", class_="acts", data_path=path, data_acts=" ".join(what), data_name=line(name))


def folded(key: str, title: Html | str, *inside: Html | None, open_: bool = False) -> Html:
    """A part that opens at a click; the key lets it stay open when the page is renewed."""
    return tag(
        "details", tag("summary", title), *inside, id=key, open="" if open_ else None,
    )  # fmt: skip


def table(label: str, heads: Sequence[str], rows: Iterable[Sequence[Html | str]]) -> Html:
    """A table whose first column names the row; on a narrow page each row is a card."""
    body = [
        tag(
            "tr",
            *(
                tag("th", cell, scope="row") if place == 0
                else tag("td", cell, data_head=heads[place])
                for place, cell in enumerate(row)
            ),
        )
        for row in rows
    ]  # fmt: skip
    head = tag("tr", *(tag("th", head, scope="col") for head in heads))
    return tag(
        "table", tag("caption", label, class_="unseen"), tag("thead", head), tag("tbody", *body),
    )  # fmt: skip


def link(words: str, url: str) -> Html | str:
    """A link where the address is one of the web; else the words alone."""
    shown = line(words) or line(url)
    if not url.lower().startswith(("http://", "https://")):
        return shown
    return tag("a", shown, href=url, rel="noreferrer noopener")


def facts(rows: Iterable[tuple[str, Html | str | None]]) -> Html:
    """Terms with what is known of them; those of which nothing is are left out."""
    return tag(
        "dl",
        *(tag("div", tag("dt", term), tag("dd", told)) for term, told in rows if told is not None),
        class_="facts",
    )  # fmt: skip
