// A server that speaks docs/api.md from memory, to develop and photograph the inspector without the real one.
//   node mock/server.mjs [--port 8025] [--count 24] [--live MS] [--dist dist]
// `--count 100000` makes a long list at once; POST /mock/burst?n=5000, /mock/drop and /mock/reset play what is rare.
import { createServer } from 'node:http'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { WebSocketServer } from 'ws'
import { compose, KINDS } from './mails.mjs'

const arg = (name, otherwise) => (process.argv.includes(`--${name}`) ? process.argv[process.argv.indexOf(`--${name}`) + 1] : otherwise)
const port = Number(arg('port', 8025))
const dist = arg('dist', 'dist')
const CSP = "default-src 'self'; style-src 'self'; script-src 'self'; img-src 'self' data: blob:; connect-src 'self'; frame-src 'self'; object-src 'none'; base-uri 'none'"
const MAIL_CSP = (remote) => `default-src 'none'; sandbox allow-popups allow-popups-to-escape-sandbox; img-src 'self' http://localhost:${port} data:${remote ? ' http: https:' : ''}; style-src 'unsafe-inline'${remote ? ' http: https:' : ''}`

let store = 'store-1'
let seq = 0
let messages = [] // oldest first: { id, seq, at, kind, i, read, starred, session }
let sessions = []
let log = []
const composed = new Map()
const sockets = new Set()
const id = (n, letter) => `0Ck${letter}${String(n).padStart(18, '0')}`

function emit(event) {
  log.push({ ...event, seq: ++seq })
  if (log.length > 200_000) log = log.slice(-100_000)
  for (const socket of sockets) socket.send(JSON.stringify(log.at(-1)))
}

function content(m) {
  if (!composed.has(m.kind * 50 + (m.i % 50))) composed.set(m.kind * 50 + (m.i % 50), compose(m.kind, m.i % 50))
  const c = composed.get(m.kind * 50 + (m.i % 50))
  return c
}

function summary(m) {
  const c = content(m)
  return {
    id: m.id, seq: m.seq, inbox: c.inbox, received_at: m.at, from: [c.from], to: c.to, cc: c.cc, subject: c.subject,
    snippet: (c.text ?? '').replace(/\s+/g, ' ').slice(0, 140), size: c.raw.length, attachments: c.attachments.filter((a) => !a.inline).length,
    read: m.read, starred: m.starred, tags: [], envelope: { from: c.returnPath ?? c.from.address, to: [...c.to, ...c.cc].map((a) => a.address).concat(c.bcc ?? []) },
    session_id: m.session, via: 'smtp', defects: c.defects.length,
  }
}

const bare = ({ content, children, ...part }) => ({ ...part, children: children.map(bare) })

function whole(m) {
  const c = content(m)
  const s = summary(m)
  return {
    ...s, reply_to: c.reply_to, bcc: [], date: c.broken ? null : '2026-11-22T20:59:58.000Z', message_id: `${m.i}.4711@acme.example`, headers: c.headers,
    text: c.text, html: c.html, parts: [bare(c.root)], attachments: c.attachments, links: [], defects: c.defects, session: session(m.session),
    envelope: { ...s.envelope, params: { from: [{ name: 'SIZE', value: String(c.raw.length) }, { name: 'SMTPUTF8', value: null }], to: s.envelope.to.map((_, i) => (i ? [] : [{ name: 'NOTIFY', value: 'FAILURE' }])) } },
  }
}

function session(sid) {
  const { list, ...s } = sessions.find((s) => s.id === sid)
  return s
}

function receive(i, quiet, at = new Date()) {
  const kind = quiet && i % 3 === 0 ? 5 : i % KINDS.length
  const sid = id(i, 'S')
  const s = { id: sid, seq: seq + 1, opened_at: at.toISOString(), closed_at: new Date(+at + 38).toISOString(), outcome: 'quit', client: `127.0.0.1:${40000 + (i % 20000)}`, via: 'smtp', helo: 'app.local', esmtp: true, user: kind === 5 ? 'ci' : null, auth: kind === 5 ? 'PLAIN' : null, tls: kind === 5 ? { mode: 'starttls', version: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384', sni: 'localhost', client_certificate: null, error: null } : null, messages: 1, notices: kind === 4 ? 2 : 0, commands: 5, bytes: 900, list: [id(i, 'M')] }
  const { list, ...shown } = s
  if (!quiet || i % 20 === 0) sessions.push(s)
  if (!quiet) emit({ type: 'session.opened', session: { ...shown, outcome: 'open', closed_at: null, messages: 0 } })
  const m = { id: id(i, 'M'), seq: seq + 1, at: at.toISOString(), kind, i, read: quiet && i % 4 > 0, starred: i % 9 === 4, session: !quiet || i % 20 === 0 ? sid : sessions.at(-1).id }
  messages.push(m)
  if (quiet) seq += 1
  else {
    emit({ type: 'message.added', message: summary(m) })
    emit({ type: 'session.closed', session: shown })
  }
}

function fill(count) {
  for (let i = 0; i < count; i++) receive(i, count > 1000, new Date(Date.now() - (count - i) * 47_000))
  sessions.push({ id: id(999999, 'S'), seq: seq + 1, opened_at: new Date().toISOString(), closed_at: new Date().toISOString(), outcome: 'cut-off', client: '127.0.0.1:51004', via: 'smtp', helo: null, esmtp: false, user: null, auth: null, tls: null, messages: 0, notices: 1, commands: 1, bytes: 12, list: [] })
}

function transcript(s) {
  const m = messages.find((m) => m.id === s.list[0])
  const client = (at, text, more) => ({ at, from: 'client', text, ...more })
  const server = (at, text) => ({ at, from: 'server', text })
  const begin = [{ at: 0, from: 'event', text: `connected from ${s.client}` }, server(310, '220 localhost ESMTP Restante')]
  if (!m) return { session_id: s.id, elided: 0, entries: [...begin, client(5210, 'GET / HTTP/1.1', { notices: [{ code: 'unknown-command', message: 'This is not an SMTP command; it looks like HTTP.', rfc: 'RFC 5321, section 4.1.1' }] }), server(5400, '500 5.5.2 Command not recognized'), { at: 5800, from: 'event', text: 'the client hung up' }] }
  const c = content(m)
  const e = summary(m).envelope
  const odd = [{ code: 'path-without-brackets', message: 'The address stands without angle brackets.', rfc: 'RFC 5321, section 4.1.2' }, { code: 'space-after-colon', message: 'A space follows MAIL FROM:', rfc: 'RFC 5321, section 3.3' }]
  return {
    session_id: s.id, elided: 0,
    entries: [
      ...begin, client(1250, `EHLO ${s.helo}`), server(1320, '250-localhost'), server(1320, '250-SIZE 33554432'), server(1320, '250 SMTPUTF8'),
      ...(s.user ? [client(1800, 'AUTH PLAIN ********'), server(2010, '235 2.7.0 Accepted')] : []),
      c.broken ? client(2400, `MAIL FROM: ${e.from}`, { notices: odd }) : client(2400, `MAIL FROM:<${e.from}> SIZE=${c.raw.length} SMTPUTF8`), server(2450, '250 2.1.0 Ok'),
      ...e.to.flatMap((to, i) => [client(2900 + i * 200, `RCPT TO:<${to}>`), server(2960 + i * 200, '250 2.1.5 Ok')]),
      client(4100, 'DATA'), server(4160, '354 End with a line with a single dot'), client(5200, `message content, ${c.raw.length} bytes`, { content: { size: c.raw.length, message_id: m.id } }),
      server(9300, `250 2.0.0 Ok: queued as ${m.id}`), client(37_900, 'QUIT'), server(38_010, '221 2.0.0 Bye'), { at: 38_200, from: 'event', text: 'closed' },
    ],
  }
}

function page(all, { limit = '50', cursor, order }) {
  const rows = order === 'oldest' ? all : [...all].reverse()
  const start = cursor ? rows.findIndex((r) => r.id === cursor) + 1 : 0
  const items = rows.slice(start, start + Number(limit))
  return { items, next: start + items.length < rows.length ? items.at(-1).id : null }
}

const fail = (status, code, message) => Object.assign(new Error(message), { status, code })
const find = (mid) => messages.find((m) => m.id === mid) ?? (() => { throw fail(404, 'not_found', `There is no message ${mid}.`) })()
const partOf = (p, path) => (p.path === path ? p : p.children.map((c) => partOf(c, path)).find(Boolean))
const file = (type, body, extra) => ({ type, body, extra })
const inboxOf = (m) => content(m).inbox

const FIELDS = [
  { name: 'from', about: 'the sender of the header: address or words of the name', values: [] },
  { name: 'inbox', about: 'the inbox', values: [] },
  { name: 'is', about: 'its state', values: ['read', 'unread', 'starred'] },
  { name: 'has', about: 'what the message has', values: ['attachment', 'html'] },
]
const valuesOf = (field) => [...new Set(messages.slice(-1000).map((m) => ({ from: content(m).from.address, inbox: inboxOf(m) })[field]).filter(Boolean))]

const routes = [
  ['GET', /^\/v1\/info$/, () => ({ version: '0.1.0', smtp: { address: '127.0.0.1:1025', max_message_size: 33554432, starttls: false, implicit_tls_address: null, require_tls: false, auth: { checked: false, required: false, needs_tls: false } }, http: { address: `127.0.0.1:${port}` }, store: { id: store, path: null, temporary: true, messages: messages.length, unread: messages.filter((m) => !m.read).length, sessions: sessions.length, bytes: messages.length * 5120, max_bytes: 2 ** 30, dropped: 0 }, seq, started_at: new Date().toISOString() })],
  ['GET', /^\/v1\/settings$/, () => ({ settings: [{ flag: '--smtp', variable: 'RESTANTE_SMTP', value: '127.0.0.1:1025', default: 'localhost:1025', origin: 'flag', secret: false }, { flag: '--strict', variable: 'RESTANTE_STRICT', value: 'false', default: 'false', origin: 'default', secret: false }] })],
  ['GET', /^\/v1\/inboxes$/, () => ({ inboxes: [...new Set(messages.map(inboxOf))].sort().map((name) => { const of = messages.filter((m) => inboxOf(m) === name); return { name, messages: of.length, unread: of.filter((m) => !m.read).length } }) })],
  ['GET', /^\/v1\/messages$/, (_, q) => { const all = q.inbox ? messages.filter((m) => inboxOf(m) === q.inbox) : messages; const { items, next } = page(all, q); return { messages: items.map(summary), next, total: all.length, unread: all.filter((m) => !m.read).length, cursor: seq } }],
  ['PATCH', /^\/v1\/messages$/, (_, q, body, ids) => { for (const mid of ids) { const m = Object.assign(find(mid), body); emit({ type: 'message.updated', message: summary(m) }) } return { changed: ids.length } }],
  ['DELETE', /^\/v1\/messages$/, (_, q, body, ids) => { if (ids.length) { messages = messages.filter((m) => !ids.includes(m.id)); for (const mid of ids) emit({ type: 'message.deleted', id: mid, inbox: 'default' }); return { deleted: ids.length } } const n = messages.length; messages = q.inbox ? messages.filter((m) => inboxOf(m) !== q.inbox) : []; emit({ type: 'messages.cleared', inbox: q.inbox ?? null, before: Number.MAX_SAFE_INTEGER }); return { deleted: n - messages.length } }],
  ['GET', /^\/v1\/messages\/([^/]+)$/, ([mid]) => whole(find(mid))],
  ['PATCH', /^\/v1\/messages\/([^/]+)$/, ([mid], _, body) => { const m = Object.assign(find(mid), body); emit({ type: 'message.updated', message: summary(m) }); return summary(m) }],
  ['DELETE', /^\/v1\/messages\/([^/]+)$/, ([mid]) => { const m = find(mid); messages = messages.filter((o) => o !== m); emit({ type: 'message.deleted', id: mid, inbox: inboxOf(m) }); return { deleted: 1 } }],
  ['GET', /^\/v1\/messages\/([^/]+)\/raw$/, ([mid]) => file('message/rfc822', content(find(mid)).raw)],
  ['GET', /^\/v1\/messages\/([^/]+)\/html$/, ([mid], q) => file('text/html; charset=utf-8', content(find(mid)).html.replace(/cid:[^"]+/g, `/v1/messages/${mid}/parts/2.2`), { 'content-security-policy': MAIL_CSP(q.remote) })],
  ['GET', /^\/v1\/messages\/([^/]+)\/text$/, ([mid]) => file('text/plain; charset=utf-8', content(find(mid)).text)],
  ['GET', /^\/v1\/messages\/([^/]+)\/parts\/([^/]+)$/, ([mid, path], q) => { const p = partOf(content(find(mid)).root, path) ?? (() => { throw fail(404, 'not_found', 'no such part') })(); return file(p.type, p.content, { 'content-security-policy': MAIL_CSP(false), ...(q.download && { 'content-disposition': `attachment; filename="${p.filename ?? 'part'}"` }) }) }],
  ['GET', /^\/v1\/messages\/([^/]+)\/transcript$/, ([mid]) => transcript(sessions.find((s) => s.id === find(mid).session))],
  ['GET', /^\/v1\/search\/fields$/, () => ({ fields: FIELDS })],
  ['GET', /^\/v1\/search\/values$/, (_, q) => ({ values: valuesOf(q.field).filter((v) => v.startsWith(q.prefix)).slice(0, 20) })],
  ['GET', /^\/v1\/sessions$/, (_, q) => { const { items, next } = page(sessions, q); return { sessions: items.map((s) => session(s.id)), next, total: sessions.length, cursor: seq } }],
  ['GET', /^\/v1\/sessions\/([^/]+)$/, ([sid]) => { const s = sessions.find((s) => s.id === sid); if (!s) throw fail(404, 'not_found', 'no such session'); return { ...session(sid), message_ids: s.list } }],
  ['GET', /^\/v1\/sessions\/([^/]+)\/transcript$/, ([sid]) => transcript(sessions.find((s) => s.id === sid) ?? (() => { throw fail(404, 'not_found', 'no such session') })())],
  ['POST', /^\/mock\/burst$/, (_, q) => { for (let i = 0; i < Number(q.n ?? 1); i++) receive(next++); return {} }],
  ['POST', /^\/mock\/drop$/, () => { for (const s of sockets) s.terminate(); return {} }],
  ['POST', /^\/mock\/reset$/, () => { messages = []; sessions = []; log = []; seq = 0; store = `store-${Date.now()}`; fill(3); for (const s of sockets) s.terminate(); return {} }],
]

async function page404(path, res) {
  const asset = path.startsWith('/assets/')
  const body = await readFile(join(dist, asset ? path : 'index.html')).catch(() => null)
  const type = { js: 'text/javascript', css: 'text/css', svg: 'image/svg+xml' }[path.split('.').at(-1)] ?? 'text/html; charset=utf-8'
  res.writeHead(body ? 200 : 404, { 'content-type': type, ...(!asset && { 'content-security-policy': CSP }) }).end(body ?? 'not found')
}

const server = createServer(async (req, res) => {
  const { pathname, searchParams } = new URL(req.url, 'http://x')
  const route = routes.find(([method, pattern]) => method === req.method && pattern.test(pathname))
  if (!route) return page404(pathname, res)
  try {
    let body = ''
    for await (const chunk of req) body += chunk
    const answer = route[2](route[1].exec(pathname).slice(1).map(decodeURIComponent), Object.fromEntries(searchParams), body && JSON.parse(body), searchParams.getAll('id'))
    if (answer.type && 'body' in answer) res.writeHead(200, { 'content-type': answer.type, ...answer.extra }).end(answer.body)
    else res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
  } catch (e) {
    res.writeHead(e.status ?? 500, { 'content-type': 'application/json' }).end(JSON.stringify({ error: { code: e.code ?? 'internal', message: e.message } }))
  }
})

new WebSocketServer({ server, path: '/v1/events' }).on('connection', (socket, req) => {
  const after = new URL(req.url, 'http://x').searchParams.get('after')
  const lost = after !== null && (Number(after) > seq || (log.length > 0 && Number(after) < log[0].seq - 1))
  socket.send(JSON.stringify({ type: 'hello', seq, store, resync: lost }))
  if (after !== null && !lost) for (const event of log) if (event.seq > Number(after)) socket.send(JSON.stringify(event))
  sockets.add(socket)
  socket.on('close', () => sockets.delete(socket))
})

const count = Number(arg('count', 24))
fill(count)
let next = count
if (arg('live')) setInterval(() => receive(next++), Number(arg('live')))
server.listen(port, '127.0.0.1', () => console.log(`http://localhost:${port}`))
