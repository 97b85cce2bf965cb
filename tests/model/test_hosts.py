"""The hosts that journeys visit are what a map begins with."""

from downwind.model import model_from_texts

TEXT = """
services:
  - name: a.test
    capabilities:
      - id: call
        journey:
          - {do: get, url: "https://A.test/in"}
          - {do: call, url: "https://a.test", via: "https://relay.test/", sender: x, to: y, text: z}
      - {id: read, journey: [{do: get, url: "https://b.test/"}, {do: get, url: "https://a.test/"}]}
  - {name: c.test, capabilities: [{id: rest}]}
"""


def test_every_host_is_there_once_and_so_is_the_relay_of_a_call() -> None:
    assert model_from_texts([("m", TEXT)]).hosts() == ("a.test", "relay.test", "b.test")
