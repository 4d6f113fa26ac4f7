"""How many connections a second get through STARTTLS; no other program is compared."""

import socket
import ssl
import tempfile
import threading
import time
from pathlib import Path

from report import Row

THREADS = 4


def starttls(bench):
    count = bench.size(2_000, 100)
    with tempfile.TemporaryDirectory() as folder, bench.restante("--tls", "auto", "--tls-dir", folder) as server:
        context = ssl.create_default_context(cafile=Path(folder, "ca.pem"))
        connections(server, context, count // 10)
        before, start = server.cpu(), time.perf_counter()
        connections(server, context, count)
        took, cpu = time.perf_counter() - start, server.cpu() - before
    detail = (
        f"{count:,} connections from {THREADS} threads of Python, each with a full handshake of TLS 1.3 and no mail; "
        f"CPU of the server {cpu / count * 1e6:.0f} µs each"
    )
    return Row("STARTTLS connections", f"{count / took:,.0f} a second", None, None, detail)


def connections(server, context, count):
    failures = []

    def some():
        try:
            for _ in range(count // THREADS):
                one(server, context)
        except OSError as error:
            failures.append(error)

    threads = [threading.Thread(target=some) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def one(server, context):
    with socket.create_connection(server.smtp, 30) as plain:
        plain.recv(512)
        for command in [b"EHLO bench.example\r\n", b"STARTTLS\r\n"]:
            plain.sendall(command)
            plain.recv(4096)
        with context.wrap_socket(plain, server_hostname="localhost") as stream:
            stream.sendall(b"QUIT\r\n")
            stream.recv(512)
