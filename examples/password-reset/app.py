"""A web app that can reset a password, with nothing but Python's standard library:

    python3 app.py [PORT]      (0 takes a free port, which is printed)

SMTP_HOST and SMTP_PORT say where its mail goes. `restante run` sets them.
"""

import html
import os
import secrets
import smtplib
import sys
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

PAGE = "<!doctype html><meta charset=utf-8><title>Shop</title><h1>{title}</h1>{body}"
FORGOT = '<form method=post><label>E-mail <input id=email name=email></label> <button>Send me a code</button></form>'
RESET = '<form method=post><label>Code <input id=code name=code></label> <button>Set a new password</button></form>'

# What was sent, by the token in the link.
codes = {}


def send_reset(address, server):
    token, code = secrets.token_urlsafe(16), f"{secrets.randbelow(10**6):06}"
    codes[token] = code
    link = f"{server}/reset/{token}?from=mail&lang=en"
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "Shop <no-reply@shop.test>", address, "Reset your password"
    mail.set_content(f"Your code is {code}.\n\nType it at {link}\n")
    mail.add_alternative(
        f'<p>Your code is <b>{code}</b>.</p><p><a href="{html.escape(link)}">Choose a new password</a></p>', subtype="html"
    )
    host, port = os.environ.get("SMTP_HOST") or "localhost", int(os.environ.get("SMTP_PORT") or 1025)
    with smtplib.SMTP(host, port) as smtp:
        smtp.send_message(mail)


class App(BaseHTTPRequestHandler):
    def do_GET(self):
        at = urlsplit(self.path).path
        if at == "/forgot":
            self.show("Forgot your password?", FORGOT)
        elif at.removeprefix("/reset/") in codes:
            self.show("Type your code", RESET)
        else:
            self.show("There is no such page", status=404)

    def do_POST(self):
        at = urlsplit(self.path).path
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        given = {name: values[0] for name, values in form.items()}
        if at == "/forgot":
            send_reset(given["email"], f"http://{self.headers['Host']}")
            self.show("Look into your mail")
        elif given.get("code") == codes.get(at.removeprefix("/reset/")):
            self.show("Your password is new")
        else:
            self.show("That is not the code", status=403)

    def show(self, title, body="", status=200):
        page = PAGE.format(title=html.escape(title), body=body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    server = ThreadingHTTPServer(("localhost", int(sys.argv[1]) if len(sys.argv) > 1 else 8000), App)
    print(f"http://localhost:{server.server_port}", flush=True)
    server.serve_forever()
