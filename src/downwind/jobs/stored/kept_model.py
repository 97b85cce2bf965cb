"""The model that lies beside stored probes, so that a replay knows what they were probes of.

It holds what a verdict needs and no secret: journeys are the addresses that they visit, without
what was sent there; variables, tokens and alert routes are left out.
"""

from __future__ import annotations

from pathlib import Path

import yaml

from downwind.evidence.redact import redact_url
from downwind.model import Capability, Model, Service, WatchSettings
from downwind.model import Probe as WrittenProbe
from downwind.model import Step as WrittenStep

MODEL_FILE = "model.yaml"
# The dumper over libyaml is some five times faster, and is not in every build of PyYAML.
_DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


def keep_model(model: Model, directory: Path) -> None:
    """Write it as DIRECTORY/model.yaml, in place of an older one; raises OSError."""
    write_model(_without_secrets(model), directory / MODEL_FILE)


def write_model(model: Model, file: Path) -> None:
    """Write a model file that reads back the same; raises OSError."""
    form = model.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    text = yaml.dump(form, Dumper=_DUMPER, allow_unicode=True, sort_keys=False)
    half = file.with_name(file.name + ".new")
    half.write_text(text, encoding="utf-8")
    half.replace(file)


def _without_secrets(model: Model) -> Model:
    settings = model.watch or WatchSettings()
    lent = settings.globalping
    without = {
        "tokens": (),
        "alerts": (),
        "heartbeat": None,
        "globalping": lent.model_copy(update={"token": ""}) if lent else None,
    }
    told = settings.model_copy(update=without)
    services = tuple(map(_service, model.services))
    return model.model_copy(update={"services": services, "watch": told})


def _service(service: Service) -> Service:
    capabilities = tuple(map(_capability, service.capabilities))
    return service.model_copy(update={"variables": {}, "capabilities": capabilities})


def _capability(capability: Capability) -> Capability:
    steps = tuple(
        WrittenStep(url=redact_url(url), strength=step.strength)
        for step in capability.journey
        for url in step.urls
    )
    return capability.model_copy(
        update={"journey": steps, "probes": tuple(map(_probe, capability.probes))}
    )


def _probe(probe: WrittenProbe) -> WrittenProbe:
    if probe.http is None:
        return probe
    return probe.model_copy(update={"http": redact_url(probe.http), "contains": None})
