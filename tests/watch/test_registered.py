"""Registries are asked of one's own domains alone, and never of names that a company gives out."""

from __future__ import annotations

from downwind.model import Model
from downwind.watch.registered import OwnDomains, own_domains


def _model(*urls: str, **more: str) -> Model:
    steps = [{"url": url} for url in urls]
    capability = {"id": "page", "journey": steps} | {"probes": [{k: v} for k, v in more.items()]}
    return Model.model_validate({"services": [{"name": "shop", "capabilities": [capability]}]})


def test_the_domains_are_those_of_all_hosts_that_are_visited() -> None:
    model = _model("https://www.shop.test/", "https://pay.other.co.uk/x", dns="mail.shop.test")
    own = own_domains(model)
    assert own == OwnDomains({"shop/page": ("shop.test", "other.co.uk")}, {})
    assert own.asked() == ("shop.test", "other.co.uk")


def test_what_is_declared_and_not_visited_belongs_to_others() -> None:
    capability = {
        "id": "page",
        "journey": [{"url": "https://shop.test/"}],
        "declares": [{"need": "edge", "any_of": ["cdn.vendor.test", "cloudflare"]}],
    }
    model = Model.model_validate({"services": [{"name": "shop", "capabilities": [capability]}]})
    assert own_domains(model).every() == ("shop.test",)


def test_addresses_and_bare_suffixes_have_no_domain() -> None:
    assert own_domains(_model("https://192.0.2.1/", "https://[2001:db8::1]/", tcp="com:443")) == (
        OwnDomains({}, {})
    )


def test_a_name_that_a_company_gives_out_is_unknown_to_registries() -> None:
    own = own_domains(_model("https://shop.github.io/", "https://www.shop.test/"))
    assert own.of["shop/page"] == ("shop.github.io", "shop.test")
    assert own.asked() == ("shop.test",)
    why = "its name is given out by github.io, which another registered"
    assert own.unasked == {"shop.github.io": why}


def test_names_are_written_as_registries_write_them() -> None:
    assert own_domains(_model("https://WWW.Bücher.Example/")).every() == ("xn--bcher-kva.example",)


def test_where_the_watch_file_says_so_nobody_is_asked() -> None:
    own = own_domains(_model("https://www.shop.test/"), ask=False)
    assert (own.every(), own.asked()) == (("shop.test",), ())
    assert "domains.ask" in own.unasked["shop.test"]
