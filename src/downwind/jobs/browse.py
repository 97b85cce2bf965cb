"""Pages in a real browser: what they load, and what breaks without each third party."""

from collections.abc import Callable, Sequence
from pathlib import Path

from downwind.evidence.log import EvidenceLog
from downwind.jobs.map import map_here
from downwind.observe import Network
from downwind.observe.browser import look_at_page
from downwind.terms import Evidence, Seen

Heard = Callable[[Evidence], None]


async def map_with_browser(
    names: Sequence[str],
    network: Network,
    directory: Path,
    *,
    budget: float,
    heard: Heard,
    rdap: bool = False,
) -> None:
    """Map the names, look at each one's page in the browser, and map the hosts that it adds.

    Each of the three may take `budget` real seconds, the second for each page. Evidence of the
    kind `page.browser`. Raises CannotMeasure where there is no browser.
    """
    await map_here(names, network, directory, budget=budget, heard=heard, rdap=rdap)
    hosts = await _browse(names, network, directory, budget, heard)
    if hosts:
        await map_here((), network, directory, budget=budget, heard=heard, hosts=hosts)


async def _browse(
    names: Sequence[str], network: Network, directory: Path, budget: float, heard: Heard
) -> list[str]:
    """The hosts of third parties that the pages asked for."""
    hosts: dict[str, None] = {}
    with EvidenceLog(directory) as log:
        for name in names:
            url = name if "://" in name else f"https://{name}/"
            finding = await look_at_page(url, network, budget)
            record = Evidence(url, "page.browser", finding, network.clock.now(), network.vantage)
            log.append(record)
            heard(record)
            if isinstance(finding, Seen):
                thirds = (each for each in finding.value["resources"] if each["third_party"])
                hosts |= {str(each["host"]): None for each in thirds}
        log.sync()
    return list(hosts)
