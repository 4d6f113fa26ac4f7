// The list as it is worked with: choosing several, changing them together, taking a deletion back.
import assert from 'node:assert/strict'
import { drawn, gone, live, row, rows, seen, sortBy, subject } from './look.mjs'
import { PDF } from './mails.mjs'
import { scenario } from './scenario.mjs'

const hello = (n) => ({ subject: `Mail ${n}`, text: `This is mail ${n}.` })
const six = async (stage, options) => {
  const server = await stage.server()
  for (const n of [1, 2, 3, 4, 5, 6]) await server.send(hello(n))
  const page = await stage.page(server, '/', options)
  await seen(live(page))
  await seen(row(page, 'Mail 6'))
  return { server, page }
}
const bulk = (page, name) => page.getByRole('toolbar', { name: 'Selected messages' }).getByRole('button', { name })

scenario('a range of rows is chosen, read, starred and tagged together', async (stage) => {
  const { server, page } = await six(stage)
  await row(page, 'Mail 5').click({ modifiers: ['ControlOrMeta'] })
  await row(page, 'Mail 2').click({ modifiers: ['Shift'] })
  await seen(page.getByText('4 selected'))
  await bulk(page, 'Mark as read').click()
  for (const n of [2, 3, 4, 5]) await seen(row(page, `Mail ${n}`).filter({ hasNotText: 'Unread.' }))
  await bulk(page, 'Star').click()
  await seen(bulk(page, 'Remove the star'))
  await bulk(page, 'Tag').click()
  await page.keyboard.type('beta')
  await page.keyboard.press('Enter')
  for (const n of [2, 3, 4, 5]) await seen(row(page, `Mail ${n}`).getByText('beta'))
  const { messages } = await server.json('/v1/messages')
  assert.deepEqual(messages.map((m) => `${m.subject} ${m.read} ${m.starred} ${m.tags}`), [
    'Mail 6 false false ', ...[5, 4, 3, 2].map((n) => `Mail ${n} true true beta`), 'Mail 1 false false ',
  ])
  await page.keyboard.press('Escape')
  await gone(page.getByText('4 selected'))
})

scenario('a deletion is held back and can be undone', async (stage) => {
  const { server, page } = await six(stage)
  await row(page, 'Mail 3').click()
  await seen(subject(page, 'Mail 3'))
  await page.keyboard.press('#')
  await gone(row(page, 'Mail 3'))
  await seen(subject(page, 'Mail 2'))
  assert.equal((await server.json('/v1/messages')).total, 6)
  await page.getByRole('button', { name: 'Undo' }).click()
  await seen(row(page, 'Mail 3'))
  await page.keyboard.press('x')
  await page.keyboard.press('Shift+K')
  await seen(page.getByText('2 selected'))
  await page.keyboard.press('#')
  await gone(row(page, 'Mail 2'))
  await gone(page.getByRole('button', { name: 'Undo' }))
  assert.deepEqual((await server.json('/v1/messages')).messages.map((m) => m.subject), ['Mail 6', 'Mail 5', 'Mail 4', 'Mail 1'])
})

scenario('a deletion is told when the page goes', async (stage) => {
  const { server, page } = await six(stage)
  await row(page, 'Mail 3').click()
  await seen(subject(page, 'Mail 3'))
  const other = await stage.page(server)
  await seen(row(other, 'Mail 3'))
  await page.keyboard.press('#')
  await gone(row(page, 'Mail 3'))
  await page.goto('about:blank')
  await gone(row(other, 'Mail 3'))
  assert.equal((await server.json('/v1/messages')).total, 5)
})

scenario('rows are dense or comfortable, newest or oldest first, and stay so', async (stage) => {
  const { page } = await six(stage)
  const height = () => row(page, 'Mail 6').evaluate((r) => r.getBoundingClientRect().height)
  assert.equal(await height(), 68)
  await page.getByRole('button', { name: 'Compact rows' }).click()
  assert.equal(await height(), 32)
  await sortBy(page, 'Oldest first')
  assert.match(await rows(page).first().innerText(), /Mail 1/)
  await page.reload()
  await seen(row(page, 'Mail 6'))
  assert.equal(await height(), 32)
  assert.match(await rows(page).first().innerText(), /Mail 1/)
})

for (const order of ['newest', 'oldest']) {
  scenario(`new mail does not move what is read, ${order} first`, async (stage) => {
    const server = await stage.server()
    for (let n = 1; n <= 80; n += 1) await server.send({ subject: `Mail ${n} of the past`, text: 'x' })
    const page = await stage.page(server)
    await seen(live(page))
    if (order === 'oldest') await sortBy(page, 'Oldest first')
    const box = page.getByRole('listbox', { name: 'Messages' })
    await box.evaluate((list) => (list.scrollTop = list.scrollHeight / 2))
    const read = row(page, 'Mail 40 of the past')
    await read.click()
    await seen(subject(page, 'Mail 40 of the past'))
    const place = async () => {
      const { y } = await read.boundingBox()
      return { y, chosen: await read.getAttribute('aria-selected'), url: page.url() }
    }
    const before = await place()
    assert.equal(before.chosen, 'true')
    assert.equal(await read.getAttribute('aria-setsize'), '80')
    await server.sendAll(Array.from({ length: 30 }, (_, n) => ({ subject: `New ${n}`, text: 'x' })))
    await seen(page.locator('[role=option][aria-setsize="110"]').first())
    await drawn(page)
    assert.deepEqual(await place(), before)
    await seen(subject(page, 'Mail 40 of the past'))
  })
}

scenario('deleting all tells how many go, also while a search shows fewer', async (stage) => {
  const { server, page } = await six(stage)
  await page.goto('/?q=subject:"Mail 3"')
  await gone(row(page, 'Mail 4'))
  await page.getByRole('button', { name: 'Delete all', exact: true }).click()
  await seen(page.getByRole('heading', { name: 'Delete all 6 messages?' }))
  await page.getByRole('button', { name: 'Cancel' }).click()
  assert.equal((await server.json('/v1/messages')).total, 6)
})

scenario('a row tells how its mail begins, how big it is, that it has attachments, and when it came', async (stage) => {
  const server = await stage.server()
  const attachments = ['a.pdf', 'b.pdf'].map((filename) => ({ filename, content: PDF }))
  await server.send({ subject: 'Invoice', text: 'Thank you for the order.', attachments })
  await server.send({ subject: 'Bare', text: 'x' })
  const [bare, invoice] = (await server.json('/v1/messages')).messages
  const page = await stage.page(server)
  await page.clock.setFixedTime(Date.parse(invoice.received_at) + 5 * 60_000)
  await page.reload()
  const line = row(page, 'Invoice')
  await seen(line.getByText('Thank you for the order.'))
  await seen(line.getByText(`${Math.round(invoice.size / 1024)} KiB`, { exact: true }))
  await seen(line.getByTitle('2 attachments'))
  const time = line.getByRole('time')
  assert.equal(await time.innerText(), '5 min')
  assert.equal(await time.getAttribute('datetime'), invoice.received_at)
  assert.equal(await time.getAttribute('title'), `${invoice.received_at.slice(0, 19).replace('T', ' ')} +00:00`)
  await seen(row(page, 'Bare').getByText(`${bare.size} B`, { exact: true }))
  assert.equal(await row(page, 'Bare').getByTitle(/attachment/).count(), 0)
})

scenario('the chip “Unread” leaves what is unread, until it is pressed again', async (stage) => {
  const { server, page } = await six(stage)
  const { messages } = await server.json('/v1/messages')
  await server.change(messages[1].id, { read: true })
  await seen(row(page, 'Mail 5').filter({ hasNotText: 'Unread.' }))
  const chip = page.getByRole('group', { name: 'Filters' }).getByRole('button', { name: 'Unread' })
  assert.equal(await chip.getAttribute('aria-pressed'), 'false')
  await chip.click()
  await gone(row(page, 'Mail 5'))
  assert.equal(await rows(page).count(), 5)
  assert.equal(await chip.getAttribute('aria-pressed'), 'true')
  assert.equal(new URL(page.url()).searchParams.get('q'), 'is:unread')
  await chip.click()
  await seen(row(page, 'Mail 5'))
  assert.equal(await chip.getAttribute('aria-pressed'), 'false')
})
