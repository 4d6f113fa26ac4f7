// The envelope beside the headers: who got a mail that names somebody else.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { seen, subject } from './look.mjs'
import { scenario } from './scenario.mjs'

const HEAD = ['From: Ann <ann@example.com>', 'To: Bob <Bob@Example.com>, Team: dora@example.com, eva@example.com;', 'Cc: carl@example.com', 'Bcc: bea@example.com', 'Subject: Told apart', '', 'x']

/** Sends it with this envelope, word for word, and tells its id. */
async function send(stage, server, from, to, lines = HEAD) {
  const socket = connect(server.smtp, 'localhost').setEncoding('latin1')
  stage.later(() => socket.destroy())
  await once(socket, 'data')
  let said
  for (const line of ['EHLO app.local', `MAIL FROM:${from}`, ...to.map((one) => `RCPT TO:${one}`), 'DATA', [...lines, '.'].join('\r\n')]) {
    socket.write(`${line}\r\n`)
    ;[said] = await once(socket, 'data')
  }
  return /queued as (\w+)/.exec(said)[1]
}

/** The head of the open message: the values of each name, with the mark of those that have one. */
const told = (page) =>
  page.getByRole('article', { name: 'Message' }).locator('header dl').evaluate((dl) => {
    const found = []
    for (const dt of dl.querySelectorAll('dt')) {
      const lines = [...dt.nextElementSibling.querySelectorAll('li')].map((shown) => {
        const li = shown.cloneNode(true)
        const badge = li.querySelector('.badge')
        const mark = badge?.textContent ?? null
        badge?.remove()
        return [li.textContent.replace(/\s+/g, ' ').trim(), mark]
      })
      if (lines.length > 0) found.push([dt.textContent, lines])
    }
    return found
  })

scenario('who got a mail without being named in it is marked, and who is named and got nothing', async (stage) => {
  const server = await stage.server()
  const to = ['<bob@example.com>', '<carl@example.com>', '<bea@example.com>', '<dora@example.com>', '<spy@example.com> NOTIFY=SUCCESS,DELAY', '<other@example.com>']
  const id = await send(stage, server, '<bounce+1@example.com> RET=HDRS ENVID=abc', to)
  const page = await stage.page(server, `/m/${id}`)
  await seen(subject(page, 'Told apart'))
  const head = page.getByRole('article', { name: 'Message' })
  assert.match(await head.getByText('envelope only').first().getAttribute('title'), /RCPT TO got this address, but no header names it/)
  assert.match(await head.getByText('not in the envelope').getAttribute('title'), /no RCPT TO asked for it/)
  assert.deepEqual(await told(page), [
    ['From', [['Ann <ann@example.com>', null]]],
    ['To', [['Bob <Bob@Example.com>', null], ['Team: dora@example.com', null], ['Team: eva@example.com', 'not in the envelope']]],
    ['Cc', [['carl@example.com', null]]],
    ['Bcc', [['bea@example.com', null]]],
    ['Bcc', [['spy@example.com', 'envelope only'], ['other@example.com', 'envelope only']]],
    ['Envelope', [
      ['MAIL FROM bounce+1@example.com RET=HDRS ENVID=abc', 'differs from From'],
      ['RCPT TO bob@example.com', null], ['RCPT TO carl@example.com', null], ['RCPT TO bea@example.com', null], ['RCPT TO dora@example.com', null],
      ['2 more', null],
    ]],
  ])
  await head.getByRole('button', { name: '2 more' }).click()
  await seen(head.getByText('spy@example.com NOTIFY=SUCCESS,DELAY'))
  await head.getByRole('button', { name: 'Show fewer' }).click()
  await head.getByText('spy@example.com NOTIFY=SUCCESS,DELAY').waitFor({ state: 'detached' })
})

scenario('a mail whose envelope and headers agree has no mark, and one to nobody it names marks all', async (stage) => {
  const server = await stage.server()
  const agreed = await send(stage, server, '<ann@example.com>', ['<bob@example.com>'], ['From: ann@example.com', 'To: bob@example.com', 'Subject: Agreed', '', 'x'])
  const page = await stage.page(server, `/m/${agreed}`)
  await seen(subject(page, 'Agreed'))
  const marks = async () => (await told(page)).flatMap(([name, lines]) => lines.flatMap(([line, mark]) => (mark === null ? [] : [[name, line, mark]])))
  assert.deepEqual(await marks(), [])
  const to = Array.from({ length: 9 }, (_, n) => `<user-${n}@example.com>`)
  const list = await send(stage, server, '<>', to, ['From: list@example.com', 'To: undisclosed-recipients:;', 'Subject: To a list', '', 'x'])
  await page.goto(`/m/${list}`)
  await seen(subject(page, 'To a list'))
  const found = await marks()
  assert.deepEqual(found.filter(([name]) => name === 'Bcc').map(([, line]) => line), to.slice(0, 6).map((one) => one.slice(1, -1)))
  assert.deepEqual(found.filter(([name]) => name === 'Envelope'), [['Envelope', 'MAIL FROM <>', 'differs from From']])
  await page.getByRole('article').getByRole('button', { name: '3 more' }).click()
  assert.equal(await page.getByRole('article').getByText('envelope only').count(), 9)
})
