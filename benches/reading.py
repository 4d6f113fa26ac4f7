"""How soon somebody sees what came in: events, and the list."""

import http.client
import json
import socket
import statistics
import time

import programs
from report import Row
from websocket import WebSocket


def latency(bench):
    count = bench.size(300, 50)
    with bench.restante() as server:
        events = WebSocket(server.http, "/v1/events")
        client = Smtp(server.smtp)
        events.text()  # hello
        times = []
        for _ in range(count):
            sent = client.send()
            while True:
                event = events.text()
                now = time.perf_counter()
                event = json.loads(event)
                if event["type"] == "message.added":
                    break
            if event["message"]["id"] != client.queued_id():
                raise programs.Failure("an event tells of another message than was sent")
            times.append(1000 * (now - sent))
            time.sleep(0.01)
        client.close()
        events.close()
    cuts = statistics.quantiles(times, n=100)
    value = f"{cuts[49]:.1f} ms"
    detail = f"p50 of {count} messages on an idle server; p99 {cuts[98]:.1f} ms, worst {max(times):.1f} ms"
    return Row("from the last byte of DATA to the event at a WebSocket client", value, "≤ 5 ms", cuts[49] <= 5, detail)


class Smtp:
    """One connection, one command at a time."""

    def __init__(self, where):
        self.stream = socket.create_connection(where, 10)
        self.stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.replies = self.stream.makefile("rb")
        self.reply()
        self.command("HELO app.example")
        line = b"A line of a message of five kibibytes, as often as it takes to fill it.\r\n"
        body = line * (programs.LENGTH // len(line))
        self.content = b"From: app@example.com\r\nTo: ann@example.com\r\nSubject: Hello\r\n\r\n" + body

    def send(self):
        """Sends a message; returns when its last byte went."""
        self.command("MAIL FROM:<app@example.com>")
        self.command("RCPT TO:<ann@example.com>")
        self.command("DATA")
        self.stream.sendall(self.content)
        sent = time.perf_counter()
        self.stream.sendall(b".\r\n")
        return sent

    def queued_id(self):
        """The id that the reply to the message tells."""
        return self.reply().split()[-1]

    def command(self, line):
        self.stream.sendall(line.encode() + b"\r\n")
        self.reply()

    def reply(self):
        line = self.replies.readline().decode()
        if line[:1] not in ("2", "3") or line[3:4] == "-":
            raise programs.Failure(f"an unexpected reply: {line!r}")
        return line

    def close(self):
        self.command("QUIT")
        self.replies.close()
        self.stream.close()


def first_page(bench):
    few, many = 1_000, bench.size(100_000, 5_000)
    rounds = bench.size(300, 50)
    with bench.restante() as small, bench.restante() as large:
        programs.send(small, few)
        programs.send(large, many, "-d")
        lists = [List(small.http), List(large.http)]
        for page, count in zip(lists, (few, many)):
            page.read()
            if page.total != count:
                raise programs.Failure(f"{page.total} messages are listed, not {count}")
        times = [[page.read() for page in lists] for _ in range(rounds)]
    a, b = (1000 * statistics.median(column) for column in zip(*times))
    detail = f"{b:.2f} ms with {many:,} messages, {a:.2f} ms with {few:,}; medians of {rounds} reads in turn"
    return Row(f"first page of the list, {many:,} messages against {few:,}", f"{b / a:.2f} ×", "≤ 2 ×", b <= 2 * a, detail)


class List:
    def __init__(self, where):
        self.connection = http.client.HTTPConnection(*where, timeout=10)

    def read(self):
        """Seconds for the first page."""
        start = time.perf_counter()
        self.connection.request("GET", "/v1/messages")
        body = self.connection.getresponse().read()
        took = time.perf_counter() - start
        self.total = json.loads(body)["total"]
        return took
