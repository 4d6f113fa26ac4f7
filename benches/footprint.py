"""What Restante takes: memory, time to start, bytes to load."""

import gzip
import http.client
import statistics
import time

import programs
from report import Row

MIB = 1024 * 1024


def memory(bench):
    count = bench.size(100_000, 5_000)
    with bench.restante() as server:
        before = server.memory("VmRSS")
        programs.send(server, count)
        after, most = server.memory("VmRSS"), server.memory("VmHWM")
    detail = f"VmRSS, a new connection for each message; {before / MIB:.1f} MiB before, {most / MIB:.1f} MiB at most"
    return Row(f"memory after {count:,} messages", f"{after / MIB:.1f} MiB", "≤ 64 MiB", after <= 64 * MIB, detail)


def start(bench):
    times = []
    for _ in range(bench.size(20, 5)):
        begin = time.perf_counter()
        with bench.restante() as server:
            if not programs.answers(server.smtp):
                raise programs.Failure("the SMTP port is told but does not answer")
            connection = http.client.HTTPConnection(*server.http, timeout=10)
            connection.request("GET", "/livez")
            connection.getresponse().read()
            times.append(1000 * (time.perf_counter() - begin))
            connection.close()
    middle = statistics.median(times)
    detail = f"median of {len(times)}, from exec to the banner and the answer to `GET /livez`; {min(times):.0f} to {max(times):.0f} ms"
    return Row("start", f"{middle:.0f} ms", "≤ 50 ms", middle <= 50, detail)


def binary(bench):
    size = bench.binary.stat().st_size
    return Row("release binary", f"{size / MIB:.1f} MiB", "≤ 20 MiB", size <= 20 * MIB, "stripped, with the inspector in it")


def inspector(bench):
    if bench.assets is None:
        raise programs.Failure("the inspector's size is only known of a binary built here")
    files = [path for path in bench.assets.iterdir() if path.suffix in (".js", ".css")]
    if not files:
        raise programs.Failure("the built inspector has no scripts and styles")
    size = sum(len(gzip.compress(path.read_bytes())) for path in files)
    detail = f"JavaScript and CSS, gzip; {sum(path.stat().st_size for path in files) / 1024:.0f} KiB as they are"
    return Row("inspector", f"{size / 1024:.1f} KiB", "≤ 100 KiB", size <= 100 * 1024, detail)
