// Two messages beside each other, and the elements of one: what differs is marked, what is pointed at is told.
import assert from 'node:assert/strict'
import { WELCOME } from './mails.mjs'
import { frame, panel, row, seen } from './look.mjs'
import { scenario } from './scenario.mjs'
import { told, watchThread } from './thread.mjs'

const html = (order, total) => `<h1>Thank you</h1><p>Order ${order} is on its way.</p><table><tr><td style="color: #333; padding: 4px">Total</td><td>${total}</td></tr></table><p>Bye</p>`
const mail = (order, total) => ({
  subject: `Order ${order}`,
  text: `Thank you\n${'The same line\n'.repeat(40)}Order ${order} is on its way.\nTotal ${total}\n`,
  html: html(order, total),
  headers: { 'X-Order': order, 'X-Shop': 'north' },
})

scenario('two chosen rows are compared, tab by tab', async (stage) => {
  const server = await stage.server()
  const a = await server.send(mail('4711', '10.00'))
  const b = await server.send({ ...mail('4712', '12.50'), to: 'bob@example.com' })
  const page = await stage.page(server)
  await row(page, 'Order 4712').locator('.tick').click({ force: true })
  await row(page, 'Order 4711').locator('.tick').click({ force: true })
  await page.keyboard.press('c')
  const compared = page.getByRole('article', { name: 'Two messages compared' })
  await seen(compared)
  assert.equal(new URL(page.url()).pathname, `/c/${a}/${b}`)
  const pane = compared.getByRole('tabpanel')
  const kept = compared.getByRole('row')
  await seen(kept.filter({ hasText: 'RCPT TO' }).filter({ hasText: 'bob@example.com' }))
  assert.deepEqual(await kept.filter({ hasText: 'X-Order' }).locator('mark').allTextContents(), ['4711', '4712'])
  assert.equal(await kept.filter({ hasText: 'X-Shop' }).count(), 0)
  await compared.getByRole('button', { name: 'Only what differs' }).click()
  await seen(kept.filter({ hasText: 'X-Shop' }))
  await compared.getByRole('button', { name: 'Only what differs' }).click()

  await compared.getByRole('tab', { name: 'Text' }).click()
  await seen(pane.getByRole('button', { name: '38 equal rows' }))
  assert.deepEqual(await pane.locator('mark').allTextContents(), ['4711', '4712', '10', '00', '12', '50'])
  await pane.getByRole('button', { name: '38 equal rows' }).click()
  assert.equal(await kept.count(), 43)

  await compared.getByRole('tab', { name: 'Source' }).click()
  await seen(pane.getByRole('row').filter({ hasText: '<h1>' }).locator('mark', { hasText: '4711' }))

  await compared.getByRole('tab', { name: 'Rendered' }).click()
  await seen(pane.getByText('4 pieces differ and are framed.'))
  const left = page.frameLocator('iframe[title="Likeness of the message: Order 4711"]')
  const outline = (text) => left.getByText(text).evaluate((e) => e.style.outlineStyle)
  assert.equal(await outline('Order 4711 is'), 'solid')
  assert.equal(await outline('Bye'), '')
  await compared.getByRole('link', { name: 'Swap the sides' }).click()
  await page.waitForURL(`**/c/${b}/${a}#html`)
  await page.reload()
  await seen(compared.getByRole('tab', { name: 'Rendered', selected: true }))
  await page.keyboard.press('Escape')
  await seen(row(page, 'Order 4711'))
})

/** What a cell of a comparison shows before its text, by the browser: the sign, and what it is called. */
const sign = (cell) => cell.evaluate((e) => getComputedStyle(e, '::before').content)

scenario('a line or a header that was added or removed has a sign and a word, not only a colour', async (stage) => {
  const server = await stage.server()
  const a = await server.send({ ...mail('4711', '10.00'), text: 'Kept\nLeft one\nKept too\nAlso kept\nTotal 1\n' })
  const b = await server.send({ ...mail('4711', '10.00'), text: 'Kept\nKept too\nRight one\nAlso kept\nTotal 2\n', headers: { 'X-Order': '4711', 'X-Shop': 'north', 'X-New': 'new' } })
  for (const width of [1280, 360]) {
    const page = await stage.page(server, `/c/${a}/${b}#text`, { width, height: 740 })
    const line = (text) => page.getByRole('article').locator('tr', { hasText: text })
    await seen(line('Left one'))
    const signs = async (row) => {
      const cells = await row.locator('.side:visible').all()
      return Promise.all(cells.map(async (cell) => [await sign(cell), await cell.textContent()]))
    }
    const none = width > 559 ? [['none', '']] : []
    assert.deepEqual(await signs(line('Left one')), [['"−" / ""', 'only on the left: Left one'], ...none])
    assert.deepEqual(await signs(line('Right one')), [...none, ['"+" / ""', 'only on the right: Right one']])
    assert.deepEqual(await signs(line('Total 1')), [['"−" / ""', 'changed: Total 1'], ['"+" / ""', 'Total 2']])
    for (const [shown, text] of await signs(line('Also kept'))) assert.deepEqual([shown, text], ['none', 'Also kept'])
    await page.getByRole('tab', { name: 'Headers' }).or(page.getByRole('tab', { name: 'Envelope' })).first().click()
    await seen(line('X-New'))
    assert.deepEqual(await signs(line('X-New')), [...none, ['"+" / ""', 'only on the right: new']])
  }
})

scenario('two large messages with nothing in common are compared at once', async (stage) => {
  const server = await stage.server()
  const text = (seed) => Array.from({ length: 30_000 }, (_, i) => `${(i * 7919 + seed * 104_729) % 99_991} ${seed}`).join('\n')
  const [a, b] = [await server.send({ subject: 'One', text: text(1) }), await server.send({ subject: 'Two', text: text(2) })]
  const page = await stage.page(server, `/c/${a}/${b}`)
  const compared = page.getByRole('article', { name: 'Two messages compared' })
  await seen(compared)
  const begin = Date.now()
  await compared.getByRole('tab', { name: 'Text' }).click()
  await seen(compared.getByText('These texts have too little in common'))
  await seen(compared.getByRole('row').first())
  const took = Date.now() - begin
  assert.ok(took < 5000, `${took} ms`)
})

scenario('two mails of a megabyte are compared and nothing holds the page for 100 ms', async (stage) => {
  const server = await stage.server()
  const LINES = 18_000
  const text = (change) => Array.from({ length: LINES }, (_, i) => `Line ${i} of a long report: ${change && i % 90 === 45 ? 'another' : 'the same'} value ${(i * 7919) % 99_991} as ever`).join('\n')
  assert.ok(text(false).length > 1_000_000)
  const [a, b] = [await server.send({ subject: 'One', text: text(false) }), await server.send({ subject: 'Two', text: text(true) })]
  const page = await stage.page(server, `/c/${a}/${b}`)
  const compared = page.getByRole('article', { name: 'Two messages compared' })
  await seen(compared.getByRole('row').first())
  const thread = await watchThread(page)
  const begun = page.waitForEvent('worker')
  await compared.getByRole('tab', { name: 'Text' }).click()
  assert.equal(new URL((await begun).url()).origin, server.url)
  await seen(compared.getByRole('button', { name: '42 equal rows' }))
  await seen(compared.getByRole('button', { name: '83 equal rows' }).first())
  const tasks = await thread.end()
  console.log(told(tasks))
  assert.deepEqual((await compared.locator('mark').allTextContents()).slice(0, 3), ['the', 'same ', 'another'])
  assert.ok(tasks.length > 0 && tasks[0] <= 100, told(tasks))
})

scenario('two mails of a megabyte that have only HTML are compared as text and nothing holds the page for 100 ms', async (stage) => {
  const server = await stage.server()
  const ROWS = 8000
  const html = (change) => `<style>td { color: red }</style><table>${Array.from({ length: ROWS }, (_, i) => `<tr><td style="padding:4px" class="c${i % 9}">Caf&eacute;&nbsp;${i}</td><td>&euro;&#8239;${change && i % 90 === 45 ? 'other' : 'same'} &lt;${(i * 7919) % 99_991}&gt; &amp;amp; as ever</td></tr>`).join('\n')}</table>`
  assert.ok(html(false).length > 1_000_000)
  const [a, b] = [await server.send({ subject: 'One', html: html(false) }), await server.send({ subject: 'Two', html: html(true) })]
  const page = await stage.page(server, `/c/${a}/${b}`)
  const compared = page.getByRole('article', { name: 'Two messages compared' })
  await seen(compared.getByRole('row').first())
  const thread = await watchThread(page)
  await compared.getByRole('tab', { name: 'Text' }).click()
  await seen(compared.locator('mark', { hasText: 'other' }).first())
  const tasks = await thread.end()
  console.log(told(tasks))
  assert.deepEqual((await compared.locator('mark').allTextContents()).slice(0, 2), ['same', 'other'])
  await seen(compared.getByRole('row').filter({ hasText: '€\u202fother <56382> &amp; as ever' }).first())
  assert.ok(tasks.length > 0 && tasks[0] <= 100, told(tasks))
})

scenario('a comparison that is no longer asked for is ended', async (stage) => {
  const server = await stage.server()
  const text = (seed) => Array.from({ length: 60_000 }, (_, i) => `${(i * 7919 + seed * 104_729) % 99_991} ${seed}`).join('\n')
  const [a, b] = [await server.send({ subject: 'One', text: text(1) }), await server.send({ subject: 'Two', text: text(2) })]
  const page = await stage.page(server, `/c/${a}/${b}`)
  const compared = page.getByRole('article', { name: 'Two messages compared' })
  await seen(compared.getByRole('row').first())
  const begun = page.waitForEvent('worker')
  await compared.getByRole('tab', { name: 'Text' }).click()
  await seen(compared.getByText('Comparing…'))
  const ended = (await begun).waitForEvent('close')
  await page.keyboard.press('Escape')
  await ended
  await seen(row(page, 'Two'))
  assert.equal(page.workers().length, 0)
})

scenario('of very large texts the page says how much is compared', async (stage) => {
  const server = await stage.server()
  const text = 'The same line, again and again, for more than anybody reads.\n'.repeat(100_000)
  const [a, b] = [await server.send({ subject: 'One', text: `first\n${text}` }), await server.send({ subject: 'Two', text: `other\n${text}end` })]
  const page = await stage.page(server, `/c/${a}/${b}#text`)
  await seen(page.getByText(/^Of each text only the first 4\.0 MiB/))
  await seen(page.getByRole('row').filter({ hasText: 'other' }))
  // The end that differs is behind what is compared.
  assert.deepEqual(await page.locator('.compare mark').allTextContents(), ['first', 'other'])
})

scenario('an element tells its size and its style when it is pointed at', async (stage) => {
  const server = await stage.server()
  const body = `<style>.card { background: #eef }</style>
    <table width="600"><tr><td id="cell" class="card wide" width="200" style="padding: 10px; color: rgb(1, 2, 3)">Hello</td><td>there</td></tr></table>
    <p><a href="https://acme.example/">Leave</a></p><img src="cid:logo@acme.example" width="40" height="20" alt="Acme"><script>document.title = 'ran'</script>`
  const id = await server.send({ ...WELCOME, html: body })
  const page = await stage.page(server, `/m/${id}#html`)
  await seen(frame(page).getByText('Hello'))
  await panel(page).getByRole('button', { name: 'Look at the elements' }).click()
  const likeness = page.frameLocator('iframe[title="Likeness of the message"]')
  const element = page.getByRole('status', { name: 'The element' })
  await seen(element.getByText('Point at an element'))
  const cell = await likeness.getByText('Hello').boundingBox()
  await page.mouse.move(cell.x + cell.width / 2, cell.y + cell.height / 2)
  await seen(element.getByText('td#cell.card.wide'))
  const told = await element.textContent()
  assert.match(told, /td#cell\.card\.wide 2\d\d(\.\d)? × \d\d/)
  assert.match(told, /padding: 10px/)
  assert.match(told, /color: rgb\(1, 2, 3\)/)
  assert.match(told, /width="200"/)
  // The likeness looks like the real one.
  assert.equal(await likeness.getByText('Hello').evaluate((e) => getComputedStyle(e).backgroundColor), 'rgb(238, 238, 255)')
  await page.getByRole('application', { name: 'Look at the elements' }).focus()
  await page.keyboard.press('ArrowRight')
  await seen(element.getByText(/^td \d/))
  await page.keyboard.press('ArrowUp')
  await seen(element.getByText(/^tr \d/))
  // A link that is pressed leads nowhere.
  const link = await likeness.getByText('Leave').boundingBox()
  await page.mouse.click(link.x + 4, link.y + 4)
  await seen(element.getByText('href="https://acme.example/"'))
  assert.equal(new URL(page.url()).pathname, `/m/${id}`)
  assert.equal((await page.title()).startsWith('ran'), false)
})
