"""Services share the zones of a region, each with as many of them as it is on."""

from pathlib import Path

from downwind.observe.network import Network
from downwind.observe.session import Session

from .conftest import Starter

ZONES = Path(__file__).parent / "zones.yaml"
HOSTS = ("zone.test", "region.test", "other.test")


async def test_services_on_a_region_and_on_a_zone_of_it_share_the_zone(
    start_world: Starter,
) -> None:
    async with start_world(speed=50, file=ZONES) as outside:
        network = Network.from_handout(outside.world.handout)

        async def health() -> list[int]:
            return [(await outside.get(f"https://{host}/health")).status for host in HOSTS]

        async with Session(network) as session:
            answers = [await session.request("GET", f"https://{host}/health") for host in HOSTS]
        assert [answer.status for answer in answers] == [200, 200, 200]

        await outside.tell("break", "slate/racks/lake/b", "refused")
        assert await health() == [200, 200, 0]
        await outside.tell("mend", "slate/racks/lake/b")

        await outside.tell("break", "slate/racks/lake/a", "refused")
        assert await health() == [0, 200, 200]
        await outside.tell("mend", "slate/racks/lake/a")
        assert await health() == [200, 200, 200]


async def test_a_zone_answers_only_as_those_who_are_on_it(start_world: Starter) -> None:
    async with start_world(speed=50, file=ZONES) as outside:
        await outside.tell("break", "slate/racks/lake/a", "refused")
        url = "https://region.test/health"
        assert (await outside.get(url)).status == 200
        assert (await outside.get(url, headers={"Host": "other.test"})).status == 200
        assert (await outside.get(url, headers={"Host": "zone.test"})).status == 404
