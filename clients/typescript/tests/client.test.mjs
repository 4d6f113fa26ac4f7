// The client against the built program.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { ExpectationError, Restante } from 'restante'
import { HTML, send, start } from './server.mjs'

let server, restante
before(async () => {
  server = await start()
  restante = new Restante()
})
after(() => server.stop())

test('mail that is there is found', async () => {
  const inbox = await restante.inbox()
  await send(inbox.address, { subject: 'Reset your password', html: HTML, file: '%PDF' })
  const mail = await inbox.expect({ subject: 'reset', to: inbox.address, timeout: 20_000 })
  assert.deepEqual([mail.subject, mail.matched, mail.duplicates], ['Reset your password', 1, []])
  assert.match(mail.text, /482913/)
  assert.match(mail.html, /482 913/)
  assert.deepEqual(mail.sender, { name: 'Shop', address: 'app@shop.test' })
  assert.deepEqual([mail.recipients, mail.to[0].address], [[inbox.address], inbox.address])
  assert.equal(mail.header('subject'), 'Reset your password')
  assert.equal(mail.header('X-Absent'), undefined)
  const [file] = mail.attachments
  assert.deepEqual([file.filename, file.type], ['bill.pdf', 'application/pdf'])
  assert.equal(Buffer.from(await inbox.content(file)).toString(), '%PDF')
  assert.equal((await fetch(mail.url)).status, 200)
})

test('mail that comes later is waited for', async () => {
  const inbox = await restante.inbox()
  const waiting = inbox.expect({ subject: /^LATER$/i, timeout: '20s' })
  await send(inbox.address, { subject: 'Later' })
  assert.equal((await waiting).code(6), '482913')
})

test('codes and links', async () => {
  const inbox = await restante.inbox()
  await send(inbox.address, { text: 'Your code is 482913. PIN A-77', html: HTML })
  const mail = await inbox.expect({})
  assert.deepEqual([mail.code(6), mail.code(), mail.code(/PIN (\S+?)\b/g)], ['482913', '482913', 'A'])
  assert.deepEqual(mail.link(/\/reset\//), { href: 'https://app.test/reset/?t=1&u=2', text: 'Reset it' })
  assert.deepEqual([mail.link('HOME').href, mail.link().text], ['https://app.test/', 'Reset it'])
  assert.throws(() => mail.code(9), { name: 'ExpectationError', message: /^no code of 9 digits in "Your code" .* there is 482913/ })
  assert.throws(() => mail.link('/pay/'), /no link like \/pay\/ .* there is https:\/\/app.test\/reset\/.*, https:\/\/app.test\//)
})

test('the server takes out what is asked for', async () => {
  const inbox = await restante.inbox()
  await send(inbox.address, { html: HTML })
  const mail = await inbox.expect({ code: 6, link: /\/reset\// })
  assert.deepEqual([mail.code(), mail.link().text], ['482913', 'Reset it'])
  await assert.rejects(inbox.expect({ code: /PIN (\d+)/, timeout: 100 }), (e) => e instanceof ExpectationError && e.problem.reason === 'no_code')
})

test('patterns, times and lists are taken', async () => {
  const inbox = await restante.inbox()
  await send(inbox.address, { subject: 'Order 77 shipped' })
  const mail = await inbox.expect({
    subject: [/order \d+/i, 'shipped', { contains: 'lost', not: true }],
    from: 'app@shop.test',
    header: { 'X-Mailer': '!*' },
    since: new Date(Date.now() - 60_000),
    timeout: '20s',
    exactly: 1,
    for: 50,
    checks: [{ field: 'subject', contains: '77' }],
  })
  assert.equal(mail.subject, 'Order 77 shipped')
})

test('a cursor keeps old mail out', async () => {
  const inbox = await restante.inbox()
  await send(inbox.address, { subject: 'First' })
  const first = await inbox.expect({ subject: 'First' })
  const since = await inbox.cursor()
  await assert.rejects(inbox.expect({ subject: 'First', since, timeout: 100 }), /before the cursor/)
  await send(inbox.address, { subject: 'Second' })
  assert.equal((await inbox.expect({ since: first.cursor })).subject, 'Second')
  assert(inbox.since < since)
})

test('no mail is expected', async () => {
  const inbox = await restante.inbox()
  assert.equal(await inbox.expect({ none: true, for: 100 }), null)
  await send(inbox.address)
  await assert.rejects(inbox.expect({ none: true, for: 100 }), ExpectationError)
})

test('a failure is the text of the server, at the line of the test', async () => {
  const inbox = await restante.inbox()
  await send(inbox.address, { subject: 'Passwort' })
  const failure = await inbox.expect({ subject: 'reset', timeout: 100 }).catch((e) => e)
  assert.match(failure.message, /^no mail matched in 0\.1 s\n {2}asked: .*\n[^]*NO subject {2}"Passwort"/)
  assert.equal(failure.problem.reason, 'none_matched')
  assert(failure.stack.startsWith('ExpectationError: no mail matched'))
  assert.match(failure.stack.split('\n').find((line) => line.startsWith('    at ')), /client\.test\.mjs/)
})

test('a wrong question names its field', async () => {
  await assert.rejects(restante.expect({ subjct: 'reset' }), { name: 'RestanteError', field: 'subjct', status: 400, message: /did you mean subject/ })
})

test('inboxes keep mail apart and can be deleted', async () => {
  const [ann, bob] = [await restante.inbox({ lifetime: 60_000 }), await restante.inbox()]
  await send(ann.addressOf('one'), { subject: 'For Ann' })
  assert.equal((await ann.expect({ exactly: 1 })).subject, 'For Ann')
  assert.equal((await restante.expect({ inbox: ann })).subject, 'For Ann')
  assert.equal(await bob.expect({ none: true, for: 10 }), null)
  assert.match(bob.smtpUrl, new RegExp(`^smtp://${bob.username}:${bob.password}@localhost:\\d+$`))
  await ann.delete()
  const names = await restante.inboxes()
  assert(!names.includes(ann.name) && names.includes(bob.name))
})

test('without a server the error says what to do', async () => {
  await assert.rejects(new Restante('http://localhost:1').cursor(), { name: 'NoServerError', message: /^no Restante answers at http:\/\/localhost:1 .*restante run -- npm test/ })
  assert.throws(() => new Restante('localhost:8025'), /is no address of a server/)
})
