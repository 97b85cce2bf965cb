"""What comes with Downwind: every file is valid, every statement says where it comes from."""

import time
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from downwind.catalog import ROLES, Catalog, json_schema
from downwind.catalog.read import parts_of
from downwind.catalog.schema import STATUS_FORMATS, ProviderFile

FILES = sorted(
    (Path(__file__).parents[2] / "src" / "downwind" / "catalog" / "providers").glob("*.yaml")
)


def _plain(file: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return loaded


def _statements(form: dict[str, Any]) -> list[dict[str, Any]]:
    carriers = [c for product in form["products"] for c in product.get("served_by", ())]
    status = [form["status"]] if "status" in form else []
    lists = ("facts", "prefixes", "signatures")
    return [each for key in lists for each in form.get(key, ())] + carriers + status


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_file_is_valid_and_named_for_its_provider(file: Path) -> None:
    (part,) = parts_of(file.read_text(encoding="utf-8"), file.name)
    assert part.form.id == file.stem
    assert part.form.name
    assert part.form.owner
    assert part.form.products


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_statement_has_source_and_date_or_is_marked_unconfirmed(file: Path) -> None:
    for statement in _statements(_plain(file)):
        dated = isinstance(statement.get("last_confirmed"), date)
        confirmed = bool(statement.get("source")) and dated
        assert confirmed != bool(statement.get("unconfirmed")), statement


def test_at_least_forty_providers_have_a_fingerprint(catalog: Catalog) -> None:
    recognised = [file.stem for file in FILES if _plain(file).get("facts")]
    assert len(recognised) >= 40
    assert {provider.id for provider in catalog.providers} == {file.stem for file in FILES}


def test_the_providers_of_the_founding_article_keep_their_ids(catalog: Catalog) -> None:
    for provider in ("cloudflare", "aws", "google-cloud", "azure", "fastly", "akamai"):
        assert catalog.provider(provider)


def test_each_role_of_the_design_has_several_providers(catalog: Catalog) -> None:
    for role in ("edge", "cloud", "dns", "keyvalue", "certificates", "mail"):
        providers = {p.id for p in catalog.providers if any(q.role == role for q in p.products)}
        assert len(providers) >= 3, role


def test_every_product_has_a_known_role(catalog: Catalog) -> None:
    assert {q.role for p in catalog.providers for q in p.products} <= set(ROLES)


def test_the_catalogue_names_no_service_of_a_world() -> None:
    for file in FILES:
        assert ".test" not in file.read_text(encoding="utf-8"), file.name


def test_the_catalogue_stays_small_and_loads_quickly() -> None:
    assert sum(file.stat().st_size for file in FILES) < 400_000
    Catalog.load()
    times = []
    for _ in range(3):
        start = time.perf_counter()
        Catalog.load()
        times.append(time.perf_counter() - start)
    # 0.15 s is the aim; the rest is room for a busy machine.
    assert min(times) < 0.45


def test_the_schema_can_be_exported_and_knows_every_key() -> None:
    schema = json_schema()
    assert set(schema["properties"]) == set(ProviderFile.model_fields)
    assert "statuspage" in str(STATUS_FORMATS)
    assert schema["additionalProperties"] is False
