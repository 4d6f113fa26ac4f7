"""The pytest plugin: a run of pytest with it, in a process of its own."""

import re

SEND = """
import smtplib
def send(inbox, subject):
    with smtplib.SMTP(inbox.smtp_host, inbox.smtp_port) as smtp:
        smtp.sendmail("app@shop.test", [inbox.address], f"Subject: {subject}\\r\\n\\r\\nYour code is 482913")
"""


def test_each_test_has_its_own_inbox(pytester, server):
    pytester.makepyfile(SEND + """
import pytest
@pytest.mark.parametrize("i", range(12))
def test_one(inbox, restante, i):
    assert inbox.expect(none=True, for_=0.01) is None
    send(inbox, f"Mail {i}")
    assert inbox.expect(exactly=1, timeout=20).subject == f"Mail {i}"
    assert inbox.name in restante.inboxes()
""")
    pytester.runpytest_subprocess("-n", "4", "-p", "xdist").assert_outcomes(passed=12)


def test_a_failure_is_shown_without_the_client_s_own_lines(pytester, restante, send):
    pytester.makepyfile(SEND + """
def test_reset(inbox):
    send(inbox, "Passwort")
    inbox.expect(subject="reset", timeout=0.1)
""")
    result = pytester.runpytest_subprocess("-p", "no:xdist")
    result.assert_outcomes(failed=1)
    output = result.stdout.str()
    assert re.search(
        r"""
>       inbox.expect\(subject="reset", timeout=0.1\)
E       restante.ExpectationError: no mail matched in 0.1 s
E         asked:   subject contains "reset"; inbox (\w+)
(E .*\n)+?E         near #.*"Passwort".*
E           NO subject .*
E           OK inbox .*
E           http://localhost:\d+/m/\w+
""",
        output,
    )
    assert "_client.py" not in output and "_wire.py" not in output and "During handling" not in output
    # Its link leads somewhere: the inbox of a test that failed stays.
    assert re.search(r"inbox (\w+)\n", output)[1] in restante.inboxes()


def test_without_a_server_it_says_what_to_do(pytester, monkeypatch):
    monkeypatch.setenv("RESTANTE_URL", "http://localhost:1")
    pytester.makepyfile("def test_reset(inbox): pass")
    result = pytester.runpytest_subprocess("-p", "no:xdist")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["no Restante answers at http://localhost:1 *restante run -- pytest*"])
    assert "Traceback" not in result.stdout.str() and "_client.py" not in result.stdout.str()
