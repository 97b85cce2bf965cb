"""Two services are compared by all that their journeys visit, relays included."""

from pathlib import Path

import pytest

from downwind.jobs.compare import compare_emulated
from tests.world.conftest import SMALL

CALL = "{do: call, url: 'https://news.test', via: 'https://shop.test', sender: a, to: b, text: hey}"
READ = "{do: get, url: 'https://www.plain.test'}"


@pytest.mark.timeout(60)
async def test_what_the_relay_of_a_call_stands_on_is_mapped_too(tmp_path: Path) -> None:
    text = SMALL.read_text(encoding="utf-8")
    for service, step in (("news.test", CALL), ("plain.test", READ)):
        name = f"  - name: {service}\n"
        text = text.replace(name, f"{name}    capabilities: [{{id: use, journey: [{step}]}}]\n")
    file = tmp_path / "w.yaml"
    file.write_text(text, encoding="utf-8")
    found = await compare_emulated("news.test", "plain.test", 3600.0, world_file=file)
    stands_on = {str(scope) for scope in found.compared.a.stands_on}
    assert "nimbus/vm/west-1" in stands_on
    assert "nimbus/vm/west-1" not in {str(scope) for scope in found.compared.b.stands_on}
