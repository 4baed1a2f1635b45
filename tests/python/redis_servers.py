"""Redis servers that are set up in ways of their own: with a password, with TLS, on a socket, as a cluster."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta, timezone
from ipaddress import IPv4Address
from pathlib import Path

import redis
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

SECONDS_TO_START = 60


def free_port() -> int:
    """A port on loopback that is free now, and so is the one 10,000 above, which cluster nodes talk on."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port = int(first.getsockname()[1])
            if port > 50_000:
                continue
            try:
                second.bind(("127.0.0.1", port + 10_000))
            except OSError:
                continue
            return port


@contextmanager
def server(folder: Path, port: int, *options: str, client: redis.Redis) -> Iterator[int]:
    """A Redis server that ends with the block, which begins when `client` gets an answer."""
    folder.mkdir(parents=True, exist_ok=True)
    log = (folder / "log").open("w")
    command = [
        "/usr/bin/redis-server",
        "--bind",
        "127.0.0.1",
        "--save",
        "",
        "--appendonly",
        "no",
        "--dir",
        str(folder),
    ]
    process = subprocess.Popen(
        [*command, "--port", str(port), *options], stdout=log, stderr=subprocess.STDOUT
    )
    try:
        deadline = time.monotonic() + SECONDS_TO_START
        while True:
            try:
                client.ping()
                break
            except (redis.ConnectionError, FileNotFoundError):
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError((folder / "log").read_text()) from None
                time.sleep(0.05)
        yield port
    finally:
        client.close()
        process.terminate()
        process.wait(30)
        log.close()


@contextmanager
def cluster(folder: Path, nodes: int = 3) -> Iterator[Sequence[int]]:
    """A Redis Cluster of masters only; yields their ports."""
    with ExitStack() as stack:
        ports = []
        for number in range(nodes):
            port = free_port()
            own = folder / f"node{number}"
            client = redis.Redis(port=port)
            options = ("--cluster-enabled", "yes", "--cluster-config-file", str(own / "nodes.conf"))
            ports.append(stack.enter_context(server(own, port, *options, client=client)))
        subprocess.run(
            ["/usr/bin/redis-cli", "--cluster", "create", *(f"127.0.0.1:{port}" for port in ports), "--cluster-yes"],
            check=True, capture_output=True,
        )  # fmt: skip
        deadline = time.monotonic() + SECONDS_TO_START
        for port in ports:
            with redis.Redis(port=port) as client:
                while b"cluster_state:ok" not in client.execute_command("CLUSTER", "INFO", NEVER_DECODE=True):
                    if time.monotonic() > deadline:
                        raise RuntimeError("The cluster did not come up.")
                    time.sleep(0.1)
        yield ports


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that vouches for itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(timezone.utc)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "certificate.pem").write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return folder / "certificate.pem", folder / "key.pem"
