"""How cost grows with what is stored: one server is filled step by step, and asked at each step. Draws docs/images/growth.svg."""

import datetime
import statistics
import sys
from pathlib import Path

from finding import MIB, Asker, Source, catch_up, send
from report import Row

PICTURE = Path(__file__).resolve().parent.parent / "docs" / "images" / "growth.svg"
STEPS = [1_000, 3_000, 10_000, 30_000, 100_000, 200_000, 500_000]
QUICK = [200, 600, 2_000]
ROUNDS = 100
# What is asked at each step; lines of the picture, in the order of its key.
ASKED = [
    ("first page of the list", "#2563eb", lambda n, _: "/v1/messages"),
    ("one message", "#059669", None),
    ("search: a rare word", "#d97706", lambda n, source: "/v1/messages?q=" + source.rare[n * 37 % len(source.rare)]),
    ("search: a common word", "#dc2626", lambda n, _: "/v1/messages?q=" + ["order", "password", "invoice", "the"][n % 4]),
    ("search: a field", "#7c3aed", lambda n, _: "/v1/messages?q=" + ["subject:invoice", "filename:*.pdf", "has:attachment"][n % 3]),
]


def growth(bench):
    steps = QUICK if bench.quick else STEPS
    source, stored, points = Source(), 0, []
    with bench.restante("--max-store-size", "64GiB") as server:
        for step in steps:
            rate = (step - stored) / send(server, source, step - stored)
            stored = step
            asker = Asker(server.http)
            behind = catch_up(asker)
            times = [statistics.median(asked(asker, source, path)) for _, _, path in ASKED]
            sizes = [server.memory("VmRSS") / MIB, server.memory("VmHWM") / MIB]
            points.append((step, rate, behind, times, sizes))
            told = ", ".join(f"{name} {time:.2f} ms" for (name, _, _), time in zip(ASKED, times))
            print(f"  {step:,}: {rate:,.0f} messages a second, index after {behind:.1f} s, {told}, "
                  f"{sizes[0]:.1f} MiB, {sizes[1]:.1f} at most", file=sys.stderr, flush=True)
    if not bench.quick:
        PICTURE.write_text(picture(points))
    first, last = points[0], points[-1]
    rows = []
    for (name, _, _), before, after in zip(ASKED, first[3], last[3]):
        rows.append(Row(f"{name}, {last[0]:,} messages against {first[0]:,}", f"{after:.2f} ms against {before:.2f}", None, None,
                        f"medians of {ROUNDS}; at each step: " + ", ".join(f"{p[0]:,}: {p[3][len(rows)]:.2f} ms" for p in points)))
    rows.append(Row(f"memory, {last[0]:,} messages", f"{last[4][0]:.1f} MiB", "≤ 128 MiB", last[4][0] <= 128,
                    "VmRSS, and at most by then: " + ", ".join(f"{p[0]:,}: {p[4][0]:.1f}, {p[4][1]:.1f}" for p in points)))
    rows.append(Row(f"intake, up to {last[0]:,} messages", f"{last[1]:,.0f} a second", None, None,
                    "of each step: " + ", ".join(f"{p[0]:,}: {p[1]:,.0f}" for p in points) + "; the index was whole "
                    + ", ".join(f"{p[2]:.1f}" for p in points) + " s after"))
    return rows


def asked(asker, source, path):
    if path:
        return [asker.ask(path(n, source))[1] for n in range(ROUNDS)]
    messages = asker.ask("/v1/messages?limit=100&order=oldest")[0]["messages"]
    return [asker.ask(f"/v1/messages/{message['id']}")[1] for message in messages]


def picture(points):
    """Both axes in powers of ten; under each step what was measured beside the times."""
    from math import ceil, floor, log10

    width, height, left, top, right, foot = 820, 440, 116, 24, 200, 112
    low, high = floor(log10(min(min(p[3]) for p in points))), ceil(log10(max(max(p[3]) for p in points)))
    begin, end = log10(points[0][0]), log10(points[-1][0])
    x = lambda n: left + (log10(n) - begin) / (end - begin) * (width - left - right)
    y = lambda t: top + (high - log10(t)) / (high - low) * (height - top - foot)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12" fill="#374151">',
           f'<rect width="{width}" height="{height}" fill="#fff"/>']
    for power in range(low, high + 1):
        out.append(f'<path d="M{left} {y(10**power):.1f}H{width - right}" stroke="#e5e7eb"/>'
                   f'<text x="{left - 10}" y="{y(10**power) + 4:.1f}" text-anchor="end">{10**power:g} ms</text>')
    told = [
        ("messages", lambda p: f"{p[0] // 1000}k" if p[0] >= 1000 else f"{p[0]}"),
        ("taken a second", lambda p: f"{p[1]:,.0f}"),
        ("memory, MiB", lambda p: f"{p[4][0]:.0f}"),
        ("index after, s", lambda p: f"{p[2]:.1f}"),
    ]
    for line, (name, tell) in enumerate(told):
        under = height - foot + 26 + 19 * line
        out.append(f'<text x="{left - 26}" y="{under}" text-anchor="end">{name}</text>')
        out += [f'<text x="{x(p[0]):.1f}" y="{under}" text-anchor="middle">{tell(p)}</text>' for p in points]
    out.append(f'<text x="{left - 26}" y="{height - 8}" fill="#6b7280" font-size="11" text-anchor="end">{datetime.date.today()}</text>')
    for index, (name, colour, _) in enumerate(ASKED):
        line = " ".join(f"{x(p[0]):.1f},{y(p[3][index]):.1f}" for p in points)
        key = top + 22 * index
        out.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2" stroke-linejoin="round"/>'
                   f'<rect x="{width - right + 24}" y="{key}" width="12" height="12" rx="2" fill="{colour}"/>'
                   f'<text x="{width - right + 43}" y="{key + 10}">{name}</text>')
    return "\n".join([*out, "</svg>\n"])
