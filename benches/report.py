"""The results as a table, and as docs/performance.md."""

import dataclasses
import datetime
import os
import platform
import re
from pathlib import Path

PAGE = Path(__file__).resolve().parent.parent / "docs" / "performance.md"


@dataclasses.dataclass
class Row:
    what: str
    value: str
    bar: str | None  # `None` when it is only told
    ok: bool | None
    detail: str  # how it was measured, with the numbers behind the value


TEXT = """\
# Performance

Restante's bars, and what `benches/run` measured. The command writes this page.

**{date}**, {machine}.

{table}

{details}

Messages have a body of 5 KiB and go over loopback, 20 connections at a time, from Postfix's `smtp-source`.
`smtp-sink`, also Postfix's, is the measure for the intake: it reads mail and throws it away, while Restante parses it, keeps it with its dialogue, and tells of it.
Both take turns, over nine processes of each; the value is the ratio of the medians (beside searches and calls that wait the median of the ratios). Rates by themselves tell about the machine.

## How it grows

![Times of five calls while a store grows from 1,000 to 500,000 messages, with the intake, the memory and the wait for the search index at each step](images/growth.svg)

The picture is of 2026-11-23: only `benches/run growth` draws it. Medians of 100 calls over HTTP, after each step of one fill with the realistic mails of `benches/mails.py`; both axes in powers of ten.
A list and one message are read along an index. A search costs what it finds, up to the 10,000 that are counted: words that are in one mail of five cost more the more mails there are, until then.
"Index after" is how long the first search of each step waited until all that had just been sent was in the index.

## Run it

`benches/run` needs Linux, Python 3.10, a Rust toolchain and Debian's package `postfix` for `smtp-source` and `smtp-sink` (as root it installs it, without its service); for the inspector Chromium and Node 20 with npm.
It takes some minutes and ends with 1 when a bar is missed.
`benches/run intake kept` measures only these rows, `--quick` less of each, `--binary PATH` another binary; then this page stays as it is. `--help` names the rows.
"""


def write(rows, machine):
    date = datetime.date.today().isoformat()
    PAGE.write_text(TEXT.format(date=date, machine=machine, table=table(rows), details=details(rows)))


def table(rows):
    lines = ["| what | value | bar | ok? |", "| --- | --- | --- | --- |"]
    for row in rows:
        ok = {True: "yes", False: "**no**", None: ""}[row.ok]
        lines.append(f"| {row.what} | {row.value} | {row.bar or ''} | {ok} |")
    return "\n".join(lines)


def details(rows):
    return "\n".join(f"- *{row.what}*: {row.detail}." for row in rows)


def machine():
    """Its shape, and how busy it was before; nothing that names it."""
    cpu = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    cpu = cpu[1] if cpu else platform.machine()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    kernel = re.match(r"[\d.]*\d", platform.release())[0]
    return (
        f"{os.cpu_count()} cores ({cpu}), {memory:.0f} GiB of memory, {platform.system()} {kernel}; "
        f"load average {os.getloadavg()[0]:.1f} before it started"
    )
