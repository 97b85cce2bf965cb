"""An incident and its alert say which alert routes fall with the provider that is blamed."""

from __future__ import annotations

from downwind.watch.alerts import derive
from downwind.watch.incidents import Ledger
from downwind.watch.selfcheck import AlertRoute
from tests.watch.live.play import Play, model_of, shops

BOTH = {**shops(5, "cloudflare"), **shops(5, "fastly", prefix="news")}
CHAT, MAIL = AlertRoute("chat", providers=("cloudflare",)), AlertRoute("mail", providers=("ovh",))


def test_a_route_on_the_blamed_provider_is_told_with_the_incident_and_in_its_alert() -> None:
    play = Play(model_of(BOTH), routes=(CHAT, MAIL))
    play.calm()
    play.fail(*shops(5))
    (incident,) = play.open
    why = "alerts by chat would fall with it (alert:chat needs cloudflare: declared: cloudflare"
    assert incident.dependent.startswith(why)
    assert "mail" not in incident.dependent
    (alert,) = derive(Ledger(), play.events).alerts
    assert f"The watcher is not independent of this: {why}" in alert.text


def test_a_route_on_another_provider_is_no_matter() -> None:
    play = Play(model_of(BOTH), routes=(CHAT, MAIL))
    play.calm()
    play.fail(*shops(5, prefix="news"))
    (incident,) = play.open
    assert incident.dependent == ""
