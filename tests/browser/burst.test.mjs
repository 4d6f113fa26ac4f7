// Very much mail in a few seconds, and very much mail at all: the page stays whole and quick.
import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { live, seen } from './look.mjs'
import { scenario } from './scenario.mjs'
import { stored } from './stored.mjs'
import { told, watchThread } from './thread.mjs'

const MAILS = 10_000
const CLIENTS = 4
const number = new Intl.NumberFormat('en').format

/** Sends mails over one connection without waiting for each reply, as fast as the server takes them. */
function flood(port, from, count) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, 'localhost').setNoDelay()
    const mail = (n) => `MAIL FROM:<app@example.com>\r\nRCPT TO:<ann@example.com>\r\nDATA\r\nFrom: app@example.com\r\nTo: ann@example.com\r\nSubject: Mail ${n}\r\n\r\nThis is mail ${n}.\r\n.\r\n`
    let text = ''
    let taken = 0
    let sent = 0
    const more = () => {
      const some = Math.min(50, count - sent)
      socket.write(Array.from({ length: some }, (_, i) => mail(from + sent + i)).join(''))
      sent += some
    }
    socket.on('error', reject)
    socket.on('data', (data) => {
      text += data
      const lines = text.split('\r\n')
      text = lines.pop()
      for (const line of lines) {
        if (/^[45]/.test(line)) return reject(new Error(line))
        if (line.startsWith('220 ')) socket.write('EHLO burst.local\r\n')
        else if (line.startsWith('250 ') && sent === 0) more()
        else if (/queued as/.test(line)) {
          taken += 1
          if (taken === count) socket.end('QUIT\r\n')
          else if (taken === sent) more()
        }
      }
    })
    socket.on('close', () => (taken === count ? resolve() : reject(new Error(`${taken} of ${count} were taken`))))
  })
}

/** Notes how many events each slice of the page's work applied. */
function watchSlices() {
  const seen = []
  globalThis.slices = seen
  new PerformanceObserver((list) => {
    for (const e of list.getEntries()) if (e.name === 'restante apply') seen.push(e.detail)
  }).observe({ type: 'measure' })
}

scenario(`a burst of ${number(MAILS)} mails is shown whole, and the page answers all the while`, async (stage) => {
  const server = await stage.server()
  const page = await stage.page(server)
  await seen(live(page))
  await page.evaluate(watchSlices)
  const thread = await watchThread(page)
  const share = MAILS / CLIENTS
  await Promise.all(Array.from({ length: CLIENTS }, (_, n) => flood(server.smtp, n * share + 1, share)))
  const list = page.getByRole('region', { name: 'Messages' })
  await seen(list.getByText(`${number(MAILS)} unread of ${number(MAILS)}`))
  const [slices, tasks] = [await page.evaluate(() => globalThis.slices), await thread.end()]
  console.log(`${slices.length} slices; ${told(tasks)}`)
  assert.ok(slices.reduce((sum, events) => sum + events, 0) >= MAILS, `${slices.length} slices`)
  assert.ok(tasks.length > 0 && tasks[0] <= 100, told(tasks))

  const subjects = async (order) => (await server.json(`/v1/messages?limit=8&order=${order}`)).messages.map((m) => m.subject)
  const at = (n) => page.locator(`[role=option][aria-posinset="${n}"]`)
  for (const [n, text] of (await subjects('newest')).entries()) await seen(at(n + 1).getByText(text, { exact: true }))
  await page.getByRole('listbox', { name: 'Messages' }).evaluate((box) => (box.scrollTop = box.scrollHeight))
  for (const [n, text] of (await subjects('oldest')).entries()) await seen(at(MAILS - n).getByText(text, { exact: true }))
  assert.equal(await at(MAILS).getAttribute('aria-setsize'), String(MAILS))
})

const MANY = 100_000
const ROWS_AT_ONCE = 60

scenario(`${number(MANY)} rows are scrolled through, from both ends, and few of them exist`, async (stage) => {
  const server = await stage.server()
  const page = await stage.page(server)
  await stored(page, MANY)
  await page.reload()
  const box = page.getByRole('listbox', { name: 'Messages' })
  const at = (n) => page.locator(`[role=option][aria-posinset="${n}"]`)
  const isThere = (n) => seen(at(n).getByText(`Mail ${MANY - n + 1}`, { exact: true }))
  /** Scrolls by screens, and counts what exists when that is drawn. */
  const turn = async (screens) => {
    const nodes = await box.evaluate((list, by) => {
      list.scrollTop += by * list.clientHeight
      const drawn = () => list.querySelectorAll('[role=option], .blank').length
      return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(drawn()))))
    }, screens)
    assert.ok(nodes > 0 && nodes < ROWS_AT_ONCE, `${nodes} rows exist`)
  }
  /** The places of the rows that are drawn, each of which must show the mail of its place. */
  const placesRight = async () => {
    await seen(page.locator('[role=option][aria-posinset]').first())
    const rows = await page.locator('[role=option][aria-posinset]').evaluateAll((all) => all.map((r) => [Number(r.getAttribute('aria-posinset')), r.textContent]))
    for (const [n, text] of rows) assert.match(text, new RegExp(`Mail ${MANY - n + 1}\\b`))
    return rows.map(([n]) => n)
  }
  await isThere(1)
  assert.equal(await at(1).getAttribute('aria-setsize'), String(MANY))
  const thread = await watchThread(page)

  // A screen at a time, as a wheel does; each row that comes is the right one.
  for (let screen = 0; screen < 40; screen += 1) await turn(1)
  assert.ok((await placesRight()).every((n) => n > 250))

  // The end, and up from there.
  await box.evaluate((list) => (list.scrollTop = list.scrollHeight))
  for (const n of [MANY, MANY - 1, MANY - 4]) await isThere(n)
  for (let screen = 0; screen < 40; screen += 1) await turn(-1)
  assert.ok((await placesRight()).every((n) => n < MANY - 250))

  await box.evaluate((list) => (list.scrollTop = 0))
  await isThere(1)
  const tasks = await thread.end()
  console.log(told(tasks))
  assert.ok(tasks.length > 0 && tasks[0] <= 100, told(tasks))
})
