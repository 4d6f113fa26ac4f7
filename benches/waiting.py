"""Calls that wait for mail: how soon they are answered, and what a thousand of them cost."""

import http.client
import json
import socket
import statistics
import threading
import time

import programs
from reading import Smtp
from report import Row

POLL = 0.5


def delay(bench):
    """From the last byte of DATA to the answer of a call that waits, beside a client that polls."""
    count = bench.size(200, 20)
    with bench.restante() as server:
        client = Smtp(server.smtp)
        waited = [one(server, client, wait) for _ in range(count)]
        polled = [one(server, client, poll) for _ in range(bench.size(20, 3))]
        client.close()
    cuts = statistics.quantiles(waited, n=100)
    detail = (
        f"p50 of {count} messages on an idle server; p99 {cuts[98]:.1f} ms, worst {max(waited):.1f} ms; "
        f"a client that polls every {1000 * POLL:.0f} ms: p50 {statistics.median(polled):.0f} ms"
    )
    what = "from the last byte of DATA to the answer of a call that waits"
    return Row(what, f"{cuts[49]:.1f} ms", "≤ 5 ms", cuts[49] <= 5, detail)


def one(server, client, look):
    cursor = get(server, "/v1/cursor")["cursor"]
    answered = []
    thread = threading.Thread(target=lambda: answered.append(look(server, cursor)))
    thread.start()
    # At any moment between two polls.
    time.sleep(0.02 + POLL * (time.perf_counter() % 1) if look is poll else 0.02)
    sent = client.send()
    thread.join(10)
    client.queued_id()
    if not answered:
        raise programs.Failure("a call that waits was not answered")
    return 1000 * (answered[0] - sent)


def wait(server, cursor):
    if not get(server, f"/v1/expect?to=ann@example.com&since={cursor}")["met"]:
        raise programs.Failure("a message was not found")
    return time.perf_counter()


def poll(server, cursor):
    while True:
        newest = get(server, "/v1/messages?limit=1")["messages"]
        if newest and newest[0]["seq"] > cursor:
            return time.perf_counter()
        time.sleep(POLL)


def get(server, path):
    connection = http.client.HTTPConnection(*server.http, timeout=20)
    connection.request("GET", path)
    answer = json.loads(connection.getresponse().read())
    connection.close()
    return answer


def waiters(bench):
    """Memory of 1,000 calls that wait, and the rate of the intake with and without them."""
    many, messages = 1000, bench.size(20_000, 500)
    with bench.restante() as server:
        # Few messages, so that no memory lies ready from others.
        programs.send(server, 20)
        programs.settle(server)
        idle = server.memory("VmRSS")
        calls = call_all(server, many)
        time.sleep(1)
        taken = (server.memory("VmRSS") - idle) / 2**20
        for each in calls:
            each.close()
        rates = {False: [], True: []}
        for _ in range(bench.size(7, 1)):
            for waits in (False, True):
                calls = call_all(server, many) if waits else []
                time.sleep(0.5)
                rates[waits].append(messages / programs.send(server, messages))
                for each in calls:
                    each.close()
                programs.settle(server)
    without, beside = (statistics.median(rates[waits]) for waits in (False, True))
    # Of neighbours: from the 100,000th session on, each that comes makes an old one go, and the rate falls.
    share = statistics.median(b / a for a, b in zip(rates[False], rates[True]))
    return [
        Row(f"memory of {many:,} calls that wait", f"{taken:.1f} MiB", "≤ 20 MiB", taken <= 20, "each on a connection of its own"),
        Row(
            f"intake beside {many:,} calls that wait",
            f"{share:.2f} ×",
            "≥ 0.95 ×",
            share >= 0.95,
            f"{beside:,.0f} messages a second, {without:,.0f} without them (medians; the value is the median of the pairs'); each call waits for another recipient",
        ),
    ]


def call_all(server, many):
    cursor = get(server, "/v1/cursor")["cursor"]
    return [call(server, cursor, number) for number in range(many)]


def call(server, cursor, number):
    stream = socket.create_connection(server.http, 10)
    host, port = server.http
    # As a test asks: from a cursor on, for an address of its own.
    stream.sendall(f"GET /v1/expect?to=nobody{number}@example.com&since={cursor}&timeout=5m HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
    return stream
