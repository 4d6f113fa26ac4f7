// web/src/lib/wire.ts against the JSON of a server with a bit of everything in it: a field that one of
// them has and the other lacks, or that has another type, fails.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { connect } from 'node:net'
import { fileURLToPath } from 'node:url'
import { after, before, test } from 'node:test'
import nodemailer from 'nodemailer'
import { WELCOME } from './mails.mjs'
import { BROKEN } from './samples.mjs'
import { DEADLINE, Server } from './server.mjs'

const WEB = new URL('../../web/', import.meta.url)
const ofWeb = createRequire(new URL('package.json', WEB))
const ts = ofWeb('typescript')
const WebSocket = ofWeb('ws')
const file = fileURLToPath(new URL('src/lib/wire.ts', WEB))
const program = ts.createProgram([file], { strict: true, exactOptionalPropertyTypes: true, target: ts.ScriptTarget.ES2022 })
const checker = program.getTypeChecker()
const types = new Map(
  checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(file))).map((symbol) => [symbol.name, checker.getDeclaredTypeOfSymbol(symbol)]),
)

/** Fields that a type names and JSON has had so far, by `Type.field`. */
const had = new Map()
const faults = new Set()

const isNull = (type) => Boolean(type.flags & ts.TypeFlags.Null)
const members = (type) => (type.isUnion() ? type.types : [type])
const nameOf = (type, path) => (type.aliasSymbol ?? type.symbol)?.name.replace('__type', path) ?? path

function compare(value, type, path) {
  const kinds = members(type).filter((t) => !(t.flags & ts.TypeFlags.Undefined))
  if (value === null) return void (kinds.some(isNull) || faults.add(`${path} is null`))
  const rest = kinds.filter((t) => !isNull(t))
  if (typeof value !== 'object') {
    const fits = rest.some((t) => ((t.isStringLiteral() || t.isNumberLiteral()) && t.value === value) || checker.typeToString(checker.getWidenedType(t)) === typeof value && !t.isLiteral() || checker.typeToString(t) === String(value))
    return void (fits || faults.add(`${path} is ${JSON.stringify(value)}, not ${checker.typeToString(type)}`))
  }
  if (Array.isArray(value)) {
    const list = rest.find((t) => checker.isArrayType(t) || checker.isTupleType(t))
    if (!list) return void faults.add(`${path} is an array`)
    for (const item of value) compare(item, checker.getTypeArguments(list)[0], `${path}[]`)
    return
  }
  // One of several: the one whose literal fields are those of the value.
  const objects = rest.filter((t) => t.getProperties().length > 0)
  const fits = (t) => t.getProperties().every((p) => {
    const of = members(checker.getTypeOfSymbol(p))
    return !of.every((m) => m.isStringLiteral()) || of.some((m) => m.value === value[p.name])
  })
  const object = objects.length > 1 ? objects.find(fits) : objects[0]
  if (!object) return void faults.add(`${path} is an object that wire.ts has not: ${Object.keys(value)}`)
  const name = objects.length > 1 ? `${nameOf(object, path)}(${value.type})` : nameOf(object, path)
  const fields = new Map(object.getProperties().map((p) => [p.name, p]))
  for (const field of fields.keys()) if (!had.has(`${name}.${field}`)) had.set(`${name}.${field}`, false)
  for (const [field, inner] of Object.entries(value)) {
    const symbol = fields.get(field)
    if (!symbol) faults.add(`${name}.${field} is not in wire.ts`)
    else {
      had.set(`${name}.${field}`, true)
      compare(inner, checker.getTypeOfSymbol(symbol), `${name}.${field}`)
    }
  }
  for (const [field, symbol] of fields) {
    if (!(field in value) && !(symbol.flags & ts.SymbolFlags.Optional)) faults.add(`${name}.${field} is not in the server’s JSON`)
  }
}

let server
before(async () => {
  server = await Server.start({ args: ['--tls', 'auto', '--max-errors', '9'], env: {} })
})
after(() => server?.close())

test('wire.ts is what the server says', async () => {
  const events = []
  // STARTTLS with a certificate that this client does not know.
  server.transport = nodemailer.createTransport({ host: 'localhost', port: server.smtp, ignoreTLS: true, name: 'app.local' })
  const { seq } = await server.json('/v1/info')
  await server.call('POST', '/v1/inboxes', { name: 'made' })
  await server.send({
    ...WELCOME, text: 'Your code is 482913', cc: 'A group: ann@example.com, bob@example.com;', replyTo: 'r@example.com', bcc: 'hidden@example.com',
    html: `${WELCOME.html}<a href="https://acme.example/x">x</a>`, envelope: { from: 'a@example.com', to: ['b@example.com', 'c@example.com'] },
  })
  const secure = nodemailer.createTransport({ host: 'localhost', port: server.smtp, requireTLS: true, tls: { rejectUnauthorized: false }, auth: { user: 'ci', pass: 'x' } })
  await secure.sendMail({ from: 'a@example.com', to: 'b@example.com', subject: 'x', dsn: { id: '1', return: 'headers', notify: 'failure', recipient: 'd@example.com' } })
  secure.close()
  const raw = 'Subject: no date\r\n\r\nbare\nline\r\n'
  const id = await server.send({ envelope: { from: 'a@example.com', to: ['b@example.com'] }, raw })
  // A client that is noticed.
  const plain = connect(server.smtp, 'localhost').setEncoding('utf8')
  for (const line of BROKEN) {
    await once(plain, 'data')
    plain.write(`${line}\r\n`)
  }
  await once(plain.resume(), 'close')
  const page = await server.json('/v1/messages')
  for (const one of [page, await server.json('/v1/messages?sort=sender')]) compare(one, types.get('MessagePage'), 'MessagePage')
  for (const summary of page.messages) {
    compare(await server.json(`/v1/messages/${summary.id}`), types.get('Message'), 'Message')
    compare(await (await fetch(`${server.url}/v1/messages/${summary.id}/transcript`, { headers: { accept: 'application/json' } })).json(), types.get('Transcript'), 'Transcript')
  }
  const sessions = await server.json('/v1/sessions')
  compare(sessions, types.get('SessionPage'), 'SessionPage')
  for (const session of sessions.sessions) compare(await server.json(`/v1/sessions/${session.id}`), types.get('Session'), 'Session')
  compare(await server.json('/v1/info'), types.get('Info'), 'Info')
  for (const inbox of (await server.json('/v1/inboxes')).inboxes) compare(inbox, types.get('Inbox'), 'Inbox')
  for (const setting of (await server.json('/v1/settings')).settings) compare(setting, types.get('Setting'), 'Setting')

  await fetch(`${server.url}/v1/messages/${id}`, { method: 'PATCH', headers: { 'content-type': 'application/json' }, body: '{"read":true}' })
  await fetch(`${server.url}/v1/messages/${id}`, { method: 'DELETE' })
  await server.call('DELETE', '/v1/inboxes/made')
  await fetch(`${server.url}/v1/messages`, { method: 'DELETE' })
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/v1/events?after=${seq}`)
  await new Promise((done, fail) => {
    setTimeout(() => fail(new Error('no messages.cleared')), DEADLINE).unref()
    socket.onmessage = ({ data }) => {
      events.push(JSON.parse(data))
      if (events.at(-1).type === 'messages.cleared' && events.at(-1).inbox === null) done()
    }
  })
  socket.close()
  for (const event of events) compare(event, event.type === 'hello' ? types.get('Hello') : types.get('MailEvent'), event.type)

  assert.deepEqual([...faults], [])
  // What no answer here has: client certificates are tested in tests/program/tls.rs.
  const never = [...had].filter(([, was]) => !was).map(([field]) => field)
  assert.deepEqual(never, [])
})
