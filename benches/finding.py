"""How a store of many messages behaves: filling it, lists, searches, deletions. All rows are of one server."""

import contextlib
import http.client
import itertools
import json
import multiprocessing
import socket
import statistics
import sys
import threading
import time
import urllib.parse

import programs
from mails import Mails
from report import Row

MIB = 1024 * 1024
CONNECTIONS = 8
# Mails made anew; then they come again. Making a million of them would take longer than taking them.
POOL = 20_000
SEARCHERS = 20
# What is asked, again and again with other words where there are more. None of it may be missing.
SEARCHES = [
    ("a rare word", lambda n, pool: pool.rare[n * 37 % len(pool.rare)], True),
    ("a common word", lambda n, _: ["order", "password", "invoice", "the"][n % 4], True),
    ("two words", lambda n, _: ["order invoice", "build failed", "bestellung konto"][n % 3], True),
    ("a phrase", lambda n, _: ['"the order"', '"your order"', '"password reset"'][n % 3], True),
    ("an address", lambda n, _: f"to:user{n * 31 % 5000}@example.com", True),
    ("addresses by *", lambda n, _: f"from:*@app{n % 20}.example", True),
    ("a field", lambda n, _: ["subject:invoice", "filename:*.pdf", "header.x-campaign:c7", "has:attachment"][n % 4], True),
    ("not a word", lambda n, _: ["order -password", "-the", "-has:html", "invoice -from:*@app3.example"][n % 4], True),
    ("a piece of Japanese", lambda n, _: ["東京", "支払", "から"][n % 3], True),
    ("size and time", lambda n, _: ["larger:100kb", "after:1h is:unread", "smaller:1kb order"][n % 3], True),
    ("regex beside a rare word", lambda n, pool: pool.rare[n * 41 % len(pool.rare)] + " ~id=[0-9]+7", True),
    ("regex alone", lambda n, _: "subject:~ticket.*77", False),
]


def hundred_thousand(bench):
    return measure(bench, bench.size(100_000, 5_000), 20)


def million(bench):
    return measure(bench, bench.size(1_000_000, 20_000), 100)


def measure(bench, count, bar):
    """Rows for a store of so many messages; searches have so many milliseconds."""
    with bench.restante("--max-store-size", "64GiB") as server:
        source = Source()
        rows = told([fill(server, source, count)])
        rows += told([searched_at_once(server, source)])
        rows += told(pages(server, count))
        rows += told(searches(server, source, count, bar, bench.size(100, 20)))
        rows += told([memory(server, count)])
        rows += told([beside_searches(server, source, bench.size(5_000, 500), bench.size(9, 1))])
        rows += told([deletion(server, source, count)])
    for row in rows:
        row.what += f" ({count:,} messages)"
    return rows


def told(rows):
    """On the way, for all of it takes long."""
    for row in rows:
        print(f"  {row.what}: {row.value} ({row.detail})", file=sys.stderr, flush=True)
    return rows


class Source:
    """Mails without an end, for several threads."""

    def __init__(self):
        self.mails = Mails()
        self.rare = self.mails.rare
        made = list(itertools.islice(self.mails, POOL))
        self.turn = itertools.cycle(made)
        self.lock = threading.Lock()

    def next(self):
        with self.lock:
            return next(self.turn)


# The server ends a session with a 421 after so many times two (`--max-session-messages`).
SESSION = 50_000


class Sender:
    """A kept connection, made anew before the server has enough of it."""

    def __init__(self, where):
        self.where, self.sent = where, 0
        self.connect()

    def connect(self):
        where = self.where
        self.stream = socket.create_connection(where, 30)
        self.stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.replies = self.stream.makefile("rb")
        self.expect(b"220")
        self.stream.sendall(b"HELO bench\r\n")
        self.expect(b"250")

    def expect(self, code):
        line = self.replies.readline()
        if not line.startswith(code):
            raise programs.Failure(f"the server said {line!r}")

    def send(self, mail):
        if self.sent == SESSION:
            self.close()
            self.connect()
            self.sent = 0
        self.sent += 1
        sender, recipient, raw = mail
        self.stream.sendall(f"MAIL FROM:<{sender}>\r\nRCPT TO:<{recipient}>\r\nDATA\r\n".encode())
        for code in (b"250", b"250", b"354"):
            self.expect(code)
        self.stream.sendall(raw + b"\r\n.\r\n")
        self.expect(b"250")

    def close(self):
        self.replies.close()
        self.stream.close()


def send(server, source, count):
    """Seconds that so many messages take over some connections."""
    failures = []

    def work():
        try:
            with contextlib.closing(Sender(server.smtp)) as sender:
                for _ in range(count // CONNECTIONS):
                    sender.send(source.next())
        except Exception as failure:
            failures.append(failure)

    threads = [threading.Thread(target=work) for _ in range(CONNECTIONS)]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return time.perf_counter() - start


class Behind(programs.Failure):
    """The index has more to do than a search waits for."""


class Asker:
    """A connection to the API."""

    def __init__(self, where):
        self.connection = http.client.HTTPConnection(*where, timeout=120)

    def ask(self, path, method="GET"):
        """The answer, and milliseconds until it was there."""
        start = time.perf_counter()
        self.connection.request(method, path)
        response = self.connection.getresponse()
        body = response.read()
        took = 1000 * (time.perf_counter() - start)
        if response.status == 503 and b"index_behind" in body:
            raise Behind(f"{path}: {body.decode()}")
        if response.status != 200:
            raise programs.Failure(f"{path} is answered {response.status}: {body.decode()}")
        return json.loads(body), took

    def search(self, query):
        return self.ask("/v1/messages?q=" + urllib.parse.quote(query))


def p99(times):
    return sorted(times)[max(0, -(-len(times) * 99 // 100) - 1)]


def fill(server, source, count):
    """Ten parts; what the generator costs is the same in each."""
    rates = [count / 10 / send(server, source, count // 10) for _ in range(10)]
    ratio = rates[-1] / rates[0]
    detail = "rate of each tenth: " + ", ".join(f"{rate:,.0f}" for rate in rates) + " messages a second (Python makes and sends them)"
    return Row("intake at the end of the fill against its start", f"{ratio:.2f} ×", "≥ 0.9 ×", ratio >= 0.9, detail)


def searched_at_once(server, source):
    """No bar for the first: the index has all of the fill to do that it did not do meanwhile."""
    asker = Asker(server.http)
    first = catch_up(asker)
    times = []
    for _ in range(20):
        send(server, source, 5 * CONNECTIONS)
        times.append(asker.search("order")[1])
    detail = f"searches right after 40 new messages, 20 of them, median {statistics.median(times):.1f} ms; after the whole fill the first one took {first:.1f} s"
    return Row("search right after a burst", f"{max(times):.1f} ms", None, None, detail)


def catch_up(asker):
    start = time.perf_counter()
    while True:
        try:
            asker.search("order")
            return time.perf_counter() - start
        except Behind:
            if time.perf_counter() - start > 3600:
                raise


def pages(server, count):
    asker = Asker(server.http)
    wanted = min(1000, count // 50 - 1)
    cursor, times = "", []
    for _ in range(wanted):
        page, took = asker.ask("/v1/messages" + cursor)
        times.append(took)
        cursor = f"?cursor={page['next']}"
    first = statistics.median(asker.ask("/v1/messages")[1] for _ in range(50))
    last = statistics.median(asker.ask("/v1/messages" + cursor)[1] for _ in range(50))
    one = [asker.ask(f"/v1/messages/{message['id']}")[1] for message in page["messages"]]
    return [
        Row(f"list, page {wanted:,}", f"{last:.2f} ms", "≤ 2 × the first page", last <= 2 * first,
            f"the first page {first:.2f} ms; medians of 50"),
        Row("get one", f"{statistics.median(one):.2f} ms", None, None, f"the slowest of {len(one)}: {max(one):.2f} ms"),
    ]


def searches(server, source, count, bar, rounds):
    asker, rows = Asker(server.http), []
    for name, query, is_indexed in SEARCHES:
        results = [asker.search(query(n, source)) for n in range(rounds)]
        totals, times = [answer["total"] for answer, _ in results], [took for _, took in results]
        value = p99(times)
        detail = f"p99 of {rounds}, median {statistics.median(times):.1f} ms; {min(totals):,} to {max(totals):,} found, for instance `{query(0, source)}`"
        rows.append(Row(f"search: {name}", f"{value:.1f} ms", f"≤ {bar} ms" if is_indexed else None,
                        value <= bar if is_indexed else None, detail))
    return rows


def memory(server, count):
    size = server.memory("VmRSS")
    bar = 64 if count <= 100_000 else 128
    detail = f"VmRSS after the fill and the searches; {server.memory('VmHWM') / MIB:.1f} MiB at most"
    return Row("memory", f"{size / MIB:.1f} MiB", f"≤ {bar} MiB", size <= bar * MIB, detail)


def beside_searches(server, source, count, rounds):
    """Alone and beside searches, in turns: one pair takes a second or two, and such pairs differ by a fifth."""
    pairs, answered, behind = [], 0, 0
    for _ in range(rounds):
        catch_up(Asker(server.http))
        alone = send(server, source, count)
        catch_up(Asker(server.http))
        with searching(server) as (asked, late):
            before = asked.value
            together = send(server, source, count)
            answered += asked.value - before
            behind += late.value
        pairs.append((alone, together))
    alone, together = (count / statistics.median(column) for column in zip(*pairs))
    ratios = sorted(a / b for a, b in pairs)
    ratio = statistics.median(ratios)
    rate = answered / sum(b for _, b in pairs)
    detail = (
        f"{together:,.0f} messages a second against {alone:,.0f} alone; {rounds} pairs of {count:,}: "
        f"{ratios[0]:.2f} to {ratios[-1]:.2f}; {rate:,.0f} searches a second of {SEARCHERS} clients, {behind} told to come again"
    )
    return Row("intake while 20 searches run", f"{ratio:.2f} ×", "≥ 0.8 ×", ratio >= 0.8, detail)


@contextlib.contextmanager
def searching(server):
    """Clients that search without a pause, in a process of their own: Python runs one thread at a time."""
    context = multiprocessing.get_context("fork")
    end, asked, behind = context.Event(), context.Value("i", 0), context.Value("i", 0)
    searchers = context.Process(target=search_all, args=(server.http, end, asked, behind), daemon=True)
    searchers.start()
    try:
        programs.wait_until(lambda: asked.value >= SEARCHERS, "nothing is found", seconds=60, step=0.01)
        yield asked, behind
    finally:
        end.set()
        searchers.join(60)


def search_all(where, end, asked, behind):
    def search():
        asker = Asker(where)
        for n in itertools.count():
            if end.is_set():
                break
            try:
                asker.search(["order", "invoice -password", "from:*@app3.example", '"your order"'][n % 4])
                counter = asked
            except Behind:
                counter = behind
            with counter.get_lock():
                counter.value += 1

    threads = [threading.Thread(target=search) for _ in range(SEARCHERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def deletion(server, source, count):
    """One sender goes on meanwhile; how long its slowest message took."""
    catch_up(Asker(server.http))
    end, times = threading.Event(), []

    def work():
        with contextlib.closing(Sender(server.smtp)) as sender:
            small = ("a@app.example", "b@example.com", b"Subject: beside\r\n\r\nx\r\n")
            while not end.is_set():
                start = time.perf_counter()
                sender.send(small)
                times.append(1000 * (time.perf_counter() - start))

    thread = threading.Thread(target=work)
    thread.start()
    try:
        query = urllib.parse.quote("-subject:beside has:link")
        answer, took = Asker(server.http).ask("/v1/messages?q=" + query, "DELETE")
    finally:
        end.set()
        thread.join()
    slowest = max(times)
    detail = f"{answer['deleted']:,} deleted by a query in {took / 1000:.1f} s, while {len(times):,} messages came, median {statistics.median(times):.2f} ms"
    return Row("the longest wait for a 250 during a deletion", f"{slowest:.1f} ms", "≤ 50 ms", slowest <= 50, detail)


def dropping(bench):
    """A full store: each message that comes makes an old one go. One sender; how long its messages took."""
    with bench.restante("--max-store-size", "32MiB") as server:
        source, info = Source(), Asker(server.http)
        dropped = lambda: info.ask("/v1/info")[0]["store"]["dropped"]["messages"]
        while dropped() < 1_000:
            send(server, source, 4_000)
        before, times = dropped(), []
        with contextlib.closing(Sender(server.smtp)) as sender:
            for _ in range(bench.size(20_000, 2_000)):
                mail = source.next()
                start = time.perf_counter()
                sender.send(mail)
                times.append(1000 * (time.perf_counter() - start))
        went = dropped() - before
    detail = f"{len(times):,} messages from one connection while {went:,} old ones went, median {statistics.median(times):.2f} ms, p99 {p99(times):.2f} ms"
    return Row("the longest wait for a 250 while old mail is dropped", f"{max(times):.1f} ms", "≤ 20 ms", max(times) <= 20, detail)
