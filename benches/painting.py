"""How soon somebody who opens the inspector sees it, in Debian's Chromium with a filled cache."""

import json
import shutil
import statistics
import subprocess

import programs
from report import Row

BROWSER = programs.ROOT / "tests" / "browser"
SCRIPT = programs.ROOT / "benches" / "painting.mjs"
FEW = 10


def painting(bench):
    """The first paint, and the first row with few messages and with many."""
    many, rounds = bench.size(100_000, 5_000), bench.size(40, 10)
    with bench.restante() as small, bench.restante() as large:
        programs.send(small, FEW)
        programs.send(large, many, "-d")
        for server in (small, large):
            programs.settle(server)
        few_times, many_times = loads(rounds, [small, large])
    return [first_paint(many_times["painted"], many), list_ready(few_times["ready"], many_times["ready"], many)]


def loads(rounds, servers):
    """For each server the times of its loads, which take turns."""
    urls = [f"http://localhost:{server.http[1]}/" for server in servers]
    command = [node(), SCRIPT, str(rounds), *urls]
    ran = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=600)
    if ran.returncode != 0:
        raise programs.Failure(f"the browser told nothing: {ran.stderr.strip()}")
    return json.loads(ran.stdout)


def first_paint(times, many):
    middle = statistics.median(times)
    detail = f"first contentful paint in Chromium, median of {len(times)} loads with a filled cache and {many:,} messages; {min(times):.0f} to {max(times):.0f} ms"
    return Row("first paint of a warm load", f"{middle:.0f} ms", "≤ 200 ms", middle <= 200, detail)


def list_ready(few, many, count):
    a, b = statistics.median(few), statistics.median(many)
    detail = f"from the navigation to the frame of the first row: {b:.0f} ms with {count:,} messages, {a:.0f} ms with {FEW}; medians of {len(few)} loads in turn"
    return Row(f"list ready, {count:,} messages against {FEW}", f"{b / a:.2f} ×", "≤ 1.5 ×", b <= 1.5 * a, detail)


def node():
    """Node, with the driver of the browser that tests/browser names."""
    for program in ("node", "npm"):
        if not shutil.which(program):
            raise programs.Failure(f"{program} is missing")
    if not any(shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome")):
        raise programs.Failure("chromium is missing: install Debian's package of that name")
    if not (BROWSER / "node_modules" / "playwright-core").is_dir():
        installed = subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=BROWSER, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if installed.returncode != 0:
            raise programs.Failure(f"npm ci in tests/browser failed: {installed.stdout.strip()}")
    return shutil.which("node")
