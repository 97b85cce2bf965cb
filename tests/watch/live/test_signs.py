"""An incident says how its cause shows, as far as the answers tell."""

from __future__ import annotations

from typing import Any

import pytest

from downwind.watch.live.seen import incident_seen

from .play import Play, model_of, shops


@pytest.mark.parametrize(
    ("step", "sign"),
    [
        ({}, "makes these 5xx"),
        ({"status": 404, "reason": "status 404"}, "answers with errors"),
        ({"status": None, "reason": "it closed the connection"}, "does not answer"),
        ({"layer": "dial", "status": None, "reason": "refused"}, "takes no connections"),
    ],
    ids=["server errors", "other errors", "no answer", "no connection"],
)
def test_a_provider_is_said_to_do_what_its_victims_saw(step: dict[str, Any], sign: str) -> None:
    edges = shops(8, "cloudflare/proxy") | shops(8, "fastly/cdn", prefix="mall")
    play = Play(model_of(edges))
    play.calm()
    play.fail(*shops(8), rounds=4, **step)
    (incident,) = play.open
    assert incident.verdict == "provider"
    assert incident_seen(play.live, incident, ()).signs == (sign,)
