"""The founding outage on a shortened timeline, from socket to screen."""

import json
from pathlib import Path

import pytest

from downwind.model import Model
from downwind.terms import State
from downwind.world.form.load import load_world
from downwind.world.form.owners import owners_model
from downwind.world.form.scenario import packaged
from tests.jobs.conftest import Form
from tests.jobs.playing import played

pytestmark = [pytest.mark.replay, pytest.mark.timeout(600)]

SCENARIO = "cloudflare-2025-11-18"


@pytest.fixture(scope="module")
def plain(told: dict[str, Form]) -> Form:
    """The plain deal's JSON."""
    return told[SCENARIO]


def _column(form: Form, column: str) -> dict[str, str]:
    return {f"{c['service']}/{c['capability']}": c[column] for c in form["capabilities"]}


def test_the_json_is_one_object_of_the_promised_form(plain: Form) -> None:
    assert plain["scenario"] == SCENARIO
    for cell in plain["capabilities"]:
        assert {"service", "capability", "predicted", "predicted_from_outside"} <= set(cell)
        assert cell["observed"] in ("up", "degraded", "down")
        assert cell["reported"] in (None, "up", "degraded", "down")
        assert cell["reported"] is None or cell["source"]
    assert {"provider", "product", "region", "confidence", "seconds"} <= set(plain["attribution"])
    for found in plain["agreement"].values():
        assert {"precision", "recall", "cells"} <= set(found)


def test_x_and_xchat_fall_and_signal_does_not(plain: Form) -> None:
    observed = _column(plain, "observed")
    assert observed["x.test/feed"] == observed["x.test/direct"] == "down"
    assert observed["xchat.test/message"] == "down"
    assert observed["signal.test/message"] == "up"


def test_prediction_with_declarations_equals_observation(plain: Form) -> None:
    assert _column(plain, "predicted") == _column(plain, "observed")
    found, cells = plain["agreement"]["predicted"], len(plain["capabilities"])
    assert found == {"precision": 1.0, "recall": 1.0, "cells": cells, "same": cells}


def test_the_outside_view_cannot_tell_who_has_the_bot_filter(plain: Form) -> None:
    outside, observed = _column(plain, "predicted_from_outside"), _column(plain, "observed")
    differ = {key for key in outside if outside[key] != observed[key]}
    assert {"radio.test/listen", "dashboard.test/api"} <= differ
    assert all(outside[key] == "down" for key in differ - {"broker.test/trade"})
    assert plain["agreement"]["predicted_from_outside"]["precision"] < 1


def test_cloudflares_proxy_is_blamed_soon_after_the_first_failing_probe(
    plain: Form,
) -> None:
    blamed = plain["attribution"]
    assert (blamed["provider"], blamed["product"], blamed["region"]) == (
        "cloudflare",
        "proxy",
        None,
    )
    assert plain["fault"]["provider"] == "cloudflare"
    assert blamed["confidence"] > 0.9
    assert 0 <= blamed["seconds"] <= 30 * 60


def test_what_was_reported_was_observed(plain: Form) -> None:
    found = plain["agreement"]["reported"]
    assert (found["recall"], found["cells"], found["same"]) == (1.0, 7, 7)


def test_the_mapper_was_walled_off(plain: Form) -> None:
    assert plain["walls"]


def test_a_world_from_the_documentation_maps_predicts_breaks_and_attributes(project: Path) -> None:
    code, out, err = played(str(project / "docs/examples/my-scenario.yaml"), "--json")
    form = json.loads(out)
    assert _column(form, "predicted") == _column(form, "observed"), err
    assert form["attribution"]["provider"] == form["fault"]["provider"]
    assert any(cell["observed"] != "up" for cell in form["capabilities"])
    assert code == 0


def _declaring_wrongly() -> Model:
    """As the owners declare, but Signal says that it stands on the edge that will fail."""
    model = owners_model(load_world(packaged("worlds")["founding"]))
    x = next(s for s in model.services if s.name == "x.test")
    services = tuple(
        s
        if s.name != "signal.test"
        else s.model_copy(
            update={
                "capabilities": tuple(
                    c.model_copy(update={"declares": x.capabilities[0].declares})
                    for c in s.capabilities
                )
            }
        )
        for s in model.services
    )
    return model.model_copy(update={"services": services})


def test_a_wrong_declaration_lowers_the_agreement(plain: Form, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yaml"
    form = _declaring_wrongly().model_dump(mode="json", by_alias=True)
    wrong.write_text(json.dumps(form), encoding="utf-8")
    code, out, _ = played(SCENARIO, "--json", "--declarations", str(wrong))
    found = json.loads(out)
    assert _column(found, "predicted")["signal.test/message"] == State.DOWN
    assert _column(found, "observed")["signal.test/message"] == State.UP
    assert (
        found["agreement"]["predicted"]["precision"] < plain["agreement"]["predicted"]["precision"]
    )
    assert code == 1


def test_the_story_is_told_in_french_and_fits_a_narrow_terminal() -> None:
    code, out, err = played("gcp-2025-06-12", "--lang", "fr", "--users", "0", columns=60)
    assert code == 0, err
    assert "ÉMULATION" in out
    assert "Downwind nomme la cause : Google Cloud" in out
    assert "Prédiction et observation concordent." in out
    assert max(len(line) for line in out.splitlines()) <= 60
    assert "\x1b" not in out


def test_a_pace_that_the_machine_cannot_keep_is_lowered_and_told() -> None:
    code, out, err = played(SCENARIO, "--speed", "2000", "--json")
    form = json.loads(out)
    assert form["speed"] < 2000
    assert "cannot keep that pace" in err
    assert (code, form["agrees"]) == (0, True)
