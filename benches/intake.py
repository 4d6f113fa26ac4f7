"""How fast mail is taken, against `smtp-sink`, which does nothing with it."""

import contextlib
import statistics
import threading

import programs
from report import Row
from websocket import WebSocket

CHUNK = 256 * 1024
ADDED = b'"type":"message.added"'


def new_connections(bench):
    return compare(bench, "20 connections, a new one for each message", 1.0, bench.size(10_000, 2_000))


def kept_connections(bench):
    return compare(bench, "20 kept connections", 0.8, bench.size(20_000, 4_000), "-d")


def watched(bench):
    """No bar: on few cores the subscriber takes CPU from both that are measured."""
    what = "new connections, with a subscriber to the events"
    return compare(bench, what, None, bench.size(10_000, 2_000), watcher=Watcher)


def large(bench):
    """No bar: it shows whether a large message costs more than its bytes."""
    count, size = bench.size(40, 8), 10 * 1024 * 1024
    options = ["-s", "4", "-l", str(size)]
    with bench.sink() as sink, bench.restante() as ours:
        rounds = [[programs.send(server, count, *options) for server in (sink, ours)] for _ in range(bench.size(5, 2))]
        peak = ours.memory("VmHWM")
    theirs, mine = (count * size / statistics.median(column) / 1e6 for column in zip(*rounds))
    detail = f"{mine:,.0f} MB a second against {theirs:,.0f}; memory at most {peak / 2**20:.0f} MiB"
    return Row("messages of 10 MiB, over 4 connections", f"{mine / theirs:.2f} ×", "smtp-sink, no bar", None, detail)


def compare(bench, what, bar, count, *options, watcher=None):
    """Over some processes of each: one and the same is up to a tenth slower or quicker all its life."""
    processes, rounds = bench.size(9, 1), 3
    times, cpu = [], [0, 0]
    for _ in range(processes):
        with contextlib.ExitStack() as stack:
            sink, ours = stack.enter_context(bench.sink()), stack.enter_context(bench.restante())
            seen = watcher and stack.enter_context(watcher(ours))
            for server in (sink, ours):
                programs.send(server, count // 10, *options)
            for _ in range(rounds):
                times.append([])
                for which, server in enumerate((sink, ours)):
                    before = server.cpu()
                    times[-1].append(programs.send(server, count, *options))
                    cpu[which] += (server.cpu() - before) / (processes * rounds * count)
                    # What is done later, such as filling the search index, must not slow the other.
                    programs.settle(server)
            if seen:
                seen.expect(count * rounds + count // 10)
    theirs, mine = (count / statistics.median(column) for column in zip(*times))
    pairs = sorted(a / b for a, b in times)
    detail = (
        f"{mine:,.0f} messages a second against {theirs:,.0f}; {len(times)} pairs of {count:,} in {processes} processes: "
        f"{pairs[0]:.2f} to {pairs[-1]:.2f}, median {statistics.median(pairs):.2f}; "
        f"CPU a message {cpu[1] * 1e6:.0f} µs against {cpu[0] * 1e6:.0f} µs"
    )
    ratio = mine / theirs
    return Row(what, f"{ratio:.2f} ×", bar and f"≥ {bar} × smtp-sink", bar and ratio >= bar, detail)


class Watcher:
    """Reads events as fast as it can and only counts the messages among them."""

    def __init__(self, server):
        self.socket = WebSocket(server.http, "/v1/events")
        self.added = 0

    def __enter__(self):
        self.thread = threading.Thread(target=self.count, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.socket.close()

    def count(self):
        rest = b""
        with contextlib.suppress(OSError):
            while chunk := self.socket.stream.recv(CHUNK):
                chunk = rest + chunk
                self.added += chunk.count(ADDED)
                # A mark may be cut by the end of the chunk; a whole one is not counted again.
                rest = chunk[-(len(ADDED) - 1):]

    def expect(self, count):
        programs.wait_until(lambda: self.added >= count, f"{self.added} of {count} messages were told", step=0.01)
