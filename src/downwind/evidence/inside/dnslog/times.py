"""When a line of a log was written, in the ways in which resolvers write it."""

import re
from datetime import UTC, datetime, timedelta

_MONTHS = {
    month: number
    for number, month in enumerate(
        ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), 1
    )
}
_TIME = r"(?P<{0}>\d\d:\d\d:\d\d(?:\.\d{{1,6}})?)"
_HEAD = re.compile(
    r"(?:<\d{1,3}>)?(?:"
    r"\[(?P<epoch>\d{9,10}(?:\.\d{1,6})?)\]"
    r"|(?P<iso>\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?)"
    r"|(?P<day>\d\d?)-(?P<month>[A-Z][a-z]{2})-(?P<year>\d{4}) " + _TIME.format("named") + r""
    r"|(?P<m>[A-Z][a-z]{2}) {1,2}(?P<d>\d\d?) " + _TIME.format("syslog") + r")"
)


class Times:
    """Reads the time at the start of a line, in seconds since 1970 UTC.

    A time without a zone is taken as UTC. One without a year, as syslog writes it, is taken in the
    last year in which it is not later than a day after `now`.
    """

    def __init__(self, now: float) -> None:
        self._latest = datetime.fromtimestamp(now, UTC) + timedelta(days=1)
        self._text = ""
        self._time: float | None = None

    def of_line(self, line: str) -> float | None:
        """The time that the line starts with; None where it starts with none."""
        found = _HEAD.match(line)
        if found is None:
            return None
        # Many lines are written in one second.
        if found[0] != self._text:
            self._text, self._time = found[0], self._read(found)
        return self._time

    def of_iso(self, text: object) -> float | None:
        """A time in ISO 8601; None where it is none."""
        found = _HEAD.match(text) if isinstance(text, str) else None
        return self._read(found) if found and found["iso"] else None

    def _read(self, found: re.Match[str]) -> float | None:
        try:
            if found["epoch"]:
                return float(found["epoch"])
            if found["iso"]:
                return _seconds(datetime.fromisoformat(found["iso"]))
            if found["named"]:
                date = (int(found["year"]), _MONTHS[found["month"]], int(found["day"]))
                return _seconds(_at(date, found["named"]))
            return self._without_year(_MONTHS[found["m"]], int(found["d"]), found["syslog"])
        except (KeyError, ValueError, OverflowError):
            return None

    def _without_year(self, month: int, day: int, time: str) -> float | None:
        # Eight years always hold a 29 February, also round 1900 and 2100.
        for year in range(self._latest.year, self._latest.year - 9, -1):
            try:
                moment = _at((year, month, day), time).replace(tzinfo=UTC)
            except ValueError:
                continue
            if moment <= self._latest:
                return moment.timestamp()
        return None


def _at(date: tuple[int, int, int], time: str) -> datetime:
    return datetime.fromisoformat(f"{date[0]:04}-{date[1]:02}-{date[2]:02}T{time}")


def _seconds(moment: datetime) -> float:
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
