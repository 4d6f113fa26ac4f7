// What moves: new mail slides in at the top of the list. Where less motion is wanted nothing moves at all.
import assert from 'node:assert/strict'
import { drawn, gone, live, row, seen, subject } from './look.mjs'
import { scenario } from './scenario.mjs'

/** Notes each animation and transition when it begins, and halts what a script has begun where it begins. */
function watch() {
  globalThis.moved = []
  globalThis.halted = []
  for (const name of ['animationstart', 'transitionrun']) addEventListener(name, (e) => globalThis.moved.push(`${name} ${e.animationName ?? e.propertyName}`), true)
  const animate = Element.prototype.animate
  Element.prototype.animate = function (...how) {
    const animation = animate.apply(this, how)
    animation.pause()
    globalThis.halted.push(animation)
    globalThis.moved.push(`animate of ${this.className}`)
    return animation
  }
}

async function begin(stage, mails, options) {
  const server = await stage.server()
  for (let n = 1; n <= mails; n += 1) await server.send({ subject: `Mail ${n} of the past`, text: 'x' })
  const page = await stage.page(server, '/', options)
  await page.addInitScript(watch)
  await page.reload()
  await seen(live(page))
  return { server, page, moved: () => page.evaluate(() => globalThis.moved) }
}

const ROW = 68
/** Of a row's top, from that of the list. */
const place = (page, line) => line.evaluate((r) => r.getBoundingClientRect().top - r.closest('[role=listbox]').getBoundingClientRect().top)

scenario('new mail slides in at the top of the list, and what lies below is pushed down', async (stage) => {
  const { server, page } = await begin(stage, 5, { motion: 'no-preference' })
  const [old, fresh] = [row(page, 'Mail 5 of the past'), row(page, 'Fresh')]
  await seen(old)
  await server.send({ subject: 'Fresh', text: 'x' })
  await seen(fresh)
  const at = async (part) => {
    const ms = await page.evaluate((of) => {
      const [animation, ...more] = globalThis.halted
      if (!animation || more.length > 0) throw new Error(`${globalThis.halted.length} animations`)
      const { endTime } = animation.effect.getComputedTiming()
      animation.currentTime = of * endTime
      return endTime
    }, part)
    assert.ok(ms <= 250, `${ms} ms are not short`)
    return [await place(page, fresh), await place(page, old)]
  }
  assert.deepEqual(await at(0), [-ROW, 0])
  const [between] = await at(0.5)
  assert.ok(between > -ROW && between < 0, `${between}`)
  assert.deepEqual(await at(1), [0, ROW])
  const halted = () => page.evaluate(() => globalThis.halted.length)
  // While one slides the next one is there at once: nothing falls behind.
  await page.evaluate(() => Object.assign(globalThis.halted[0], { currentTime: 0, playbackRate: 1e-6 }).play())
  await server.send({ subject: 'At once', text: 'x' })
  await seen(row(page, 'At once'))
  assert.equal(await halted(), 1)
  await page.evaluate(() => Object.assign(globalThis.halted[0], { playbackRate: 1 }).finish())
  await server.send({ subject: 'Slides again', text: 'x' })
  await seen(row(page, 'Slides again'))
  assert.equal(await halted(), 2)
})

scenario('another list does not slide in', async (stage) => {
  const { page, moved } = await begin(stage, 3, { motion: 'no-preference' })
  await seen(row(page, 'Mail 3 of the past'))
  const search = page.getByRole('combobox', { name: 'Search messages' })
  await search.fill('subject:"Mail 1"')
  await page.keyboard.press('Enter')
  await gone(row(page, 'Mail 3 of the past'))
  await search.fill('')
  await page.keyboard.press('Enter')
  await seen(row(page, 'Mail 3 of the past'))
  assert.deepEqual(await moved(), [])
})

for (const motion of ['no-preference', 'reduce']) {
  scenario(`new mail leaves what is read far down where it is, motion: ${motion}`, async (stage) => {
    const { server, page, moved } = await begin(stage, 60, { motion })
    await page.getByRole('listbox', { name: 'Messages' }).evaluate((list) => (list.scrollTop = list.scrollHeight / 2))
    const read = row(page, 'Mail 30 of the past')
    await read.click()
    await seen(subject(page, 'Mail 30 of the past'))
    const before = await place(page, read)
    for (const n of [1, 2]) await server.send({ subject: `New ${n}`, text: 'x' })
    await seen(page.getByRole('button', { name: '2 new' }))
    await drawn(page)
    assert.equal(await place(page, read), before)
    assert.deepEqual(await moved(), [])
  })
}

/** Whatever might move, from the empty page to the lost connection. */
async function tour(server, page) {
  await seen(page.getByRole('heading', { name: 'Waiting for mail' }))
  for (const n of [1, 2, 3]) {
    await server.send({ subject: `Mail ${n}`, text: 'x', html: '<p>x</p>' })
    await seen(row(page, `Mail ${n}`))
  }
  await row(page, 'Mail 2').click()
  await seen(subject(page, 'Mail 2'))
  await page.keyboard.press('#')
  await seen(page.getByRole('status').filter({ hasText: 'deleted' }))
  await page.keyboard.press('z')
  await seen(row(page, 'Mail 2'))
  for (const [key, name] of [['Control+k', 'Commands'], ['?', 'Keyboard shortcuts'], [',', 'Settings'], ['c', 'Write a message']]) {
    await page.keyboard.press(key)
    await seen(page.getByRole('dialog', { name }))
    await page.keyboard.press('Escape')
    await gone(page.getByRole('dialog', { name }))
  }
  await page.getByRole('button', { name: /^Sort: / }).click()
  await seen(page.getByRole('listbox', { name: /^Sort: / }))
  await page.keyboard.press('Escape')
  await row(page, 'Mail 1').hover()
  await page.keyboard.press('x')
  await seen(page.getByRole('toolbar', { name: 'Selected messages' }))
  await page.getByRole('tab', { name: 'HTML' }).click()
  await page.getByRole('button', { name: 'As in a dark mail program' }).click()
  for (const key of 'gs') await page.keyboard.press(key)
  await seen(page.getByRole('listbox', { name: 'Sessions' }).getByRole('option').first())
  await server.stop()
  await seen(page.getByRole('banner').getByRole('status', { name: /^Reconnecting/ }))
  await drawn(page)
}
const DOWN = [/ERR_CONNECTION|WebSocket connection|Failed to load resource/]

scenario('where less motion is wanted nothing moves, whatever happens', async (stage) => {
  const { server, page, moved } = await begin(stage, 0, { motion: 'reduce', allow: DOWN })
  await tour(server, page)
  assert.deepEqual([await moved(), await page.evaluate(() => document.getAnimations().length)], [[], 0])
})

scenario('where it is not, the same things do move', async (stage) => {
  const { server, page, moved } = await begin(stage, 0, { motion: 'no-preference', allow: DOWN })
  await tour(server, page)
  const all = (await moved()).join('\n')
  for (const what of [/blink/, /pulse/, /animate of rows/]) assert.match(all, what)
  assert.ok(await page.evaluate(() => document.getAnimations().length > 0))
})
