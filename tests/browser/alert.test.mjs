// What tells of new mail: notifications while nobody looks, and a sound, each if it is wanted.
import assert from 'node:assert/strict'
import { live, row, seen, subject } from './look.mjs'
import { scenario } from './scenario.mjs'

/** Notes what the page has the browser show and play; `away` is whether nobody looks. */
function stub() {
  const told = { away: false, notes: [], rung: [], closed: 0, focused: 0 }
  globalThis.told = told
  const real = Notification
  globalThis.Notification = class {
    static requestPermission = () => real.requestPermission()
    constructor(title, options) {
      Object.assign(this, { title, ...options, isOpen: true })
      for (const note of told.notes) if (note.tag === this.tag) note.isOpen = false
      told.notes.push(this)
    }
    close() {
      this.isOpen = false
    }
  }
  const node = { frequency: {}, gain: { setValueAtTime() {}, exponentialRampToValueAtTime() {} }, connect: (next) => next, stop() {} }
  globalThis.AudioContext = class {
    createOscillator = () => ({ ...node, start: () => told.rung.push(performance.now()) })
    createGain = () => node
    close = async () => void (told.closed += 1)
  }
  globalThis.focus = () => (told.focused += 1)
  Object.defineProperty(document, 'hidden', { get: () => told.away })
}

async function begin(stage, permissions) {
  const server = await stage.server()
  const page = await stage.page(server)
  await page.context().grantPermissions(permissions)
  await page.addInitScript(stub)
  await page.reload()
  await seen(live(page))
  return {
    server,
    page,
    /** Ticks a box of the settings, and tells whether it is ticked then. */
    choose: async (label) => {
      await page.keyboard.press(',')
      const box = page.getByRole('checkbox', { name: label })
      await box.click()
      return box
    },
    look: (away) => page.evaluate((is) => ((globalThis.told.away = is), document.dispatchEvent(new Event('visibilitychange'))), away),
    told: (of) => page.evaluate((name) => globalThis.told[name], of),
    until: (test, argument) => page.waitForFunction(test, argument),
  }
}
const NOTIFY = 'Notify of new mail when the page is hidden'
const SOUND = 'Play a sound for new mail'
const mails = (count) => Array.from({ length: count }, (_, n) => ({ subject: `Mail ${n + 1}`, text: 'x' }))
const last = (title) => globalThis.told.notes.at(-1)?.title === title

scenario('a burst while nobody looks is one notification that says how many, until somebody looks', async (stage) => {
  const { server, page, choose, look, told, until } = await begin(stage, ['notifications'])
  assert.equal(await (await choose(NOTIFY)).isChecked(), true)
  await page.keyboard.press('Escape')
  const open = async () => (await told('notes')).filter((note) => note.isOpen).map(({ title, body }) => [title, body])
  await look(true)
  await server.sendAll(mails(40))
  await until(last, '40 new')
  await server.send({ subject: 'One more', text: 'x' })
  await until(last, '41 new')
  assert.deepEqual(await open(), [['41 new', 'One more']])
  await look(false)
  assert.deepEqual(await open(), [])

  await look(true)
  await server.send({ subject: 'Only one', text: 'x', from: 'zoe@example.com' })
  await until(last, 'Only one')
  assert.deepEqual(await open(), [['Only one', 'zoe@example.com']])
  await page.evaluate(() => globalThis.told.notes.at(-1).onclick())
  await seen(subject(page, 'Only one'))
  assert.equal(await told('focused'), 1)
  assert.deepEqual(await told('rung'), [])
})

scenario('sound is played for new mail, seen or not, and once for a burst; no notification comes while somebody looks', async (stage) => {
  const { server, page, choose, look, told, until } = await begin(stage, ['notifications'])
  for (const label of [SOUND, NOTIFY]) {
    await choose(label)
    await page.keyboard.press('Escape')
  }
  // Both are kept.
  await page.reload()
  await seen(live(page))
  await server.sendAll(mails(60))
  await seen(page.getByText('60 unread of 60'))
  await until(() => globalThis.told.rung.length > 0)
  const { rung, passed } = await page.evaluate(() => ({ rung: globalThis.told.rung.length, passed: performance.now() - globalThis.told.rung[0] }))
  assert.ok(rung <= 1 + passed / 900, `${rung} times in ${passed} ms`)
  assert.deepEqual(await told('notes'), [])
  await look(true)
  await server.send({ subject: 'Unseen', text: 'x' })
  await until(last, 'Unseen')
  assert.ok((await told('rung')).length > rung)
  // What played is given back: a browser has room for a few.
  await until(() => globalThis.told.closed === globalThis.told.rung.length)
})

scenario('without a wish there is neither, and a browser that refuses leaves the box empty', async (stage) => {
  const { server, page, choose, look, told, until } = await begin(stage, [])
  await page.evaluate(() => (globalThis.Notification.requestPermission = async () => 'denied'))
  const box = await choose(NOTIFY)
  await until((name) => ![...document.querySelectorAll('dialog label')].find((label) => label.textContent.includes(name)).querySelector('input').checked, NOTIFY)
  assert.equal(await box.isChecked(), false)
  await page.keyboard.press('Escape')
  await look(true)
  await server.send({ subject: 'Quiet', text: 'x' })
  await seen(row(page, 'Quiet'))
  await look(false)
  await choose(SOUND)
  await page.keyboard.press('Escape')
  await server.send({ subject: 'Loud', text: 'x' })
  await until(() => globalThis.told.rung.length > 0)
  assert.deepEqual(await told('notes'), [])
})
