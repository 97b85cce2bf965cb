"""Reads the service graph of OpenTelemetry, as Prometheus keeps it: who calls whom, how often.

The servicegraph connector counts `traces_service_graph_request_total` and `_failed_total` with the
labels client, server and connection_type. They are read from the JSON of Prometheus' instant query
(QUERY) or from the text that a collector exposes, where they are counts and not rates.
"""

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from downwind.evidence.inside.readings import Broken, Reading, Statement, first_few
from downwind.terms import CannotMeasure, UsageError

_EDGE = "client,server,connection_type"
_ALL, _FAILED = "traces_service_graph_request_total", "traces_service_graph_request_failed_total"
QUERY = " or ".join(
    f'label_replace(sum by ({_EDGE}) (rate({metric}[1d])),"outcome","{outcome}","","")'
    for metric, outcome in ((_ALL, "all"), (_FAILED, "failed"))
)
"""One PromQL query: calls a second over the last day, all of them and those that failed."""
PER_SECOND, COUNT = "per second", "count"

_LONGEST_NAME = 200
_SAMPLE = re.compile(
    r"(?P<name>[a-zA-Z_:][\w:]*)\{(?P<labels>.*)\}\s+(?P<value>\S+)(?:\s+-?\d+)?\Z"
)
_LABEL = re.compile(r'\s*(?P<name>[a-zA-Z_]\w*)\s*=\s*"(?P<value>(?:[^"\\]|\\.)*)"\s*(?:,|\Z)')
_ESCAPE = re.compile(r"\\(.)")


@dataclass(frozen=True, slots=True)
class _Sample:
    place: str
    client: str
    server: str
    connection: str
    failed: bool
    value: float


def read_otel(data: bytes) -> Reading:
    """The calls of a service graph, from the JSON of a query or the text exposition format.

    Raises UsageError where it is neither, CannotMeasure where it holds no service graph.
    """
    text = data.decode("utf-8", "replace")
    is_json = text.lstrip()[:1] in ("{", "[")
    found = list(_of_json(text) if is_json else _of_text(text))
    broken = [each for each in found if isinstance(each, Broken)]
    samples = [each for each in found if isinstance(each, _Sample)]
    if not samples:
        raise CannotMeasure(
            "it holds no service graph.",
            todo=f"Ask Prometheus for {_ALL}, with the labels client and server.",
        )
    form = "prometheus-json" if is_json else "prometheus-text"
    unit = PER_SECOND if is_json else COUNT
    statements = tuple(_statements(samples, unit))
    return Reading("otel", form, statements, {}, len(broken), first_few(broken))


def _statements(samples: list[_Sample], unit: str) -> Iterator[Statement]:
    totals: dict[tuple[str, str, str], list[float]] = {}
    for sample in samples:
        edge = (sample.client, sample.server, sample.connection)
        totals.setdefault(edge, [0.0, 0.0])[sample.failed] += sample.value
    for (client, server, connection), (calls, failed) in sorted(totals.items()):
        value = {
            "client": client,
            "server": server,
            "connection": connection,
            "calls": calls,
            "failed": failed,
            "unit": unit,
        }
        yield Statement("inside.call", f"{client} > {server} ({connection or 'direct'})", value)


def _of_json(text: str) -> Iterator[_Sample | Broken]:
    try:
        answer = json.loads(text)
    except RecursionError as error:
        raise UsageError("this is not valid JSON: it is nested too deeply.") from error
    except ValueError as error:
        raise UsageError(f"this is not valid JSON: {error}.") from error
    if not isinstance(answer, dict) or answer.get("status") != "success":
        raise UsageError(
            "this is not the answer to a query that succeeded.",
            todo="Keep what /api/v1/query of Prometheus answers.",
        )
    data = answer.get("data")
    if not isinstance(data, dict) or data.get("resultType") != "vector":
        raise UsageError(
            "the query has no instant vector as its result.",
            todo="Ask /api/v1/query, not query_range.",
        )
    results = data.get("result")
    for number, entry in enumerate(results if isinstance(results, list) else []):
        yield _of_entry(f"result {number + 1}", entry)


def _of_entry(place: str, entry: object) -> _Sample | Broken:
    metric = entry.get("metric") if isinstance(entry, dict) else None
    value = entry.get("value") if isinstance(entry, dict) else None
    if not isinstance(metric, dict) or not isinstance(value, list) or len(value) != 2:
        return Broken(place, "it has no metric and value")
    name = metric.get("__name__", "")
    failed = metric.get("outcome") == "failed" or name == _FAILED
    return _sample(place, metric, failed, value[1])


def _of_text(text: str) -> Iterator[_Sample | Broken]:
    for number, line in enumerate(text.splitlines()):
        if not line.startswith((_ALL, _FAILED)):
            continue
        place = f"line {number + 1}"
        found = _SAMPLE.match(line.strip())
        labels = _labels(found["labels"]) if found else None
        if found is None or labels is None:
            yield Broken(place, "it is no sample in the text exposition format")
        elif found["name"] in (_ALL, _FAILED):
            yield _sample(place, labels, found["name"] == _FAILED, found["value"])


def _labels(text: str) -> dict[str, str] | None:
    labels: dict[str, str] = {}
    at = 0
    while at < len(text):
        found = _LABEL.match(text, at)
        if found is None:
            return None
        labels[found["name"]] = _ESCAPE.sub(
            lambda escape: "\n" if escape[1] == "n" else escape[1], found["value"]
        )
        at = found.end()
    return labels


def _sample(place: str, labels: Mapping[str, Any], failed: bool, value: object) -> _Sample | Broken:
    client, server = labels.get("client"), labels.get("server")
    connection = labels.get("connection_type", "")
    if not (isinstance(client, str) and client and isinstance(server, str) and server):
        return Broken(place, "it does not name a client and a server")
    if not isinstance(connection, str) or max(map(len, (client, server))) > _LONGEST_NAME:
        return Broken(place, f"its labels are no text of {_LONGEST_NAME} characters at most")
    try:
        number = float(value) if isinstance(value, str) else math.nan
    except ValueError:
        number = math.nan
    if not math.isfinite(number) or number < 0:
        return Broken(place, "its value is no number of calls")
    return _Sample(place, client, server, connection[:_LONGEST_NAME], failed, number)
