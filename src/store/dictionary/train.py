#!/usr/bin/env python3
"""Makes a dictionary for zstd from mail and transcripts as programs under test write them.

    src/store/dictionary/train.py 1 src/store/dictionary/1.zdict

Needs Debian's package `zstd`. All samples are made here, from a seed, so the same call gives the
same dictionary. A dictionary that a release has written stores with is never changed: train the
next number, and let pack.rs read both.
"""

import base64
import json
import quopri
import random
import subprocess
import sys
import tempfile
from pathlib import Path

SAMPLES = 6_000
SIZE = 16 * 1024
SEED = 20261123

FIRST = "Ana Bruno Carla Diego Elena Felix Grace Hugo Ines João Karin Luis Maria Nils Olga Paul Rita Sven Tom Uma".split()
LAST = "Almeida Braun Costa Dubois Evans Fischer Garcia Horvat Ito Jensen Kim Lopez Moreau Novak Okafor Perez".split()
DOMAINS = "example.com example.org example.net example.test mail.example.com app.example.com localhost test.local".split()
USERS = "noreply no-reply support team hello info orders billing notifications admin security sales".split()
SUBJECTS = [
    "Reset your password", "Confirm your email address", "Welcome to {app}", "Your order #{n} has shipped",
    "Invoice {n} from {app}", "Your verification code is {n}", "New sign-in to your account",
    "You have been invited to {app}", "Weekly summary", "Payment received", "Your trial ends in 3 days",
    "Action required: update your billing details", "[{app}] Build failed: main", "Re: Question about my order",
    "Redefinição de senha", "Bestätigen Sie Ihre E-Mail-Adresse", "Réinitialisez votre mot de passe",
    "Test message", "Hello", "Your receipt",
]
APPS = "Acme Globex Initech Umbrella Hooli Stark Wayne Piedpiper".split()
LINES = [
    "Hi {name},", "Hello {name},", "Dear {name},",
    "You are receiving this email because we received a password reset request for your account.",
    "Someone has requested a link to change your password. You can do this through the link below.",
    "If you did not request a password reset, no further action is required.",
    "If you didn't request this, please ignore this email.", "This link will expire in 60 minutes.",
    "Please click the button below to verify your email address.", "Your verification code is: {n}",
    "Thank you for your order. We will let you know as soon as it has shipped.",
    "If you have any questions, just reply to this email. We are always happy to help out.",
    "To view your invoice, please follow this link:", "https://{host}/reset?token={token}",
    "https://{host}/users/confirm?confirmation_token={token}", "https://{host}/unsubscribe/{token}",
    "Thanks,", "Best regards,", "Regards,", "Cheers,", "The {app} Team", "Total: ${n}.00", "Amount due",
    "Description  Quantity  Price", "Obrigado por se cadastrar.", "Vielen Dank für Ihre Bestellung.",
    "Cordialement,", "You can unsubscribe from these emails at any time.",
    "If you're having trouble with the button above, copy and paste the URL below into your web browser.",
    "(c) 2026 {app}. All rights reserved.",
]
HTML_HEADS = [
    '<!DOCTYPE html>\n<html>\n<head>\n<meta http-equiv="Content-Type" content="text/html; charset=utf-8" />\n'
    '<meta name="viewport" content="width=device-width, initial-scale=1.0" />\n<title>{subject}</title>\n',
    '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">\n'
    '<html xmlns="http://www.w3.org/1999/xhtml">\n<head>\n<meta charset="utf-8">\n',
    '<!doctype html>\n<html lang="en" xmlns="http://www.w3.org/1999/xhtml" xmlns:v="urn:schemas-microsoft-com:vml" '
    'xmlns:o="urn:schemas-microsoft-com:office:office">\n<head>\n<meta charset="utf-8">\n'
    '<meta http-equiv="X-UA-Compatible" content="IE=edge">\n<meta name="color-scheme" content="light dark">\n',
    "<html>\n<head></head>\n",
]
STYLES = [
    "body { margin: 0; padding: 0; width: 100% !important; height: 100%; -webkit-text-size-adjust: none; }\n",
    "a { color: #3869D4; text-decoration: none; }\n", "table { border-collapse: collapse; }\n",
    "@media only screen and (max-width: 600px) {\n  .container { width: 100% !important; }\n}\n",
    "@media (prefers-color-scheme: dark) {\n  body { background-color: #222222 !important; color: #ffffff !important; }\n}\n",
    "td { word-break: break-word; font-family: Helvetica, Arial, sans-serif; font-size: 16px; line-height: 24px; }\n",
    ".button { display: inline-block; padding: 12px 24px; color: #ffffff; background-color: #2d3748; border-radius: 4px; }\n",
    "h1 { margin-top: 0; color: #333333; font-size: 22px; font-weight: bold; text-align: left; }\n",
]
BLOCKS = [
    '<table width="100%" cellpadding="0" cellspacing="0" border="0" role="presentation">\n<tr>\n<td align="center">\n{text}\n</td>\n</tr>\n</table>\n',
    '<table class="email-content" width="600" cellpadding="0" cellspacing="0" role="presentation" '
    'style="margin: 0 auto; padding: 0; width: 600px;">\n<tr><td style="padding: 24px;">{text}</td></tr>\n</table>\n',
    '<p style="margin: 0 0 16px; font-family: Arial, Helvetica, sans-serif; font-size: 14px; line-height: 1.5; color: #333333;">{text}</p>\n',
    "<p>{text}</p>\n", "<h1>{text}</h1>\n", "<li>{text}</li>\n", "<div>{text}</div>\n", "<br />\n", "&nbsp;",
    '<a href="https://{host}/reset?token={token}" class="button" target="_blank" rel="noopener" '
    'style="color: #fff; text-decoration: none; display: inline-block;">{text}</a>\n',
    '<a href="https://{host}/confirm/{token}">https://{host}/confirm/{token}</a>\n',
    '<img src="cid:logo" alt="{app}" width="120" height="40" style="display: block; border: 0;" />\n',
    '<img src="https://{host}/images/logo.png" alt="" width="1" height="1" />\n',
    '<tr>\n<td style="border-bottom: 1px solid #edeff2; padding: 10px 0; text-align: left;">{text}</td>\n'
    '<td align="right" style="padding: 10px 0;">${n}.00</td>\n</tr>\n',
]


class Writer:
    def __init__(self, rng):
        self.rng = rng
        self.app = rng.choice(APPS)
        self.name = f"{rng.choice(FIRST)} {rng.choice(LAST)}"
        self.host = rng.choice(DOMAINS)
        self.subject = self.fill(rng.choice(SUBJECTS))

    def token(self, length=None, letters="abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"):
        return "".join(self.rng.choices(letters, k=length or self.rng.choice([16, 24, 32])))

    def fill(self, text):
        for mark, value in (("{app}", self.app), ("{name}", self.name), ("{host}", self.host)):
            text = text.replace(mark, value)
        while "{n}" in text:
            text = text.replace("{n}", str(self.rng.randrange(1000, 999_999)), 1)
        while "{token}" in text:
            text = text.replace("{token}", self.token(), 1)
        return text.replace("{subject}", getattr(self, "subject", ""))

    def address(self, name=None):
        user = self.rng.choice(USERS) if name is None else name.split()[0].lower()
        bare = f"{user}@{self.rng.choice(DOMAINS)}"
        display = self.app if name is None else name
        return self.rng.choice([bare, f"<{bare}>", f"{display} <{bare}>", f'"{display}" <{bare}>'])

    def text(self):
        lines = [self.fill(line) for line in self.rng.sample(LINES, self.rng.randrange(3, 12))]
        return self.rng.choice(["\n", "\n\n"]).join(lines) + "\n"

    def html(self):
        rng = self.rng
        parts = [rng.choice(HTML_HEADS)]
        if rng.random() < 0.7:
            parts += ['<style type="text/css">\n', *rng.sample(STYLES, rng.randrange(1, 6)), "</style>\n"]
        parts += ["</head>\n", '<body style="margin: 0; padding: 0; background-color: #f4f4f7;">\n']
        for _ in range(rng.randrange(2, 14)):
            parts.append(rng.choice(BLOCKS).replace("{text}", rng.choice(LINES)))
        parts += ["</body>\n", "</html>\n"]
        return self.fill("".join(parts))

    def date(self):
        rng = self.rng
        day, month = rng.choice("Mon Tue Wed Thu Fri Sat Sun".split()), rng.choice("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split())
        clock = f"{rng.randrange(24):02}:{rng.randrange(60):02}:{rng.randrange(60):02}"
        return f"{day}, {rng.randrange(1, 29)} {month} 2026 {clock} {rng.choice(['+0000', '+0200', '-0300', '+0000 (UTC)', 'GMT'])}"

    def header(self):
        rng = self.rng
        subject = self.subject
        if not subject.isascii():
            subject = f"=?UTF-8?{rng.choice('BQ')}?{base64.b64encode(subject.encode()).decode()}?="
        fields = [
            f"From: {self.address()}", f"To: {self.address(self.name)}", f"Subject: {subject}", f"Date: {self.date()}",
            f"Message-ID: <{self.token(20)}@{self.host}>", "MIME-Version: 1.0",
        ]
        extra = [
            f"Reply-To: {self.address()}", f"Cc: {self.address(rng.choice(FIRST))}", "X-Mailer: PHPMailer 6.9.1 (https://github.com/PHPMailer/PHPMailer)",
            "X-Priority: 3", "Auto-Submitted: auto-generated", f"List-Unsubscribe: <https://{self.host}/unsubscribe/{self.token()}>",
            "List-Unsubscribe-Post: List-Unsubscribe=One-Click", f"Return-Path: <bounces@{self.host}>", "Precedence: bulk",
            f"In-Reply-To: <{self.token(20)}@{self.host}>", f"References: <{self.token(20)}@{self.host}>", f"Sender: {self.address()}",
            "X-Auto-Response-Suppress: All", "Content-Language: en", "Importance: normal",
        ]
        fields += rng.sample(extra, rng.choice([0, 0, 1, 2, 3]))
        if rng.random() < 0.5:
            rng.shuffle(fields)
        return "\n".join(fields) + "\n"

    def leaf(self, kind, content):
        rng = self.rng
        charset = rng.choice(["utf-8", "UTF-8", "us-ascii", '"utf-8"'])
        encoding = rng.choice(["7bit", "quoted-printable", "quoted-printable", "base64", "8bit"])
        data = content.encode()
        if encoding == "base64":
            content = base64.encodebytes(data).decode()
        elif encoding == "quoted-printable":
            content = quopri.encodestring(data).decode()
        return f"Content-Type: text/{kind}; charset={charset}\nContent-Transfer-Encoding: {encoding}\n\n{content}"

    def boundary(self):
        digits = self.token(16, "0123456789")
        return self.rng.choice([
            f"==============={digits}==".replace(" ", ""), f"--_NmP-{self.token(16, '0123456789abcdef')}-Part_1",
            f"----=_Part_{digits[:2]}_{digits[2:10]}.{digits}", f"b1_{self.token(32)}", f"--==_mimepart_{self.token(20, '0123456789abcdef')}",
            f"_=_symfony_{digits}_=_", f"boundary-{self.token(12)}",
        ])

    def attachment(self):
        rng = self.rng
        name, kind = rng.choice([("invoice.pdf", "application/pdf"), ("report.csv", "text/csv"), ("logo.png", "image/png"),
                                 ("photo.jpg", "image/jpeg"), ("invite.ics", "text/calendar"), ("data.json", "application/json")])
        data = base64.encodebytes(rng.randbytes(rng.randrange(60, 300))).decode()
        cid = f"Content-ID: <{name.split('.')[0]}>\n" if rng.random() < 0.4 else ""
        how = "inline" if cid else "attachment"
        return (f'Content-Type: {kind}; name="{name}"\nContent-Transfer-Encoding: base64\n{cid}'
                f'Content-Disposition: {how}; filename="{name}"\n\n{data}')

    def multipart(self, kind, parts):
        boundary = self.boundary()
        quote = '"'
        body = "".join(f"--{boundary}\n{part}\n" for part in parts)
        return f"Content-Type: multipart/{kind}; boundary={quote}{boundary}{quote}\n\n{body}--{boundary}--\n"

    def mail(self):
        rng = self.rng
        text, html = self.leaf("plain", self.text()), self.leaf("html", self.html())
        both = lambda: self.multipart("alternative", [text, html])
        body = rng.choice([
            lambda: text, lambda: html, both, both,
            lambda: self.multipart("mixed", [both(), self.attachment()]),
            lambda: self.multipart("related", [html, self.attachment()]),
            lambda: self.multipart("mixed", [text, self.attachment()]),
        ])()
        return (self.header() + body).replace("\n", "\r\n").encode()

    def transcript(self):
        """JSON entries joined by commas, as live.rs writes them."""
        rng, at, entries = self.rng, rng_at(self.rng), []

        def say(who, text, **more):
            entries.append({"at": next(at), "from": who, "text": text, **more})

        sender, recipient = (f"{user}@{rng.choice(DOMAINS)}" for user in (rng.choice(USERS), rng.choice(FIRST).lower()))
        host = rng.choice(["localhost", "[127.0.0.1]", "vm", "app", self.host, "debian"])
        if rng.random() < 0.8:
            say("server", "220 localhost ESMTP Restante")
            say("client", f"EHLO {host}")
            for line in ["250-localhost", "250-PIPELINING", "250-SIZE 52428800", "250-8BITMIME", "250-SMTPUTF8", "250-CHUNKING",
                         "250-BINARYMIME", "250-DSN", "250-ENHANCEDSTATUSCODES", "250-LIMITS RCPTMAX=1000", "250-DELIVERBY",
                         "250-HELP", "250 AUTH PLAIN LOGIN CRAM-MD5 XOAUTH2 OAUTHBEARER"]:
                say("server", line)
            if rng.random() < 0.2:
                say("client", "AUTH PLAIN ***")
                say("server", "235 2.7.0 Authentication succeeded")
        say("client", f"MAIL FROM:<{sender}>" + rng.choice(["", "", f" SIZE={rng.randrange(500, 90_000)}", " BODY=8BITMIME"]))
        say("server", "250 2.1.0 Sender ok")
        say("client", f"RCPT TO:<{recipient}>")
        say("server", "250 2.1.5 Recipient ok")
        say("client", "DATA")
        say("server", "354 Send the message; end it with a dot on a line of its own")
        message = "03" + self.token(20)
        say("client", ".", content={"size": rng.randrange(300, 90_000), "message_id": message})
        if rng.random() < 0.5:
            say("server", f"250 2.0.0 Ok: queued as {message}")
            say("client", "QUIT")
            say("server", "221 2.0.0 Bye")
            say("event", "the connection was closed")
        return ",".join(json.dumps(entry, separators=(",", ":")) for entry in entries).encode()


def rng_at(rng):
    at = 0
    while True:
        at += rng.choice([0, 0, 40, 90, 300, 1200])
        yield at


def main():
    number, into = sys.argv[1:]
    rng = random.Random(SEED)
    with tempfile.TemporaryDirectory() as folder:
        for index in range(SAMPLES):
            writer = Writer(rng)
            sample = writer.transcript() if index % 4 == 0 else writer.mail()
            (Path(folder) / f"{index:05}").write_bytes(sample)
        names = sorted(map(str, Path(folder).iterdir()))
        listed = Path(folder) / "list"
        listed.write_text("\n".join(names))
        subprocess.run(["zstd", "-q", "--train", "--filelist", str(listed), f"--maxdict={SIZE}", f"--dictID={number}", "-1",
                        "-f", "-o", into], check=True)


main()
