// Mails as an app would send them, for the pictures of the README.
const BRAND = '#0f766e'
const LOGO = Buffer.from(
  `<svg xmlns="http://www.w3.org/2000/svg" width="150" height="40"><rect width="40" height="40" rx="10" fill="${BRAND}"/><path d="M11 25l9-13 9 13z" fill="#fff"/><text x="52" y="27" font-family="sans-serif" font-weight="700" font-size="20" fill="#17202a">Fernweh</text></svg>`,
)
const PHOTO = Buffer.from(
  '<svg xmlns="http://www.w3.org/2000/svg" width="520" height="180"><defs><linearGradient id="s" x2="0" y2="1"><stop stop-color="#fde68a"/><stop offset="1" stop-color="#fb923c"/></linearGradient></defs><rect width="520" height="180" fill="url(#s)"/><circle cx="380" cy="96" r="34" fill="#fff7ed"/><path d="M0 180L120 70l70 66 60-48 110 92z" fill="#0f766e"/><path d="M230 180l130-90 160 90z" fill="#115e59"/></svg>',
)

const page = (body) => `<!doctype html><html><body style="margin:0;background:#f4f5f7;font:15px/1.6 -apple-system,Segoe UI,Helvetica,Arial,sans-serif;color:#17202a">
<div style="max-width:520px;margin:0 auto;padding:32px 24px"><img src="cid:logo@fernweh.example" width="150" height="40" alt="Fernweh">
<div style="background:#fff;border:1px solid #e5e7eb;border-radius:10px;margin-top:20px;padding:28px">${body}</div>
<p style="color:#6b7280;font-size:12px;margin-top:18px">Fernweh GmbH · Lange Reihe 12 · 20099 Hamburg</p></div></body></html>`
const button = (href, text) => `<p><a href="${href}" style="display:inline-block;background:${BRAND};color:#fff;padding:11px 22px;border-radius:8px;text-decoration:none;font-weight:600">${text}</a></p>`

const logo = { filename: 'logo.svg', content: LOGO, contentType: 'image/svg+xml', cid: 'logo@fernweh.example', contentDisposition: 'inline' }
const from = { name: 'Fernweh', address: 'hello@fernweh.example' }

export const WELCOME = {
  from,
  to: { name: 'Ada Okafor', address: 'ada@okafor.example' },
  subject: 'Welcome to Fernweh, Ada',
  text: 'Hello Ada,\n\nyour account is ready. Plan your first trip:\nhttps://fernweh.example/start\n',
  html: page(`<img src="cid:photo@fernweh.example" width="100%" style="border-radius:8px;display:block" alt=""><h1 style="font-size:22px;margin:22px 0 6px">Welcome aboard, Ada</h1>
<p>Your account is ready. Night trains, ferries and buses in one place, and a map that works without a signal.</p>${button('https://fernweh.example/start', 'Plan your first trip')}`),
  attachments: [logo, { filename: 'mountains.svg', content: PHOTO, contentType: 'image/svg+xml', cid: 'photo@fernweh.example', contentDisposition: 'inline' }],
}

export const RESET = {
  from: { name: 'Fernweh Accounts', address: 'accounts@fernweh.example' },
  to: { name: 'Ben Castillo', address: 'ben@castillo.example' },
  subject: 'Reset your password',
  text: 'Hello Ben,\n\nuse this link within the next hour to choose a new password:\nhttps://fernweh.example/reset?token=8f2c61a09b7e\n\nIf you did not ask for it, ignore this mail.\n',
  html: page(`<h1 style="font-size:20px;margin:0 0 6px">Choose a new password</h1><p>Hello Ben, somebody asked for a new password for your account. The link works for one hour.</p>${button('https://fernweh.example/reset?token=8f2c61a09b7e', 'Choose a password')}<p style="color:#6b7280">If it was not you, ignore this mail.</p>`),
  attachments: [logo],
}

export const INVOICE = {
  from: { name: 'Fernweh Billing', address: 'billing@fernweh.example' },
  to: { name: 'Chiara Lindqvist', address: 'chiara@lindqvist.example' },
  bcc: 'archive@fernweh.example',
  subject: 'Invoice 2026-1184: Hamburg → Stockholm',
  text: 'Hello Chiara,\n\nthank you for your booking. The invoice over 148.90 EUR is attached.\n',
  html: page(`<h1 style="font-size:20px;margin:0 0 6px">Thank you for your booking</h1><table width="100%" style="border-collapse:collapse"><tr><td style="padding:8px 0;border-bottom:1px solid #e5e7eb">Night train, 2 berths</td><td align="right" style="border-bottom:1px solid #e5e7eb">129.90 €</td></tr><tr><td style="padding:8px 0;border-bottom:1px solid #e5e7eb">Two bicycles</td><td align="right" style="border-bottom:1px solid #e5e7eb">19.00 €</td></tr><tr><td style="padding:8px 0"><b>Total</b></td><td align="right"><b>148.90 €</b></td></tr></table>`),
  attachments: [logo, { filename: 'invoice-2026-1184.pdf', content: Buffer.alloc(48_213, '%PDF-1.7 '), contentType: 'application/pdf' }],
}

export const REPORT = {
  from: 'cron@build.fernweh.example',
  to: 'ops@fernweh.example',
  subject: 'Nightly backup: 3 of 3 done',
  text: 'db-1   41.2 GB   4m 12s   ok\ndb-2   38.9 GB   3m 58s   ok\nfiles  112 GB   11m 40s   ok\n',
}

/** What a hand-written client says: no angle brackets, no Date, raw UTF-8. */
export const BROKEN = [
  'HELO 192.0.2.44', 'MAIL FROM: noreply@printer.example', 'RCPT TO: office@fernweh.example', 'DATA',
  'From: Etagendrucker <noreply@printer.example>\r\nTo: office@fernweh.example\r\nSubject: Gerät 4: Toner ist fast leer\r\nContent-Type: text/plain\r\n\r\nBitte Toner nachfüllen (Küche, 2. Stock).\r\n.', 'QUIT',
]
