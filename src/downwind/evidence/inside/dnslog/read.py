"""Reads a resolver's query log as a stream, into how often each public name was looked up."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from io import BufferedReader
from itertools import chain, islice
from typing import Any

from downwind.evidence.inside.dnslog.formats import FORMATS, detect, make_format
from downwind.evidence.inside.dnslog.lookup import Line, LineFormat
from downwind.evidence.inside.dnslog.usage import MOST_NAMES, Tally, Usage, Usages
from downwind.evidence.inside.lines import Lines
from downwind.evidence.inside.names import Names, Sort
from downwind.evidence.inside.readings import MOST_BROKEN, Broken, Reading, Statement
from downwind.terms import CannotMeasure, UsageError

_SAMPLE = 1000
_TOLD_EVERY = 100_000


@dataclass(slots=True)
class _Progress:
    lines: int = 0
    lookups: int = 0
    other: int = 0
    broken: int = 0
    first_broken: list[Broken] = field(default_factory=list)

    def broke(self, why: str) -> None:
        self.broken += 1
        if len(self.first_broken) < MOST_BROKEN:
            self.first_broken.append(Broken(f"line {self.lines}", why))


def read_dnslog(
    stream: BufferedReader,
    *,
    now: float,
    form: str | None = None,
    internal: tuple[str, ...] = (),
    public: tuple[str, ...] = (),
    most_names: int = MOST_NAMES,
    heard: Callable[[int], None] = lambda _: None,
) -> Reading:
    """The look-ups of a log, in memory that does not grow with it; gzip is unpacked.

    `form` is one of FORMATS, found out where it is None; `now` is in seconds since 1970 UTC;
    `internal` are one's own suffixes, and `public` top-level domains beyond those of the public
    DNS; `heard` is called with the number of lines now and then. Raises UsageError where no format
    fits, CannotMeasure where nothing is looked up.
    """
    lines = Lines(stream)
    each = iter(lines)
    sample = list(islice(each, _SAMPLE))
    if not any(sample):
        raise CannotMeasure(f"the log is empty{_because(lines.cut)}.")
    chosen = _format(sample, form, now)
    usages = Usages(Names(internal, public), most_names)
    progress = _Progress()
    _count(_telling(chain(sample, each), heard), make_format(chosen, now), usages, progress)
    if not progress.lookups:
        raise CannotMeasure(
            f"none of its {progress.lines:,} lines is a look-up as {chosen} writes it.",
            todo="Leave out --format, or name another one.",
        )
    return _reading(chosen, usages, progress, lines.cut)


def _format(sample: list[str | None], form: str | None, now: float) -> str:
    if form is not None:
        if form not in FORMATS:
            raise UsageError(f"there is no format {form!r}.", todo=f"Use {', '.join(FORMATS)}.")
        return form
    found = detect(sample, now)
    if found is None:
        raise UsageError(
            f"none of its first {len(sample):,} lines is a look-up in a format that is known.",
            todo=f"Name the format if it comes later: --format {'|'.join(FORMATS)}.",
        )
    return found


def _count(
    lines: Iterator[str | None], reader: LineFormat, usages: Usages, progress: _Progress
) -> None:
    for line in lines:
        progress.lines += 1
        if line is None:
            progress.broke("it is longer than 64 KB")
            continue
        found = reader.read(line)
        if found is Line.BROKEN:
            if line.strip():
                progress.broke(f"it is no line as {reader.name} writes it")
        elif found is Line.OTHER:
            progress.other += 1
        else:
            progress.lookups += 1
            usages.add(found)


def _telling(lines: Iterator[str | None], heard: Callable[[int], None]) -> Iterator[str | None]:
    for number, line in enumerate(lines):
        if number % _TOLD_EVERY == 0:
            heard(number)
        yield line


def _reading(form: str, usages: Usages, progress: _Progress, cut: str) -> Reading:
    statements: list[Statement] = []
    missing, checking = Tally(), Tally()
    first: list[float] = []
    last: list[float] = []
    for name, usage in usages.items():
        if not usage.exists:
            _tally(missing, usage)
        elif not usage.connecting:
            _tally(checking, usage)
        else:
            value = {"host": name, "format": form, **usage.to_json()}
            statements.append(Statement("inside.query", name, value))
        first += [usage.first] if usage.first is not None else []
        last += [usage.last] if usage.last is not None else []
    facts: dict[str, Any] = {
        "lines": progress.lines,
        "lookups": progress.lookups,
        "other_lines": progress.other,
        "internal": usages.tallies[Sort.INTERNAL].to_json(),
        "reverse": usages.tallies[Sort.REVERSE].to_json(),
        "suffix": usages.tallies[Sort.SUFFIX].to_json(),
        "odd": usages.tallies[Sort.ODD].to_json(),
        "missing": missing.to_json(),
        "checking": checking.to_json(),
        "forgotten": {"names": usages.forgotten, "lookups": usages.forgotten_lookups},
        "first": min(first, default=None),
        "last": max(last, default=None),
        "cut": cut,
    }
    return Reading(
        "dnslog", form, tuple(statements), facts, progress.broken, tuple(progress.first_broken)
    )


def _tally(tally: Tally, usage: Usage) -> None:
    tally.names += 1
    tally.questions += usage.lookups


def _because(cut: str) -> str:
    return f": {cut}" if cut else ""
