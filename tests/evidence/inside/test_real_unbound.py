"""What a real unbound logs is read as it was asked."""

import shutil
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import dns.exception
import dns.message
import dns.query
import pytest

from downwind.evidence.inside.dnslog import read_dnslog

from .reads import queries, stream

CONFIG = """
server:
  directory: "{folder}"
  chroot: ""
  username: ""
  pidfile: "{folder}/pid"
  logfile: "{folder}/unbound.log"
  use-syslog: no
  do-daemonize: no
  interface: 127.0.0.1@{port}
  log-queries: yes
  log-replies: yes
  log-tag-queryreply: {tag}
  log-time-ascii: {tag}
  local-zone: "example.com." static
  local-data: "www.example.com. CNAME a.example.com."
  local-data: "a.example.com. A 192.0.2.1"
  local-zone: "internal." static
  local-data: "db1.internal. A 192.0.2.80"
remote-control:
  control-enable: no
"""
ASKED = (
    ("www.example.com", "A"),
    ("WWW.Example.com", "HTTPS"),
    ("gone.example.com", "A"),
    ("odd\\032name.example.com", "A"),
    ("db1.internal", "A"),
    ("example.com", "MX"),
    ("1.2.0.192.in-addr.arpa", "PTR"),
)


@pytest.fixture(params=["no", "yes"])
def log(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The log of an unbound that was asked ASKED."""
    program = shutil.which("unbound") or "/usr/sbin/unbound"
    if not Path(program).exists():
        pytest.skip("unbound is not installed (apt-get install unbound)")
    # Another process may take a free port first; unbound then ends.
    for _ in range(5):
        port = _free_port()
        config = tmp_path / "unbound.conf"
        config.write_text(CONFIG.format(folder=tmp_path, port=port, tag=request.param))
        process = subprocess.Popen([program, "-d", "-c", str(config)], stderr=subprocess.DEVNULL)
        try:
            if _ask(port, process):
                return tmp_path / "unbound.log"
        finally:
            process.terminate()
            process.wait(30)
    raise AssertionError("unbound found no port")


def _free_port() -> int:
    """A port that is free for UDP and TCP; a closed connection of another test may hold the one."""
    for _ in range(50):
        with (
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp,
            socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp,
            suppress(OSError),
        ):
            udp.bind(("127.0.0.1", 0))
            tcp.bind(udp.getsockname())
            return int(udp.getsockname()[1])
    raise AssertionError("no port is free for both")


def _ask(port: int, process: "subprocess.Popen[bytes]") -> bool:
    """Ask everything; False where unbound ended before it answered."""
    until = time.monotonic() + 30
    for name, type_ in ASKED:
        query = dns.message.make_query(name, type_)
        while True:
            try:
                dns.query.udp(query, "127.0.0.1", port=port, timeout=0.2)
                break
            except (dns.exception.Timeout, OSError):
                if process.poll() is not None:
                    return False
                assert time.monotonic() < until, "unbound does not answer"
                time.sleep(0.05)
    return True


def test_the_log_of_a_real_unbound_tells_what_was_asked(log: Path) -> None:
    reading = read_dnslog(stream(log.read_bytes()), now=time.time())

    assert reading.format == "unbound"
    assert reading.broken == 0
    assert set(queries(reading)) == {"www.example.com"}
    counted = {sort: reading.facts[sort]["names"] for sort in ("internal", "reverse", "odd")}
    assert counted == {"internal": 1, "reverse": 1, "odd": 1}
    assert reading.facts["missing"]["names"] == 1
    assert reading.facts["checking"]["names"] == 1
    # As text, unbound writes local time without its zone.
    assert abs(reading.facts["last"] - time.time()) < 15 * 3600
