"""Where a world's providers say how they fare."""

from downwind.world.form.feeds import Feed, status_feeds
from downwind.world.form.load import load_world
from downwind.world.form.scenario import packaged

WORLD = load_world(packaged("worlds")["founding"])


def test_each_provider_has_its_page_and_its_format() -> None:
    feeds = status_feeds(WORLD)
    assert feeds["cloudflare"] == Feed("https://cloudflare-status.test/", "statuspage")
    assert feeds["aws"] == Feed("https://aws-status.test/", "aws-health")
    assert feeds["google-cloud"].format == "google-incidents"


def test_every_provider_that_a_scenario_can_hit_has_a_page() -> None:
    dealt = {p.id for p in WORLD.providers for product in p.products if product.role}
    assert dealt - {"lets-encrypt"} == set(status_feeds(WORLD))


def test_a_world_without_status_pages_has_no_feeds() -> None:
    bare = tuple(s for s in WORLD.services if not s.name.endswith("-status.test"))
    assert status_feeds(WORLD.model_copy(update={"services": bare})) == {}
