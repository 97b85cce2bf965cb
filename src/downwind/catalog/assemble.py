"""Puts the parts of a catalogue together: overlays add and overrule, contradictions are refused."""

from collections.abc import Iterator, Sequence

from downwind.catalog.blocks import read_block
from downwind.catalog.claims import Claim, Claims
from downwind.catalog.read import Part
from downwind.catalog.schema import (
    AsnFact,
    CookieFact,
    Fact,
    HeaderFact,
    HostFact,
    IssuerFact,
    PrefixFact,
    PrefixTable,
    Sourced,
)
from downwind.catalog.schema import Product as ProductForm
from downwind.catalog.signs import Sign
from downwind.catalog.types import Acquisition, Carrier, Product, Provider, StatusFeed
from downwind.terms import CatalogError


def merge(parts: Sequence[Part]) -> dict[str, Provider]:
    """One provider for each id: the first part names it, later ones add to it."""
    grouped: dict[str, list[Part]] = {}
    for part in parts:
        grouped.setdefault(part.form.id, []).append(part)
    providers = {id_: _merge_one(same) for id_, same in sorted(grouped.items())}
    for part in parts:
        _refuse_strangers(part, providers)
    return providers


def claims_of(parts: Sequence[Part], providers: dict[str, Provider]) -> Claims:
    """All fingerprints of all parts; raises CatalogError where two claim the same."""
    claims = Claims()
    for part in parts:
        provider = providers[part.form.id]
        for index, fact in enumerate(part.form.facts):
            path = f"facts[{index}]"
            _check_references(part.where, path, provider, fact.product, fact.region)
            claim = _claim(part, path, provider, fact.product, fact.region, fact)
            _add_fact(claims, claim, fact, provider)
        for index, table in enumerate(part.form.prefixes):
            _add_table(claims, part, f"prefixes[{index}]", table, provider)
    return claims


def signs_of(parts: Sequence[Part], providers: dict[str, Provider]) -> tuple[Sign, ...]:
    """All error signatures of all parts; raises CatalogError where an id is there twice."""
    signs: dict[tuple[str, str], Sign] = {}
    nearer: set[tuple[str, str]] = set()
    for part in sorted(parts, key=lambda part: part.nearer):
        provider = providers[part.form.id]
        for index, signature in enumerate(part.form.signatures):
            path = f"signatures[{index}]"
            _check_references(part.where, path, provider, signature.product, None)
            key = (provider.id, signature.id)
            if key in signs and (key in nearer or not part.nearer):
                raise CatalogError(
                    f"{path}.id: {provider.id} has a signature {signature.id!r} already.",
                    where=part.where,
                    todo="Give this one another id, or take it out.",
                )
            signs[key] = Sign(provider.id, signature)
            if part.nearer:
                nearer.add(key)
    return tuple(signs.values())


def _merge_one(parts: Sequence[Part]) -> Provider:
    ordered = sorted(parts, key=lambda part: part.nearer)
    first = ordered[0]
    named = next((p for p in ordered if p.nearer and p.form.name), first)
    if first.form.name is None:
        raise CatalogError(
            f"name: no file before this one has a provider {first.form.id!r}, so it needs a name.",
            where=first.where,
            todo="Write its name, or mend the id if it should add to a provider that is there.",
        )
    products: dict[str, Product] = {}
    for layer in (False, True):
        own: dict[str, Product] = {}
        for part in ordered:
            if part.nearer is layer:
                _refuse_renaming(next(p for p in ordered if p.nearer is layer), part)
                for index, form in enumerate(part.form.products):
                    _add_product(own, form, f"{part.where}: products[{index}]")
        products |= own
    status = next((p.form.status for p in reversed(ordered) if p.form.status), None)
    owner = next((p.form.owner for p in reversed(ordered) if p.form.owner), None)
    bought = next((p.form.acquired for p in reversed(ordered) if p.form.acquired), None)
    return Provider(
        id=first.form.id,
        name=named.form.name or first.form.name,
        owner=owner or named.form.name or first.form.name,
        products=tuple(products.values()),
        regions=tuple(dict.fromkeys(region for part in parts for region in part.form.regions)),
        status=StatusFeed(status.url, status.format) if status else None,
        acquired=Acquisition(bought.year, bought.before) if bought else None,
    )


def _refuse_renaming(first: Part, part: Part) -> None:
    for field in ("name", "owner"):
        known, given = getattr(first.form, field), getattr(part.form, field)
        if given is not None and known is not None and given != known:
            raise CatalogError(
                f"{field}: {first.form.id} is {known!r} in {first.where}, and {given!r} here.",
                where=part.where,
                todo=f"Leave {field} out to add to it, or choose another id.",
            )


def _add_product(products: dict[str, Product], form: ProductForm, where: str) -> None:
    known = products.get(form.id)
    if known is not None and known.role != form.role:
        raise CatalogError(
            f"role: the product {form.id!r} already has the role {known.role}, not {form.role}.",
            where=where,
            todo="Leave the product out to use it as it is, or choose another id.",
        )
    carriers = tuple(Carrier(each.provider, each.last_confirmed) for each in form.served_by)
    if known is None:
        products[form.id] = Product(form.id, form.role, form.name, carriers, form.ended)


def _refuse_strangers(part: Part, providers: dict[str, Provider]) -> None:
    for index, product in enumerate(part.form.products):
        for place, carrier in enumerate(product.served_by):
            if carrier.provider not in providers:
                path = f"products[{index}].served_by[{place}].provider"
                raise _stranger(part, path, carrier.provider)
    for index, fact in enumerate(part.form.facts):
        if fact.served_by is not None and fact.served_by not in providers:
            raise _stranger(part, f"facts[{index}].served_by", fact.served_by)


def _stranger(part: Part, path: str, id_: str) -> CatalogError:
    return CatalogError(
        f"{path}: nobody is called {id_!r}.",
        where=part.where,
        todo="Mend the id, or add that provider.",
    )


def _check_references(
    where: str, path: str, provider: Provider, product: str | None, region: str | None
) -> None:
    if product is not None and provider.product(product) is None:
        known = ", ".join(each.id for each in provider.products) or "none"
        raise CatalogError(
            f"{path}.product: {provider.id} has no product {product!r} (it has {known}).",
            where=where,
            todo="Mend it, or add the product.",
        )
    if region is not None and provider.regions and region not in provider.regions:
        raise CatalogError(
            f"{path}.region: {region!r} is not among the regions of {provider.id}.",
            where=where,
            todo="Mend it, or add it to `regions`.",
        )


def _claim(
    part: Part,
    path: str,
    provider: Provider,
    product: str | None,
    region: str | None,
    said: Sourced,
) -> Claim:
    # A source says whose it is; who carries it is a second statement, which it does not confirm.
    named = said.served_by if isinstance(said, Fact) else None
    return Claim(
        provider=provider.id,
        product=product,
        region=region,
        role=provider.role(product),
        source=said.source or "public knowledge",
        last_confirmed=said.last_confirmed,
        where=f"{part.where}: {path}",
        carrier=Carrier(named) if named else provider.carrier(product),
        nearer=part.nearer,
    )


def _add_fact(claims: Claims, claim: Claim, fact: Fact, provider: Provider) -> None:
    match fact:
        case HostFact():
            for suffix, region in _regional(fact, provider, claim.where):
                claims.add_host(fact.kind, suffix, claim.within(region) if region else claim)
        case PrefixFact():
            claims.add_prefix(read_block(fact.prefix), claim)
        case AsnFact():
            claims.add_network(fact.number, claim)
        case HeaderFact():
            claims.add_header(fact.name, fact.contains, claim)
        case CookieFact():
            claims.add_cookie(fact.name, claim)
        case IssuerFact():
            claims.add_issuer(fact.organization, fact.common_name, claim)


def _regional(fact: HostFact, provider: Provider, where: str) -> Iterator[tuple[str, str | None]]:
    if "{region}" not in fact.suffix:
        yield fact.suffix, None
        return
    if not provider.regions:
        raise CatalogError(
            f"suffix: {fact.suffix} names a region, and {provider.id} lists none.",
            where=where,
            todo="Add `regions` to the provider.",
        )
    for region in provider.regions:
        yield fact.suffix.replace("{region}", region), region


def _add_table(
    claims: Claims, part: Part, path: str, table: PrefixTable, provider: Provider
) -> None:
    where = part.where
    by_region: dict[str | None, Claim] = {}
    for number, line in enumerate(table.table.splitlines(), start=1):
        words = line.split()
        if not words:
            continue
        if len(words) > 2:
            raise CatalogError(
                f"{path}.table line {number}: {line.strip()!r} is more than a prefix and a region.",
                where=where,
                todo="Write one prefix a line, and its region behind it.",
            )
        region = words[1] if len(words) == 2 else None
        if region not in by_region:
            place = f"{path}.table line {number}"
            _check_references(where, place, provider, table.product, region)
            by_region[region] = _claim(part, path, provider, table.product, region, table)
        try:
            block = read_block(words[0])
        except ValueError as error:
            place = f"{path}.table line {number}"
            raise CatalogError(f"{place}: {error}.", where=where) from error
        if not (part.yields and block in claims.prefixes):
            claims.add_prefix(block, by_region[region])
