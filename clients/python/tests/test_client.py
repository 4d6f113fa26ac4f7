"""The client that waits, against the built program."""

import re
import threading
from datetime import datetime, timedelta, timezone

import pytest
from restante import ExpectationError, Link, NoServerError, Restante, RestanteError

HTML = '<p>Code <b>482 913</b></p><a href="https://app.test/reset/?t=1&amp;u=2">Reset it</a> <a href="https://app.test/">Home</a>'


def test_mail_that_is_there_is_found(inbox, send):
    send(inbox.address, "Reset your password", "Your code is 482913", HTML, b"%PDF")
    mail = inbox.expect(subject="reset", to=inbox.address, timeout=20)
    assert (mail.subject, mail.matched, mail.duplicates) == ("Reset your password", 1, [])
    assert mail.text == "Your code is 482913" and "482 913" in mail.html
    assert mail.sender.address == "app@shop.test" and mail.sender.name == "Shop"
    assert mail.recipients == [inbox.address] == [to.address for to in mail.to]
    assert mail.header("subject") == "Reset your password" and mail.header("X-Absent") is None
    [file] = mail.attachments
    assert (file.filename, file.type, file.size) == ("bill.pdf", "application/pdf", 4)
    assert inbox.content(file) == b"%PDF"


def test_mail_that_comes_later_is_waited_for(inbox, send):
    timer = threading.Timer(0.2, send, [inbox.address, "Later"])
    timer.start()
    assert inbox.expect(subject="Later", timeout=20).code(6) == "482913"
    timer.join()


def test_codes_and_links(inbox, send):
    send(inbox.address, "Codes", "Your code is 482913. PIN A-77", HTML)
    mail = inbox.expect()
    assert mail.code(6) == mail.code() == "482913"
    assert mail.code(r"PIN (\S+)") == "A-77" == mail.code(re.compile("pin (a-..)", re.I))
    assert mail.link(r"/reset/") == Link("https://app.test/reset/?t=1&u=2", "Reset it")
    assert str(mail.link("Home")) == "https://app.test/"
    assert mail.link().text == "Reset it"
    with pytest.raises(ExpectationError, match="no code of 9 digits .* there is 482913"):
        mail.code(9)
    with pytest.raises(ExpectationError, match="no link like /pay/ .* there is https://app.test/reset/.*, https://app.test/"):
        mail.link("/pay/")


def test_the_server_takes_out_what_is_asked_for(inbox, send):
    send(inbox.address, "Both", "Your code is 482913", HTML)
    mail = inbox.expect(code=6, link=re.compile("/reset/"))
    assert mail.code() == "482913" and mail.link().text == "Reset it"
    with pytest.raises(ExpectationError) as failure:
        inbox.expect(code=9, timeout=0.1)
    assert failure.value.problem["reason"] == "no_code"


def test_patterns_times_and_lists_are_taken(inbox, send):
    before = datetime.now(timezone.utc) - timedelta(minutes=1)
    send(inbox.address, "Order 77 shipped")
    mail = inbox.expect(
        subject=[re.compile(r"order \d+", re.I), "shipped"],
        from_="app@shop.test",
        header={"X-Mailer": "!*"},
        since=before,
        timeout=timedelta(seconds=20),
        exactly=1,
        for_="50ms",
        checks=[{"field": "subject", "contains": "77"}],
    )
    assert mail.subject == "Order 77 shipped"


def test_a_cursor_keeps_old_mail_out(restante, inbox, send):
    send(inbox.address, "First")
    first = inbox.expect(subject="First")
    since = inbox.cursor()
    with pytest.raises(ExpectationError, match="before the cursor"):
        inbox.expect(subject="First", since=since, timeout=0.1)
    send(inbox.address, "Second")
    assert inbox.expect(since=first.cursor).subject == "Second"
    assert inbox.since < since <= restante.cursor()


def test_no_mail_is_expected(inbox, send):
    assert inbox.expect(none=True, for_=0.1) is None
    assert inbox.expect(at_most=1, for_=0.1) is None
    send(inbox.address)
    with pytest.raises(ExpectationError):
        inbox.expect(none=True, for_=0.1)


def test_a_failure_is_the_text_of_the_server(inbox, send):
    send(inbox.address, "Passwort")
    with pytest.raises(ExpectationError) as failure:
        inbox.expect(subject="reset", timeout=0.1)
    assert isinstance(failure.value, AssertionError)
    assert str(failure.value).startswith("no mail matched in 0.1 s\n  asked:   ")
    assert 'subject  "Passwort"' in str(failure.value) or "Passwort" in str(failure.value)
    assert failure.value.problem["reason"] == "none_matched"


def test_a_wrong_question_names_its_field(inbox):
    with pytest.raises(RestanteError, match="did you mean subject") as failure:
        inbox.expect(subjct="reset")
    assert (failure.value.field, failure.value.status) == ("subjct", 400)


def test_an_inbox_goes_after_its_block_unless_that_failed(restante, send):
    with restante.inbox() as inbox:
        assert inbox.name in restante.inboxes()
    assert inbox.name not in restante.inboxes()
    with pytest.raises(ZeroDivisionError):
        with restante.inbox("kept", lifetime=60) as inbox:
            1 / 0
    assert "kept" in restante.inboxes()
    inbox.delete()


def test_inboxes_keep_mail_apart(restante, send):
    with restante.inbox() as ann, restante.inbox() as bob:
        send(ann.address_of("one"), "For Ann")
        send("x@example.test", "For Bob", login=(bob.username, bob.password))
        assert ann.expect(exactly=1, for_=0.05).subject == "For Ann"
        assert bob.expect(exactly=1, for_=0.05).subject == "For Bob"
        assert restante.expect(inbox=ann).subject == "For Ann"
        assert bob.smtp_url == f"smtp://{bob.username}:{bob.password}@localhost:{restante.smtp()[1]}"


def test_without_a_server_the_error_says_what_to_do():
    with pytest.raises(NoServerError, match="no Restante answers at http://localhost:1 .*restante run -- pytest"):
        Restante("http://localhost:1").cursor()
    with pytest.raises(RestanteError, match="is no address of a server"):
        Restante("localhost:8025")
