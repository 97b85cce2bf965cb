"""What the providers and products of a world are called, in the sentences of a scenario."""

from dataclasses import dataclass

from downwind.terms import Scope
from downwind.world.form.schema import WorldFile


@dataclass(frozen=True, slots=True)
class Called:
    """Fills the names of what is hit into a scenario's texts."""

    world: WorldFile
    fault: Scope

    def provider(self, scope: Scope) -> str:
        """Cloudflare."""
        provider = self.world.provider(scope.provider)
        return provider.called if provider else scope.provider

    def product(self, scope: Scope) -> str:
        """CDN and proxy; empty for a whole provider or region."""
        product = self.world.product(scope.provider, scope.product)
        return product.called if product else (scope.product or "").strip("*")

    def scope(self, scope: Scope) -> str:
        """Cloudflare, CDN and proxy (us-east-1, bots)."""
        name = ", ".join(part for part in (self.provider(scope), self.product(scope)) if part)
        finer = [part for part in (scope.region, scope.zone, scope.variant) if part]
        return f"{name} ({', '.join(finer)})" if finer else name

    def told(self, text: str) -> str:
        """A text of the scenario with `{provider}`, `{product}` and `{region}` filled in."""
        for key, value in (
            ("{provider}", self.provider(self.fault)),
            ("{product}", self.product(self.fault)),
            ("{region}", self.fault.region or ""),
        ):
            text = text.replace(key, value)
        return text
