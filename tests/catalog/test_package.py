"""What comes with Downwind: every file is valid, every statement says where it comes from."""

import time
from pathlib import Path

from downwind.catalog import ROLES, Catalog, json_schema
from downwind.catalog.read import package_parts
from downwind.catalog.schema import STATUS_FORMATS, ProviderFile, Sourced, Status

FILES = sorted(
    (Path(__file__).parents[2] / "src" / "downwind" / "catalog" / "providers").glob("*.yaml")
)


PARTS = {part.where: part for part in package_parts()}


def _statements(form: ProviderFile) -> list[Sourced | Status]:
    carriers = [carrier for product in form.products for carrier in product.served_by]
    single = [each for each in (form.acquired, form.status) if each]
    return [*form.facts, *form.prefixes, *form.signatures, *carriers, *single]


def test_every_file_is_named_for_its_provider_and_says_whose_it_is_and_what_it_offers() -> None:
    assert {f"providers/{file.name}" for file in FILES} == set(PARTS)
    for where, part in PARTS.items():
        assert where == f"providers/{part.form.id}.yaml"
        assert part.form.name, where
        assert part.form.owner, where
        assert part.form.products, where


def test_every_statement_has_source_and_date_or_is_marked_unconfirmed() -> None:
    for where, part in PARTS.items():
        for statement in _statements(part.form):
            confirmed = bool(statement.source) and statement.last_confirmed is not None
            assert confirmed != statement.unconfirmed, (where, statement)


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
    assert sum(file.stat().st_size for file in FILES) < 2_000_000
    Catalog.load()
    times = []
    for _ in range(3):
        start = time.process_time()
        Catalog.load()
        times.append(time.process_time() - start)
    # 0.2 s of CPU for a thousand providers; the rest is room for a busy machine.
    assert min(times) < 0.6


def test_the_schema_can_be_exported_and_knows_every_key() -> None:
    schema = json_schema()
    assert set(schema["properties"]) == set(ProviderFile.model_fields)
    assert "statuspage" in str(STATUS_FORMATS)
    assert schema["additionalProperties"] is False
