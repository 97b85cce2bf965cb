"""What Prometheus reads: values, names, bounds; and that docs and dashboards know no others."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from downwind.show.web.metrics import MOST_TARGETS, PictureMetrics
from downwind.watch.picture import Picture
from tests.show.web.hub import MemoryHub, asked
from tests.show.web.pictures import (
    HOSTILE,
    SINCE,
    blind_picture,
    calm_picture,
    hostile_picture,
    outage_picture,
)

Series = dict[str, dict[tuple[tuple[str, str], ...], float]]
_NAME = re.compile(r"\bdownwind_[a-z0-9_]+\b")


async def _scrape(picture: Picture, accept: str = "") -> Series:
    async with (
        asked(MemoryHub(picture)) as client,
        client.get("/metrics", headers={"Accept": accept}) as answer,
    ):
        assert answer.status == 200
        text = await answer.text()
    found: Series = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = tuple(sorted(sample.labels.items()))
            series = found.setdefault(sample.name, {})
            assert labels not in series, "the same series twice"
            series[labels] = sample.value
    return found


def _one(series: Series, name: str, **labels: str) -> float:
    return series[name][tuple(sorted(labels.items()))]


async def test_the_metrics_say_what_the_picture_says() -> None:
    found = await _scrape(outage_picture())
    shop = {"target": "shop/do-0", "service": "shop", "kind": "capability"}
    assert _one(found, "downwind_target_up", **shop) == 0
    assert _one(found, "downwind_target_latency_median_seconds", **shop) == 0.08
    assert _one(found, "downwind_targets", kind="capability", state="down") == 14
    assert _one(found, "downwind_targets", kind="capability", state="unknown") == 0
    slow = {"target": "shop/do-30", "service": "shop", "kind": "capability"}
    assert _one(found, "downwind_target_up", **slow) == 1
    assert _one(found, "downwind_target_degraded", **slow) == 1
    incident = {"scope": "cloudflare/proxy", "verdict": "provider", "phase": "open"}
    assert _one(found, "downwind_incident_open", **incident) == 1
    assert _one(found, "downwind_incident_victims", **incident) == 14
    assert _one(found, "downwind_incident_start_timestamp_seconds", **incident) == SINCE
    assert _one(found, "downwind_incidents_open") == 1
    assert _one(found, "downwind_probes_total") == 8_900_000
    assert _one(found, "downwind_watcher_blind") == 0
    assert _one(found, "downwind_feed_up", provider="AWS") == 0
    assert _one(found, "downwind_vantage_up", vantage="oslo") == 0


async def test_what_is_unknown_has_no_value_and_is_counted() -> None:
    found = await _scrape(blind_picture())
    assert "downwind_target_up" not in found
    assert _one(found, "downwind_targets", kind="capability", state="unknown") == 31
    assert _one(found, "downwind_watcher_blind") == 1


async def test_incidents_of_one_cause_are_one_series() -> None:
    picture = outage_picture()
    twin = replace(picture.incidents[0], id="twin", victims=("shop/do-0", "more/x"))
    found = await _scrape(replace(picture, incidents=(*picture.incidents, twin)))
    incident = {"scope": "cloudflare/proxy", "verdict": "provider", "phase": "open"}
    assert _one(found, "downwind_incident_open", **incident) == 2
    assert _one(found, "downwind_incident_victims", **incident) == 15


async def test_who_is_slow_is_a_series_of_its_own_that_pages_nobody() -> None:
    picture = outage_picture()
    slow = replace(picture.incidents[0], id="slow", slow=True, victims=("shop/do-0",))
    found = await _scrape(replace(picture, incidents=(*picture.incidents, slow)))
    labels = {"scope": "cloudflare/proxy", "phase": "open"}
    assert _one(found, "downwind_incident_victims", verdict="slow", **labels) == 1
    assert _one(found, "downwind_incident_victims", verdict="provider", **labels) == 14


async def test_hostile_labels_stay_labels() -> None:
    found = await _scrape(hostile_picture())
    for series in found.values():
        for labels in series:
            assert all("\x1b" not in value and "\n" not in value for _, value in labels)
    assert any("<script>" in dict(labels)["vantage"] for labels in found["downwind_vantage_up"])
    assert HOSTILE not in str(found)


def test_series_are_bounded_and_do_not_come_and_go_with_the_state() -> None:
    calm = calm_picture()
    many = tuple(replace(calm.targets[n % 31], key=f"s{n:05}/c") for n in range(MOST_TARGETS + 500))
    odd = tuple(replace(each, state=None) if n % 2 else each for n, each in enumerate(many))
    told = []
    for targets in (many, odd):
        families = PictureMetrics(replace(calm, targets=targets)).collect()
        samples = {each.name: each.samples for each in families}
        assert samples["downwind_targets_left_out"][0].value == 500
        told.append({each.labels["target"] for each in samples["downwind_target_slow"]})
    assert len(told[0]) == MOST_TARGETS
    assert told[0] == told[1]


@pytest.mark.parametrize("accept", ["application/openmetrics-text;version=1.0.0", "text/plain"])
async def test_a_scraper_gets_the_form_that_it_asks_for(accept: str) -> None:
    async with (
        asked(MemoryHub(outage_picture())) as client,
        client.get("/metrics", headers={"Accept": accept}) as answer,
    ):
        assert answer.content_type == accept.partition(";")[0]
        text = await answer.text()
        assert text.endswith("# EOF\n") == ("openmetrics" in accept)


async def _known() -> set[str]:
    """Every name that the exporter has, also of metrics that have no value just now."""
    async with asked(MemoryHub(outage_picture())) as client, client.get("/metrics") as answer:
        families = list(text_string_to_metric_families(await answer.text()))
    return {f.name if f.type != "counter" else f"{f.name}_total" for f in families}


async def test_the_page_on_metrics_lists_every_metric_and_no_other(project: Path) -> None:
    text = (project / "docs" / "metrics.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^\| `(downwind_[a-z0-9_]+)", text, flags=re.M))
    families = await _known()
    assert listed == families
    assert set(_NAME.findall(text)) <= families
    assert f"{MOST_TARGETS:,}" in text


async def test_dashboard_and_alert_rules_ask_for_metrics_that_there_are(project: Path) -> None:
    folder = project / "docs" / "grafana"
    dashboard = json.loads((folder / "dashboard.json").read_text(encoding="utf-8"))
    rules = yaml.safe_load((folder / "alert-rules.yaml").read_text(encoding="utf-8"))
    asked_for = set(_NAME.findall(json.dumps(_expressions(dashboard)) + json.dumps(rules)))
    assert len(asked_for) > 12
    assert asked_for <= await _known()


def test_every_alert_rule_says_what_it_means_and_what_to_do(project: Path) -> None:
    text = (project / "docs" / "grafana" / "alert-rules.yaml").read_text(encoding="utf-8")
    rules = [rule for group in yaml.safe_load(text)["groups"] for rule in group["rules"]]
    assert len(rules) >= 6
    assert len({rule["alert"] for rule in rules}) == len(rules)
    for rule in rules:
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert {"summary", "description"} <= set(rule["annotations"])


def test_panels_of_the_dashboard_do_not_overlap(project: Path) -> None:
    text = (project / "docs" / "grafana" / "dashboard.json").read_text(encoding="utf-8")
    taken: set[tuple[int, int]] = set()
    for panel in json.loads(text)["panels"]:
        at = panel["gridPos"]
        assert at["x"] + at["w"] <= 24
        cells = {(at["x"] + x, at["y"] + y) for x in range(at["w"]) for y in range(at["h"])}
        assert not taken & cells, panel["title"]
        taken |= cells


def _expressions(part: Any) -> list[str]:
    if isinstance(part, dict):
        own = [part["expr"]] if isinstance(part.get("expr"), str) else []
        return own + [each for inner in part.values() for each in _expressions(inner)]
    if isinstance(part, list):
        return [each for inner in part for each in _expressions(inner)]
    return []
