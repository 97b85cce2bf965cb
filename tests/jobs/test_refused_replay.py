"""A replay that ends before it begins keeps no time, and needs no machine to itself."""

from pathlib import Path

import pytest

from downwind.world.form.scenario import packaged
from tests.jobs.playing import replayed

pytestmark = pytest.mark.timeout(600)

SCENARIO = "cloudflare-2025-11-18"


def test_what_fails_before_anything_is_broken_is_refused_with_the_step(tmp_path: Path) -> None:
    world = packaged("worlds")["founding"].read_text(encoding="utf-8")
    broken = world.replace(
        "variables: {user: ada, password: feather-river, friend: grace}",
        "variables: {user: ada, password: forgotten, friend: grace}",
    )
    assert broken != world
    (tmp_path / "founding.yaml").write_text(broken, encoding="utf-8")
    scenario = packaged("scenarios")[SCENARIO].read_text(encoding="utf-8")
    (tmp_path / "s.yaml").write_text(
        scenario.replace("world: founding", "world: founding.yaml"), encoding="utf-8"
    )
    code, form, err = replayed(str(tmp_path / "s.yaml"), "--users", "0")
    assert (code, form) == (3, None)
    assert "this fails before anything is broken: x.test/" in err
    assert "(post https://x.test/sign-in), status 401" in err
