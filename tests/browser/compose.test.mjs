// What is written in the form is what is stored: each field, raw, replies, forwarded mail, dropped files.
import assert from 'node:assert/strict'
import { BROKEN } from './samples.mjs'
import { PDF, WELCOME } from './mails.mjs'
import { gone, live, row, seen, subject } from './look.mjs'
import { scenario } from './scenario.mjs'

const form = (page) => page.getByRole('dialog', { name: 'Write a message' })
const field = (page, name) => form(page).getByLabel(name, { exact: true })
const values = async (page, ...names) => Promise.all(names.map((name) => field(page, name).inputValue()))
const isAt = (page, name) => page.waitForFunction(([name]) => document.activeElement?.closest('label')?.innerText.trim().startsWith(name), [name])

async function send(page, server, expected) {
  await form(page).getByRole('button', { name: 'Send' }).click()
  await gone(form(page))
  await seen(subject(page, expected))
  return server.json('/v1/messages/latest')
}

scenario('every field of the form comes into the store as it was written', async (stage) => {
  const server = await stage.server()
  const page = await stage.page(server)
  await seen(live(page))
  await page.keyboard.press('c')
  await isAt(page, 'Subject')
  // Typed where the cursor is.
  await page.keyboard.type('Übung: ünïcode & <tags>')
  await field(page, 'From').fill('Jörg Ärmel <joerg@example.com>')
  await field(page, 'To').fill('Ann <ann@example.com>, bob@example.com, "Last, First" <last@example.com>')
  await field(page, 'Text').fill('Grüße\n.\n..two\nlast line')
  await form(page).getByRole('button', { name: 'HTML', exact: true }).click()
  await field(page, 'HTML').fill('<p>Grüße, <b>Ann</b> &amp; Bob</p>')
  const attach = (...files) => form(page).locator('input[type=file]').setInputFiles(files.map(([name, mimeType, buffer]) => ({ name, mimeType, buffer })))
  await attach(['ü.txt', 'text/plain', Buffer.from('file')], ['terms.pdf', 'application/pdf', PDF])
  await attach(['unwanted.bin', '', Buffer.alloc(100)])
  await form(page).getByRole('button', { name: /^unwanted\.bin · 100 B/ }).click()
  const message = await send(page, server, 'Übung: ünïcode & <tags>')
  assert.deepEqual(message.envelope, { from: 'joerg@example.com', to: ['ann@example.com', 'bob@example.com', 'last@example.com'], params: { from: [], to: [[], [], []] } })
  assert.deepEqual(message.from, [{ name: 'Jörg Ärmel', address: 'joerg@example.com' }])
  assert.deepEqual(message.to.map((a) => [a.name, a.address]), [['Ann', 'ann@example.com'], [message.to[1].name, 'bob@example.com'], ['Last, First', 'last@example.com']])
  assert.equal(message.subject, 'Übung: ünïcode & <tags>')
  assert.equal(message.text.replaceAll('\r\n', '\n'), 'Grüße\n.\n..two\nlast line')
  assert.equal(message.html, '<p>Grüße, <b>Ann</b> &amp; Bob</p>')
  assert.deepEqual(message.attachments.map((a) => [a.filename, a.type, a.size]), [['ü.txt', 'text/plain', 4], ['terms.pdf', 'application/pdf', PDF.length]])
  const pdf = Buffer.from(await (await server.get(`/v1/messages/${message.id}/parts/${message.attachments[1].path}`)).arrayBuffer())
  assert.ok(pdf.equals(PDF))
  assert.deepEqual(message.defects, [])
  assert.equal(message.via, 'smtp')
})

scenario('the raw message is sent as it is edited, to whom the fields say', async (stage) => {
  const server = await stage.server()
  const page = await stage.page(server)
  await seen(live(page))
  await page.keyboard.press('c')
  await field(page, 'Subject').fill('Not yet')
  await field(page, 'Text').fill('Before')
  await form(page).getByRole('button', { name: 'Edit the raw message' }).click()
  const raw = field(page, 'Raw')
  assert.match(await raw.inputValue(), /^Date: [^]*Subject: Not yet\n[^]*\n\n/)
  await raw.fill('Subject: By hand\nX-Own: yes\n\n.dot\nend\n')
  await field(page, 'To').fill('only@example.com')
  const message = await send(page, server, 'By hand')
  assert.deepEqual(message.envelope.to, ['only@example.com'])
  assert.deepEqual(message.headers.map((h) => h.name), ['Subject', 'X-Own'])
  assert.equal(await (await server.get(`/v1/messages/${message.id}/raw`)).text(), 'Subject: By hand\r\nX-Own: yes\r\n\r\n.dot\r\nend\r\n')
})

scenario('a reply and a forwarded mail begin with what they answer', async (stage) => {
  const server = await stage.server()
  const id = await server.send({ ...WELCOME, replyTo: 'Support <help@acme.example>', messageId: '<first@acme.example>' })
  const page = await stage.page(server, `/m/${id}`)
  await seen(subject(page, WELCOME.subject))
  await seen(live(page))
  await page.keyboard.press('r')
  await isAt(page, 'Text')
  assert.deepEqual(await values(page, 'From', 'To', 'Subject'), ['joerg@example.com', 'Support <help@acme.example>', `Re: ${WELCOME.subject}`])
  const [quoted] = await values(page, 'Text')
  assert.match(quoted, /^\n\nAcme <hello@acme\.example>:\n> Hello Jörg,\n> your account is ready/)
  // The cursor is above what is quoted.
  await page.keyboard.type('Thanks!')
  const reply = await send(page, server, `Re: ${WELCOME.subject}`)
  assert.ok(reply.text.startsWith('Thanks!'))
  assert.deepEqual(reply.envelope.to, ['help@acme.example'])
  const header = (name) => reply.headers.find((h) => h.name === name)?.value
  assert.deepEqual([header('In-Reply-To'), header('References')], ['<first@acme.example>', '<first@acme.example>'])

  await page.goto(`/m/${id}`)
  await seen(subject(page, WELCOME.subject))
  await page.keyboard.press('f')
  await isAt(page, 'To')
  assert.deepEqual(await values(page, 'From', 'To', 'Subject', 'HTML'), ['joerg@example.com', '', `Fwd: ${WELCOME.subject}`, WELCOME.html])
  // Without anybody to send it to it stays.
  await form(page).getByRole('button', { name: 'Send' }).click()
  await isAt(page, 'To')
  await page.keyboard.type('boss@example.com')
  const forwarded = await send(page, server, `Fwd: ${WELCOME.subject}`)
  assert.deepEqual(forwarded.envelope, { from: 'joerg@example.com', to: ['boss@example.com'], params: { from: [], to: [[]] } })
  assert.match(forwarded.text, /---\s+From: Acme <hello@acme\.example>\s+To: Jörg Müller <joerg@example\.com>\s+Subject: Welcome to Acme, Jörg\s+Hello Jörg,/)
  // With all that was attached, and the picture of the HTML under its name.
  assert.equal(forwarded.html, WELCOME.html)
  const attached = (m) => m.attachments.map((a) => [a.filename, a.type, a.cid, a.inline, a.sha256])
  const original = await server.json(`/v1/messages/${id}`)
  assert.ok(original.attachments.some((a) => a.cid) && original.attachments.some((a) => !a.inline))
  assert.deepEqual(attached(forwarded), attached(original))
})

scenario('files that are dropped come in byte for byte, and the page says where to drop them', async (stage) => {
  const server = await stage.server()
  const page = await stage.page(server)
  await seen(live(page))
  const bytes = Buffer.from(`${BROKEN[4].slice(0, -2)}\r\n`, 'latin1')
  const plain = Buffer.from('From: a@x.example\r\nTo: Bea <b@y.example>\r\nCc: c@y.example\r\nSubject: Second\r\n\r\nHello\r\n')
  const drag = (type, files) =>
    page.evaluate(
      ([type, files]) => {
        const data = new DataTransfer()
        for (const [name, text] of files) data.items.add(new File([Uint8Array.from(atob(text), (c) => c.charCodeAt(0))], name))
        window.dispatchEvent(new DragEvent(type, { dataTransfer: data, cancelable: true }))
      },
      [type, files.map(([name, content]) => [name, content.toString('base64')])],
    )
  const files = [['broken.eml', bytes], ['second.eml', plain]]
  await drag('dragover', files)
  await seen(page.getByText('Drop .eml files to import them'))
  await drag('drop', files)
  await gone(page.getByText('Drop .eml files to import them'))
  await seen(row(page, 'Second'))
  const { messages } = await server.json('/v1/messages')
  assert.deepEqual(messages.map((m) => m.envelope), [{ from: 'a@x.example', to: ['b@y.example', 'c@y.example'] }, { from: 'noreply@printer.example', to: ['office@fernweh.example'] }])
  for (const [n, content] of [[0, plain], [1, bytes]]) {
    const kept = Buffer.from(await (await server.get(`/v1/messages/${messages[n].id}/raw`)).arrayBuffer())
    assert.ok(kept.equals(content), kept.toString('latin1'))
  }
})
