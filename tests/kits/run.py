"""Runs the tests of clients/ and examples/ against the built program, and ends with a line that counts them:
`kits: N passed, N failed`. A suite that ends without a result counts as one failure.

The first argument is a folder with a Python environment `venv` that has requirements.txt; what is made goes there too. Names
of suites behind it run just these.
"""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import xml.etree.ElementTree as Xml
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PYTHON = ROOT / "clients" / "python"
TYPESCRIPT = ROOT / "clients" / "typescript"
EXAMPLE = ROOT / "examples" / "password-reset"
# Specs that are made here.
MADE = EXAMPLE / "tests" / "made"
CACHE = Path(sys.argv[1]).resolve()
BIN = CACHE / "venv" / "bin"
# Longer than any suite takes.
LIMIT = 600


def binary():
    """Where Cargo puts the debug binary, wherever its target folder is."""
    metadata = subprocess.run(
        ["cargo", "metadata", "--format-version", "1", "--no-deps", "--offline"],
        cwd=ROOT, check=True, capture_output=True,
    ).stdout
    path = Path(json.loads(metadata)["target_directory"]) / "debug" / "restante"
    if not path.is_file():
        sys.exit(f"there is no {path}: run `cargo build` first")
    return path


BINARY = str(binary())
CHROMIUM = next(filter(None, map(shutil.which, ["chromium", "chromium-browser", "google-chrome"])), "chromium")
ENVIRONMENT = {**os.environ, "RESTANTE_BINARY": BINARY, "CHROMIUM": CHROMIUM, "PYTHONDONTWRITEBYTECODE": "1"}
# A sandbox of their own, as a user has it.
SANDBOX = [BINARY, "run", "--"]


def run(*command, cwd=ROOT, **environment):
    """Whether it ends with 0."""
    return subprocess.run(command, cwd=cwd, env={**ENVIRONMENT, **environment}, timeout=LIMIT).returncode == 0


def check(*command, cwd=ROOT):
    """A check that is one test."""
    return (1, 0) if run(*command, cwd=cwd) else (0, 1)


def pytest(*arguments, before=(), cwd=CACHE):
    """Passed and failed; a test that was skipped did not pass."""
    report = CACHE / "pytest.xml"
    report.unlink(missing_ok=True)
    run(*before, BIN / "python", "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}", *arguments, cwd=cwd)
    suite = Xml.parse(report).getroot().find("testsuite")
    count = {name: int(suite.get(name)) for name in ["tests", "failures", "errors", "skipped"]}
    failed = count["failures"] + count["errors"] + count["skipped"]
    return count["tests"] - failed, failed


def node(*arguments, cwd):
    """Passed and failed of Node's test runner."""
    report = CACHE / "node.tap"
    reporters = ["--test-reporter=spec", "--test-reporter-destination=stdout", "--test-reporter=tap", f"--test-reporter-destination={report}"]
    run("node", "--test", *reporters, *arguments, cwd=cwd)
    count = dict(re.findall(r"^# (tests|pass) (\d+)$", report.read_text(), re.MULTILINE))
    return int(count["pass"]), int(count["tests"]) - int(count["pass"])


def python_package():
    # Installed as a user's is: what the package leaves out is missing here, too.
    pip = [BIN / "python", "-m", "pip", "install", "-q", "--no-build-isolation", "--no-deps", "--force-reinstall"]
    return check(*pip, PYTHON)


def python_types():
    return check(BIN / "mypy", "--cache-dir", CACHE / "mypy", "src", cwd=PYTHON)


def python_tests():
    return pytest(PYTHON / "tests")


def typescript_types():
    # What was built before must not be what is tested.
    shutil.rmtree(TYPESCRIPT / "dist", ignore_errors=True)
    return check("npm", "run", "--silent", "build", cwd=TYPESCRIPT)


def typescript_tests():
    return node(*sorted((TYPESCRIPT / "tests").glob("*.test.mjs")), cwd=TYPESCRIPT)


def example_packages():
    # The client goes there as its package, not as a link into its folder.
    return check("npm", "ci", "--prefer-offline", "--no-audit", "--no-fund", cwd=EXAMPLE)


def example_pytest():
    return pytest("-n", "4", EXAMPLE / "tests", before=SANDBOX)


def free_port():
    with socket.socket() as taken:
        taken.bind(("localhost", 0))
        return taken.getsockname()[1]


def playwright(*specs):
    """What it reports, of these specs or of all."""
    report = CACHE / "playwright.json"
    report.unlink(missing_ok=True)
    run(
        *SANDBOX, "npx", "playwright", "test", "--reporter=list,json", f"--output={CACHE / 'playwright'}", *specs,
        cwd=EXAMPLE, APP_PORT=str(free_port()), PLAYWRIGHT_JSON_OUTPUT_NAME=str(report),
    )
    return json.loads(report.read_text())


def example_playwright():
    """Its own specs, and the examples of the two READMEs."""
    MADE.mkdir(exist_ok=True)
    try:
        for i, readme in enumerate([ROOT / "README.md", TYPESCRIPT / "README.md"]):
            spec = re.search(r"```ts\n(.*?)```", readme.read_text(), re.DOTALL)[1]
            (MADE / f"readme{i}.spec.ts").write_text(spec)
        stats = playwright()["stats"]
    finally:
        shutil.rmtree(MADE)
    return stats["expected"], stats["unexpected"] + stats["flaky"] + stats["skipped"]


# The wait is longer than the test may take.
FAILING = """
import { test } from 'restante/playwright'
test('mail that does not come', async ({ inbox }) => {
  test.setTimeout(4000)
  await inbox.expect({ subject: 'reset', timeout: 4500 })
})
"""


def playwright_tells_why_the_mail_did_not_come():
    MADE.mkdir(exist_ok=True)
    try:
        (MADE / "failing.spec.ts").write_text(FAILING)
        [result] = playwright("made/failing")["suites"][0]["specs"][0]["tests"][0]["results"]
    finally:
        shutil.rmtree(MADE)
    error = result["errors"][0]
    is_told = error["message"].startswith("ExpectationError: no mail matched in 4.5 s\n  asked:   subject contains \"reset\"")
    is_here = error["location"]["file"].endswith("failing.spec.ts") and len(result["errors"]) == 1
    return (1, 0) if is_told and is_here else (0, 1)


def example_cypress():
    done = subprocess.run(
        [*SANDBOX, "node", ROOT / "tests" / "kits" / "cypress.mjs"],
        cwd=EXAMPLE, env=ENVIRONMENT, timeout=LIMIT, stdout=subprocess.PIPE, text=True,
    )
    print(done.stdout, end="", flush=True)
    passed, failed = map(int, re.search(r"^cypress: (\d+) passed, (\d+) failed$", done.stdout, re.MULTILINE).groups())
    return passed, failed


SUITES = [
    python_package,
    python_types,
    python_tests,
    typescript_types,
    typescript_tests,
    example_packages,
    example_pytest,
    example_playwright,
    playwright_tells_why_the_mail_did_not_come,
    example_cypress,
]


def main():
    passed, failed = 0, 0
    wanted = sys.argv[2:]
    for suite in [suite for suite in SUITES if not wanted or suite.__name__ in wanted]:
        print(f"\n{suite.__name__.replace('_', ' ')}", flush=True)
        try:
            p, f = suite()
        except (OSError, ValueError, LookupError, AttributeError, subprocess.SubprocessError, Xml.ParseError) as error:
            print(f"no result: {error}", flush=True)
            p, f = 0, 1
        passed, failed = passed + p, failed + f
    print(f"kits: {passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)


if __name__ == "__main__":
    main()
