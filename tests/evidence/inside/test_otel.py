"""Service graphs are read from a query's JSON and from the text exposition format."""

import json
from pathlib import Path
from typing import Any

import pytest

from downwind.evidence.inside.otel import QUERY, read_otel
from downwind.terms import CannotMeasure, UsageError

ALL = "traces_service_graph_request_total"


def calls(data: bytes) -> dict[tuple[str, str, str], tuple[float, float, str]]:
    return {
        (v["client"], v["server"], v["connection"]): (v["calls"], v["failed"], v["unit"])
        for v in (statement.value for statement in read_otel(data).statements)
    }


def answer(*results: Any, kind: str = "vector") -> bytes:
    data = {"resultType": kind, "result": list(results)}
    return json.dumps({"status": "success", "data": data}).encode()


def test_the_query_asks_for_all_calls_and_for_those_that_failed() -> None:
    assert QUERY == (
        "label_replace(sum by (client,server,connection_type) "
        '(rate(traces_service_graph_request_total[1d])),"outcome","all","","") or '
        "label_replace(sum by (client,server,connection_type) "
        '(rate(traces_service_graph_request_failed_total[1d])),"outcome","failed","","")'
    )


def test_the_json_example_tells_rates_and_failures(project: Path) -> None:
    found = calls((project / "docs/examples/inside/service-graph.json").read_bytes())

    assert found["frontend", "checkout", ""] == (3.2, 0.016, "per second")
    assert found["checkout", "api.stripe.com", "virtual_node"] == (1.1, 0.0, "per second")
    assert len(found) == 7


def test_the_text_example_tells_counts_and_failures(project: Path) -> None:
    found = calls((project / "docs/examples/inside/service-graph.txt").read_bytes())

    assert found["frontend", "checkout", ""] == (276480.0, 1382.0, "count")
    assert len(found) == 3


def test_labels_are_unescaped_and_series_of_one_edge_summed() -> None:
    text = (
        f'{ALL}{{client="a\\"b\\\\c\\nd}}",server="x", connection_type="",pod="1"}} 2 1763424000\n'
        f'{ALL}{{client="a\\"b\\\\c\\nd}}",server="x",connection_type="",pod="2",}} 3\n'
        f'{ALL}_created{{client="a",server="x"}} 9\n'
        'another_total{client="a",server="x"} 9\n'
    )

    assert calls(text.encode()) == {('a"b\\c\nd}', "x", ""): (5.0, 0.0, "count")}


def test_the_metric_name_tells_failures_where_a_query_keeps_it() -> None:
    labels = {"client": "a", "server": "b"}
    named = {**labels, "__name__": "traces_service_graph_request_failed_total"}
    data = answer(
        {"metric": {**labels, "__name__": ALL}, "value": [0, "4"]},
        {"metric": named, "value": [0, "1"]},
    )

    assert calls(data) == {("a", "b", ""): (4.0, 1.0, "per second")}


GOOD = {"metric": {"client": "a", "server": "b"}, "value": [0, "1"]}


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (7, "it has no metric and value"),
        ({"metric": {"client": "a", "server": "b"}}, "it has no metric and value"),
        ({"metric": {"client": "a"}, "value": [0, "1"]}, "it does not name a client and a server"),
        (
            {"metric": {"client": "", "server": "b"}, "value": [0, "1"]},
            "it does not name a client and a server",
        ),
        (
            {"metric": {"client": "a" * 201, "server": "b"}, "value": [0, "1"]},
            "its labels are no text of 200 characters at most",
        ),
        ({**GOOD, "value": [0, "NaN"]}, "its value is no number of calls"),
        ({**GOOD, "value": [0, "+Inf"]}, "its value is no number of calls"),
        ({**GOOD, "value": [0, "-1"]}, "its value is no number of calls"),
        ({**GOOD, "value": [0, 1]}, "its value is no number of calls"),
        ({**GOOD, "value": [0, "many"]}, "its value is no number of calls"),
    ],
)
def test_a_broken_result_is_named_and_the_rest_is_read(bad: Any, why: str) -> None:
    reading = read_otel(answer(bad, GOOD))

    assert [(b.place, b.why) for b in reading.first_broken] == [("result 1", why)]
    assert reading.broken == len(reading.statements) == 1


def test_a_broken_line_is_named_and_the_rest_is_read() -> None:
    good = f'{ALL}{{client="a",server="b"}} 1\n'
    reading = read_otel(f'{good}{ALL}{{client="a,server="b"}} 1\n{ALL} 3\n'.encode())

    assert [b.place for b in reading.first_broken] == ["line 2", "line 3"]
    assert len(reading.statements) == 1


@pytest.mark.parametrize(
    ("data", "error", "said"),
    [
        (
            b"",
            CannotMeasure,
            f"it holds no service graph. Ask Prometheus for {ALL}, with the labels client and "
            "server.",
        ),
        (
            answer(),
            CannotMeasure,
            f"it holds no service graph. Ask Prometheus for {ALL}, with the labels client and "
            "server.",
        ),
        (
            b"{",
            UsageError,
            "this is not valid JSON: Expecting property name enclosed in double quotes: line 1 "
            "column 2 (char 1).",
        ),
        (
            b'{"status": "error", "error": "bad query"}',
            UsageError,
            "this is not the answer to a query that succeeded. Keep what /api/v1/query of "
            "Prometheus answers.",
        ),
        (
            answer(kind="matrix"),
            UsageError,
            "the query has no instant vector as its result. Ask /api/v1/query, not query_range.",
        ),
        (
            b"[1]",
            UsageError,
            "this is not the answer to a query that succeeded. Keep what /api/v1/query of "
            "Prometheus answers.",
        ),
    ],
)
def test_what_is_no_service_graph_is_refused(
    data: bytes, error: type[Exception], said: str
) -> None:
    with pytest.raises(error) as refused:
        read_otel(data)
    assert str(refused.value) == said
