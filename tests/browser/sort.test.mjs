// The orders of the list: by its menu, the keyboard and the address, while mail comes in, in long lists and in searches.
import assert from 'node:assert/strict'
import { at, drawn, gone, live, row, rows, seen, sortBy, sortMenu, subject } from './look.mjs'
import { scenario } from './scenario.mjs'

const person = (name) => ({ name, address: `${name.toLowerCase()}@example.com` })
const FEW = [
  { subject: 'banana', from: person('Zoe'), text: 'x'.repeat(9000) },
  { subject: 'Cherry', from: person('ann'), text: 'x' },
  { subject: 'apple', from: person('Mia'), text: 'x'.repeat(3000) },
]
const ORDERS = {
  'Largest first': ['largest', 'banana', 'apple', 'Cherry'],
  'Smallest first': ['smallest', 'Cherry', 'apple', 'banana'],
  'Sender, A to Z': ['sender', 'Cherry', 'apple', 'banana'],
  'Subject, A to Z': ['subject', 'apple', 'banana', 'Cherry'],
  'Oldest first': ['oldest', 'banana', 'Cherry', 'apple'],
  'Newest first': [null, 'apple', 'Cherry', 'banana'],
}
const few = async (stage, options) => {
  const server = await stage.server()
  for (const mail of FEW) await server.send(mail)
  const page = await stage.page(server, '/', options)
  await seen(live(page))
  return { server, page }
}
const inOrder = async (page, subjects) => {
  for (const [n, text] of subjects.entries()) await seen(at(page, n + 1).getByText(text, { exact: true }))
}
const sortOf = (page) => new URL(page.url()).searchParams.get('sort')
const more = (page, text) => page.getByRole('button', { name: text, exact: true })

for (const width of [1280, 360]) {
  scenario(`every order is chosen from the menu, and a reload keeps it, ${width} pixels wide`, async (stage) => {
    const { server, page } = await few(stage, { width, height: 740 })
    for (const [name, [word, ...subjects]] of Object.entries(ORDERS)) {
      await sortMenu(page).click()
      const menu = page.getByRole('listbox', { name: /^Sort: / })
      const { x, width: wide } = await menu.boundingBox()
      assert.ok(x >= 0 && x + wide <= width, `${x} + ${wide}`)
      await menu.getByRole('option', { name }).click()
      await inOrder(page, subjects)
      assert.equal(sortOf(page), word)
      await seen(page.getByRole('button', { name: `Sort: ${name}` }))
      await page.reload()
      await inOrder(page, subjects)
      // Where the address says nothing it is what was chosen last.
      await page.goto('/')
      await inOrder(page, subjects)
    }
    // An address that somebody else has sent.
    const other = await stage.page(server, '/?sort=sender')
    await inOrder(other, ORDERS['Sender, A to Z'].slice(1))
    await other.goto('/')
    await inOrder(other, ORDERS['Newest first'].slice(1))
  })
}

scenario('an order is chosen by the keyboard alone, and from the commands', async (stage) => {
  const { page } = await few(stage)
  await page.keyboard.press('g')
  await page.keyboard.press('o')
  const menu = page.getByRole('listbox', { name: 'Sort: Newest first' })
  await seen(menu.getByRole('option', { name: 'Newest first', selected: true }))
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await inOrder(page, ORDERS['Largest first'].slice(1))
  assert.ok(await sortMenu(page).evaluate((button) => button === document.activeElement))
  // By its first letters; what is open stays open.
  await page.keyboard.press('j')
  await seen(subject(page, 'banana'))
  await page.keyboard.press('g')
  await page.keyboard.press('o')
  await page.keyboard.type('su')
  await page.keyboard.press('Enter')
  await inOrder(page, ORDERS['Subject, A to Z'].slice(1))
  await seen(subject(page, 'banana'))
  await page.keyboard.press('j')
  await seen(subject(page, 'Cherry'))
  assert.equal(sortOf(page), 'subject')
  await page.keyboard.press('ControlOrMeta+k')
  await page.keyboard.type('sort: small')
  await page.keyboard.press('Enter')
  await inOrder(page, ORDERS['Smallest first'].slice(1))
  // The settings tell the same order, and change it.
  await page.keyboard.press(',')
  const choice = page.getByRole('combobox', { name: 'Sort' })
  assert.equal(await choice.inputValue(), 'smallest')
  await choice.selectOption('Sender, A to Z')
  await page.keyboard.press('Escape')
  await inOrder(page, ORDERS['Sender, A to Z'].slice(1))
})

const MANY = 300
const name = (n) => `Mail ${String(n).padStart(3, '0')}`

for (const [order, place] of [['Subject, A to Z', (n) => n], ['Largest first', (n) => MANY + 1 - n]]) {
  scenario(`past the first page, and while mail comes in, nothing that is read moves: ${order}`, async (stage) => {
    const server = await stage.server()
    const mail = (n, text = name(n)) => ({ subject: text, text: 'x'.repeat(10 * n) })
    // Neither order is the one in which they come.
    await server.sendAll(Array.from({ length: MANY }, (_, i) => mail(((i * 7) % MANY) + 1)))
    const page = await stage.page(server)
    await seen(live(page))
    await sortBy(page, order)
    const box = page.getByRole('listbox', { name: 'Messages' })
    await seen(at(page, 1).getByText(name(place(1)), { exact: true }))
    assert.equal(await at(page, 1).getAttribute('aria-setsize'), String(MANY))
    for (let n = 1; n <= MANY; n += 6) {
      await box.evaluate((list, top) => (list.scrollTop = top), (n - 1) * 68)
      await seen(at(page, n).getByText(name(place(n)), { exact: true }))
    }
    await box.evaluate((list) => (list.scrollTop = list.scrollHeight))
    await seen(at(page, MANY).getByText(name(place(MANY)), { exact: true }))

    await box.evaluate((list) => (list.scrollTop = list.scrollHeight / 2))
    const read = row(page, name(150))
    await read.click()
    await seen(subject(page, name(150)))
    const where = async () => ({ y: (await read.boundingBox()).y, url: page.url(), top: await box.evaluate((list) => list.scrollTop) })
    const before = await where()
    for (const n of [0, 151, 400]) await server.send(mail(n, `${name(n)} is new`))
    await seen(more(page, '3 new'))
    await drawn(page)
    assert.deepEqual(await where(), before)
    assert.equal(await row(page, 'is new').count(), 0)

    // What changes or goes is told at once; a row below leaves what is above it in place.
    const { messages } = await server.json('/v1/messages?limit=500')
    const idOf = (text) => messages.find((m) => m.subject === text).id
    const [other, gonner] = [name(place(place(150) + 1)), name(place(place(150) + 2))]
    await seen(row(page, other).filter({ hasText: 'Unread.' }))
    await server.change(idOf(other), { read: true })
    await seen(row(page, other).filter({ hasNotText: 'Unread.' }))
    await server.call('DELETE', `/v1/messages/${idOf(gonner)}`)
    await gone(row(page, gonner))
    assert.deepEqual(await where(), before)

    await more(page, '3 new').click()
    await gone(more(page, '3 new'))
    await seen(page.locator(`[role=option][aria-setsize="${MANY + 2}"]`).first())
    assert.equal(await box.evaluate((list) => list.scrollTop), 0)
    const first = order === 'Largest first' ? 400 : 0
    await seen(at(page, 1).getByText(`${name(first)} is new`, { exact: true }))
    await seen(subject(page, name(150)))
  })
}

scenario('a search is sorted too, and only what it finds is told as new', async (stage) => {
  const server = await stage.server()
  const invoice = (n) => ({ subject: `Invoice ${n}`, text: 'x'.repeat(100 * n) })
  for (const n of [2, 9, 5]) await server.send(invoice(n))
  await server.send({ subject: 'Hello', text: 'x'.repeat(2000) })
  const page = await stage.page(server)
  await seen(row(page, 'Hello'))
  await sortBy(page, 'Largest first')
  await inOrder(page, ['Hello', 'Invoice 9', 'Invoice 5', 'Invoice 2'])
  await page.keyboard.press('/')
  await page.keyboard.type('invoice')
  await page.keyboard.press('Enter')
  await inOrder(page, ['Invoice 9', 'Invoice 5', 'Invoice 2'])
  assert.equal(await rows(page).count(), 3)
  await server.send(invoice(7))
  await server.send({ subject: 'Hello again', text: 'x' })
  await server.send(invoice(8))
  await more(page, '2 new').click()
  await inOrder(page, ['Invoice 9', 'Invoice 8', 'Invoice 7', 'Invoice 5', 'Invoice 2'])
  await page.reload()
  await inOrder(page, ['Invoice 9', 'Invoice 8', 'Invoice 7', 'Invoice 5', 'Invoice 2'])
  assert.equal(page.url().split('/').pop(), '?q=invoice&sort=largest')
  // Back to time, where new mail comes by itself.
  await sortBy(page, 'Newest first')
  await inOrder(page, ['Invoice 8', 'Invoice 7', 'Invoice 5', 'Invoice 9', 'Invoice 2'])
  await server.send(invoice(1))
  await seen(at(page, 1).getByText('Invoice 1', { exact: true }))
})

scenario('a sorted search loses what it does not find any more', async (stage) => {
  const { server, page } = await few(stage)
  await sortBy(page, 'Subject, A to Z')
  await page.keyboard.press('/')
  await page.keyboard.type('is:unread')
  await page.keyboard.press('Enter')
  await seen(page.locator('[role=option][aria-setsize="3"]').first())
  await inOrder(page, ['apple', 'banana', 'Cherry'])
  const { messages } = await server.json('/v1/messages')
  const idOf = (text) => messages.find((m) => m.subject === text).id
  await server.change(idOf('banana'), { read: true })
  await gone(row(page, 'banana'))
  await inOrder(page, ['apple', 'Cherry'])
  // One that is changed in another way stays.
  await server.change(idOf('apple'), { starred: true })
  await server.change(idOf('Cherry'), { read: true })
  await gone(row(page, 'Cherry'))
  await inOrder(page, ['apple'])
  assert.equal(await at(page, 1).getAttribute('aria-setsize'), '1')
})

scenario('an empty list in another order shows the first mail at once, and all of them cleared', async (stage) => {
  const server = await stage.server()
  const page = await stage.page(server, '/?sort=sender')
  await seen(page.getByRole('heading', { name: 'Waiting for mail' }))
  await server.send(FEW[0])
  await seen(row(page, 'banana'))
  await server.call('DELETE', '/v1/messages')
  await seen(page.getByRole('heading', { name: 'Waiting for mail' }))
})

scenario('a list of which only the newest are sorted says so', async (stage) => {
  const server = await stage.server()
  for (const mail of FEW) await server.send(mail)
  const page = await stage.page(server)
  // As of a store with more than the server sorts.
  await page.route(/\/v1\/messages\?.*sort=/, async (route) => {
    const answer = await route.fetch()
    await route.fulfill({ json: { ...(await answer.json()), sorted_newest: 10_000 } })
  })
  await seen(row(page, 'banana'))
  await sortBy(page, 'Largest first')
  const told = page.getByRole('status').filter({ hasText: 'Only the newest 10,000 are listed.' })
  await seen(told)
  await sortBy(page, 'Oldest first')
  await gone(told)
})

scenario('new mail does not move what is read far down in a search', async (stage) => {
  const server = await stage.server()
  await server.sendAll(Array.from({ length: MANY }, (_, n) => ({ subject: name(n), text: 'invoice' })))
  const page = await stage.page(server, '/?q=invoice')
  const box = page.getByRole('listbox', { name: 'Messages' })
  await seen(at(page, 1))
  await box.evaluate((list) => (list.scrollTop = 200 * 68))
  await seen(at(page, 202))
  const where = async () => ({ text: await at(page, 202).textContent(), y: (await at(page, 202).boundingBox()).y })
  const before = await where()
  await server.send({ subject: 'No bill', text: 'x' })
  await server.send({ subject: 'A late one', text: 'invoice' })
  await seen(more(page, '1 new'))
  await drawn(page)
  assert.deepEqual(await where(), before)
  await more(page, '1 new').click()
  await seen(at(page, 1).getByText('A late one', { exact: true }))
  // At the top it comes by itself.
  await server.send({ subject: 'A later one', text: 'invoice' })
  await seen(at(page, 1).getByText('A later one', { exact: true }))
})
