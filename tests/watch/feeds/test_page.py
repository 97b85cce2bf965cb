"""The page on status feeds names every format, and its figures are those of the code."""

from __future__ import annotations

import re
from pathlib import Path

from downwind.observe.feed import FEED_CAP
from downwind.observe.feeds import READERS
from downwind.observe.feeds.finding import MOST_REQUESTS
from downwind.observe.feeds.markup import MARKUP_CAP
from downwind.watch.feeds.board import INTERVALS
from downwind.watch.feeds.delays import AFTER, BEFORE
from downwind.watch.feeds.poller import FIND_EVERY, LONGEST, SHORTEST

PAGE = Path(__file__).parents[3] / "docs" / "status-feeds.md"


def test_the_page_names_every_format_that_is_read_and_no_other() -> None:
    assert set(re.findall(r"^\| `([a-z-]+)` \|", PAGE.read_text(), re.M)) == set(READERS)


def test_the_figures_of_the_page_are_those_of_the_code() -> None:
    text = " ".join(PAGE.read_text().split())
    assert (INTERVALS, FIND_EVERY) == (3, 3600)
    for told in (
        f"never more often than every {SHORTEST:.0f} s",
        f"every {LONGEST:.0f} s after a 429 or 503",
        "within the last three intervals",
        "at most once an hour",
        f"with at most {MOST_REQUESTS} requests",
        f"at most {BEFORE / 60:.0f} minutes before our first failing probe",
        f"at most {AFTER / 3600:.0f} hours after the end",
        f"anything over {FEED_CAP // 10**6} MB (XML: {MARKUP_CAP // 10**6} MB)",
    ):
        assert told in text
