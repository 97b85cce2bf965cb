"""The other side of benchmarks/probes.py: a cheap web server, and Debian's blackbox exporter.

Run by probes.py, each in a process of its own:

    probes_peer.py serve CERTIFICATE SECONDS
    probes_peer.py drive PID PORT URL RATE TARGETS SECONDS
"""

import asyncio
import datetime
import ipaddress
import json
import os
import ssl
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

BODY = b"x" * 512
ANSWER = (
    b"HTTP/1.1 200 OK\r\nServer: cheap\r\nContent-Type: text/html; charset=utf-8\r\n"
    b"Cache-Control: no-store\r\nConnection: close\r\nContent-Length: 512\r\n\r\n" + BODY
)
ERROR_PAGE = (
    b"<!DOCTYPE html>\n<html lang='en-US'><head><title>h.test | 522: Connection timed out</title>"
    b"<link rel='stylesheet' href='/edge/styles/main.css' /></head>\n<body>"
    + b"<div class='details'><span>Error code 522</span> Visit <a href='https://www.edge.test/5xx?"
    b"source=errorcode_522&campaign=h.test' target='_blank'>edge.test</a> for more.</div>\n"
    * 6
    + b"<p class='footer'>A sentence that explains what may have happened to the server.</p>\n" * 40
    + b"</body></html>\n"
)
ERROR = (
    b"HTTP/1.1 522 No Reason\r\nServer: edge\r\nX-Ray: 9a0b1c2d3e4f5a6b-FRA\r\n"
    b"Content-Type: text/html; charset=UTF-8\r\nSet-Cookie: __b=1; path=/\r\n"
    b"Cache-Control: private, max-age=0, no-store\r\nConnection: close\r\n"
    b"Content-Length: %d\r\n\r\n" % len(ERROR_PAGE)
) + ERROR_PAGE


class _Cheap(asyncio.Protocol):
    """Answers whatever comes, and closes."""

    answer = ANSWER

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, _: bytes) -> None:
        assert isinstance(self._transport, asyncio.Transport)
        self._transport.write(self.answer)
        self._transport.close()


class _Failing(_Cheap):
    """An edge whose origin is gone."""

    answer = ERROR


class _Names(asyncio.DatagramProtocol):
    """Says of every name that it is 127.0.0.1, for a minute, and that it has no other family."""

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, address: object) -> None:
        end = data.index(b"\0", 12) + 5
        question, is_a = data[12:end], data[end - 4 : end - 2] == b"\0\x01"
        head = data[:2] + b"\x81\x80\0\x01" + (b"\0\x01" if is_a else b"\0\0") + b"\0\0\0\0"
        record = b"\xc0\x0c\0\x01\0\x01\0\0\0\x3c\0\x04\x7f\0\0\x01" if is_a else b""
        self._transport.sendto(head + question + record, address)


async def serve(certificate: Path, seconds: float) -> None:
    """Say the ports of HTTP, HTTPS, HTTP that fails, and DNS, and serve on them."""
    loop = asyncio.get_running_loop()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    plain = await loop.create_server(_Cheap, "127.0.0.1", 0, backlog=4096)
    secure = await loop.create_server(_Cheap, "127.0.0.1", 0, backlog=4096, ssl=context)
    failing = await loop.create_server(_Failing, "127.0.0.1", 0, backlog=4096)
    names, _ = await loop.create_datagram_endpoint(_Names, local_addr=("127.0.0.1", 0))
    ports = [each.sockets[0].getsockname()[1] for each in (plain, secure, failing)]
    print(json.dumps([*ports, names.get_extra_info("sockname")[1]]), flush=True)
    await asyncio.sleep(seconds)


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """An authority's certificate, and a server's with its key, for 127.0.0.1."""
    now = datetime.datetime.now(datetime.UTC)
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
    names = [x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, n)]) for n in ("root", "leaf")]
    made = []
    for key, name, authority in zip(keys, names, (True, False), strict=True):
        builder = (
            x509.CertificateBuilder()
            .issuer_name(names[0])
            .subject_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=30))
            .add_extension(x509.BasicConstraints(authority, None), critical=True)
        )
        if not authority:
            here = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
            builder = builder.add_extension(x509.SubjectAlternativeName([here]), critical=False)
        made.append(builder.sign(keys[0], hashes.SHA256()))
    texts = [each.public_bytes(serialization.Encoding.PEM) for each in made]
    private = keys[1].private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    root, leaf = folder / "root.pem", folder / "leaf.pem"
    root.write_bytes(texts[0])
    leaf.write_bytes(private + texts[1])
    return root, leaf


def exporter_settings(folder: Path, root: Path) -> Path:
    """What the exporter is to do: the same as our probe, with no more than is needed."""
    module = {
        "prober": "http",
        "timeout": "10s",
        "http": {
            "preferred_ip_protocol": "ip4",
            "follow_redirects": False,
            "tls_config": {"ca_file": str(root)},
        },
    }
    file = folder / "blackbox.yml"
    file.write_text(json.dumps({"modules": {"http_2xx": module}}))  # JSON is YAML
    return file


def cpu_of(pid: int) -> float:
    """Seconds of CPU that a process has used, by /proc."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class _Driver:
    """Asks the exporter for probes at a steady rate, over connections that it keeps."""

    def __init__(self, port: int, url: str) -> None:
        self._port = port
        self._url = url
        self.answers = {True: 0, False: 0}
        self.slowest = 0.0

    async def work(self, due: "asyncio.Queue[tuple[float, int]]") -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        while True:
            at, number = await due.get()
            target = quote(f"{self._url}{number}", safe="")
            path = f"/probe?module=http_2xx&target={target}"
            writer.write(f"GET {path} HTTP/1.1\r\nHost: exporter\r\n\r\n".encode())
            text = await self._answer(reader)
            self.answers[b"\nprobe_success 1" in text] += 1
            self.slowest = max(self.slowest, time.monotonic() - at)

    async def _answer(self, reader: asyncio.StreamReader) -> bytes:
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        if b"content-length:" in head:
            return await reader.readexactly(int(head.split(b"content-length:")[1].split()[0]))
        text = b""
        while size := int(await reader.readuntil(b"\r\n"), 16):
            text += (await reader.readexactly(size + 2))[:-2]
        await reader.readexactly(2)
        return text


async def drive(pid: int, port: int, url: str, rate: float, many: int, seconds: float) -> None:
    """Print CPU seconds per probe of the exporter, and how many went well."""
    driver = _Driver(port, url)
    due: asyncio.Queue[tuple[float, int]] = asyncio.Queue()
    workers = [asyncio.create_task(driver.work(due)) for _ in range(64)]
    before, began, sent = cpu_of(pid), time.monotonic(), 0
    while (passed := time.monotonic() - began) < seconds:
        while sent < passed * rate:
            due.put_nowait((began + sent / rate, sent % many))
            sent += 1
        await asyncio.sleep(0.003)
    await asyncio.sleep(1.0)
    used, done = cpu_of(pid) - before, sum(driver.answers.values())
    for worker in workers:
        worker.cancel()
    await asyncio.gather(*workers, return_exceptions=True)
    told = {
        "probes": done,
        "failed": driver.answers[False],
        "cpu_us": used / max(done, 1) * 1e6,
        "slowest_s": driver.slowest,
    }
    print(json.dumps(told))


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        asyncio.run(serve(Path(sys.argv[2]), float(sys.argv[3])))
    else:
        _pid, _port, _url, _rate, _many, _seconds = sys.argv[2:]
        asyncio.run(drive(int(_pid), int(_port), _url, float(_rate), int(_many), float(_seconds)))
