// What the page shows of a message and of a session.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { PDF, PNG, WELCOME, drawJpeg, picture } from './mails.mjs'
import { frame, gone, image, panel, reframed, row, rows, seen, subject, tab } from './look.mjs'
import { scenario } from './scenario.mjs'

const NOT_FOUND = [/status of 404/]

scenario('each tab shows its side of a mail', async (stage) => {
  const server = await stage.server()
  const id = await server.send(WELCOME)
  const page = await stage.page(server)
  await row(page, WELCOME.subject).click()
  await seen(subject(page, WELCOME.subject))
  assert.equal(await tab(page, 'HTML').getAttribute('aria-selected'), 'true')
  await seen(frame(page).getByRole('heading', { name: 'Hello Jörg' }))
  assert.ok((await image(frame(page).locator('#logo'))) > 0, 'the inline image is not loaded')

  await tab(page, 'Text').click()
  await seen(panel(page).getByText('Hello Jörg,'))
  const link = panel(page).getByRole('link', { name: 'https://acme.example/start' })
  assert.equal(await link.getAttribute('href'), 'https://acme.example/start')

  await tab(page, 'Headers').click()
  await seen(panel(page).getByRole('row', { name: 'X-Campaign welcome-7 welcome-7' }))
  assert.match(await panel(page).getByText('Message-ID', { exact: true }).first().getAttribute('title'), /RFC 5322/)
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
  await panel(page).getByRole('button', { name: 'Copy the header X-Campaign' }).click()
  await page.waitForFunction(async () => (await navigator.clipboard.readText()) === 'X-Campaign: welcome-7')
  await panel(page).getByRole('searchbox').fill('subject')
  assert.equal(await panel(page).getByRole('row').count(), 1)
  await seen(panel(page).getByRole('cell', { name: WELCOME.subject }))
  await panel(page).getByRole('button', { name: 'As sent' }).click()
  await seen(panel(page).getByText('=?UTF-8?'))

  await tab(page, 'Parts').click()
  const tree = panel(page).getByRole('tree')
  await seen(tree.getByRole('treeitem', { name: /multipart\/mixed/ }))
  await tree.getByRole('treeitem', { name: /logo\.png/ }).click()
  assert.ok((await image(panel(page).locator('img'))) > 0, 'the image part is not loaded')
  await tree.getByRole('treeitem', { name: /terms\.pdf/ }).click()
  const [download] = await Promise.all([page.waitForEvent('download'), panel(page).getByRole('link', { name: 'Download' }).click()])
  assert.equal(download.suggestedFilename(), 'terms.pdf')
  assert.deepEqual(await readFile(await download.path()), PDF)

  await seen(panel(page).getByText('25 50 44 46 2d 31 2e 37'))
  await panel(page).getByRole('button', { name: 'As sent' }).click()
  await seen(panel(page).getByText('JVBERi0xLjcK'))

  await tab(page, 'Source').click()
  assert.equal(await panel(page).locator('pre').textContent(), WELCOME.html)
  await seen(panel(page).locator('.value', { hasText: 'cid:logo@acme.example' }))

  await tab(page, 'Links').click()
  await seen(panel(page).getByRole('link', { name: 'Open in a new tab: https://acme.example/start' }))

  await tab(page, 'Raw').click()
  await seen(panel(page).getByRole('button', { name: /^Part 2: fold/ }))
  const raw = await (await server.get(`/v1/messages/${id}/raw`)).text()
  await seen(panel(page).getByText('X-Campaign: welcome-7'))
  assert.equal(await panel(page).locator('pre').textContent(), raw.replaceAll('\r\n', '\n'))

  await tab(page, 'Transcript').click()
  const dialogue = panel(page).getByRole('list', { name: 'Dialogue' })
  await seen(dialogue.getByText('MAIL FROM:<hello@acme.example>'))
  await seen(dialogue.getByText('RCPT TO:<joerg@example.com>'))
  await seen(dialogue.getByText('Message content,'))
})

scenario('the conversation of a message is shown in the list', async (stage) => {
  const server = await stage.server()
  await server.send({ subject: 'First', text: 'x', messageId: '<first@x.example>' })
  await server.send({ subject: 'Aside', text: 'x' })
  await server.send({ subject: 'Re: First', text: 'x', messageId: '<second@x.example>', inReplyTo: '<first@x.example>', references: ['<first@x.example>'] })
  await server.send({ subject: 'Re: Re: First', text: 'x', inReplyTo: '<second@x.example>', references: ['<first@x.example>', '<second@x.example>'] })
  const page = await stage.page(server)
  await row(page, 'Re: Re: First').click()
  await page.getByRole('button', { name: 'Show the conversation' }).click()
  await gone(row(page, 'Aside'))
  assert.equal(await rows(page).count(), 3)
  await seen(subject(page, 'Re: Re: First'))
})

scenario('a mail that is only a picture shows it', async (stage) => {
  const server = await stage.server()
  const page = await stage.page(server)
  await seen(page.getByRole('heading', { name: 'Waiting for mail' }))
  await server.send(picture(await drawJpeg(page)))
  await row(page, 'Front door').click()
  await seen(subject(page, 'Front door'))
  assert.equal(await image(panel(page).locator('img')), 64)
})

scenario('a mail with a defect shows the place', async (stage) => {
  const server = await stage.server()
  const raw = 'From: a@example.com\r\nTo: b@example.com\r\nSubject: No date\r\n\r\nHello\r\n'
  const id = await server.send({ envelope: { from: 'a@example.com', to: ['b@example.com'] }, raw })
  const message = await server.json(`/v1/messages/${id}`)
  assert.ok(message.defects.length > 0)
  const page = await stage.page(server, `/m/${id}`)
  await tab(page, 'Defects').click()
  await seen(panel(page).getByText(message.defects[0].code))
  await panel(page).getByRole('button', { name: 'Show in raw' }).first().click()
  await seen(panel(page).locator('mark'))
})

scenario('addresses of messages and sessions can be opened afresh', async (stage) => {
  const server = await stage.server()
  const id = await server.send(WELCOME)
  const { session_id: session } = await server.json(`/v1/messages/${id}`)
  const page = await stage.page(server, `/m/${id}#headers`)
  await seen(subject(page, WELCOME.subject))
  assert.equal(await tab(page, 'Headers').getAttribute('aria-selected'), 'true')
  await page.goto(`/s/${session}`)
  await seen(page.getByRole('article', { name: 'Session' }))
  await seen(page.getByText('MAIL FROM:<hello@acme.example>'))
  await page.getByRole('link', { name: 'Open the message' }).click()
  await seen(subject(page, WELCOME.subject))
  await page.goBack()
  await seen(page.getByRole('article', { name: 'Session' }))
})

scenario('addresses of what is not there say so', async (stage) => {
  const server = await stage.server()
  const page = await stage.page(server, '/m/0CkQ0000000000000000Zq', { allow: NOT_FOUND })
  await seen(page.getByRole('heading', { name: 'This message is not here' }))
  await page.goto('/s/0CkQ0000000000000000Zq')
  await seen(page.getByRole('heading', { name: 'This session is not here' }))
  await page.getByRole('link', { name: 'Go to the sessions' }).click()
  await seen(page.getByText('No client has connected yet'))
})

scenario('attachments are looked at and saved together', async (stage) => {
  const server = await stage.server()
  const ics = 'BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:Release party\r\nDTSTART:20261201T170000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n'
  const vcf = 'BEGIN:VCARD\r\nFN:Ann Lee\r\nEMAIL:ann@acme.example\r\nEND:VCARD\r\n'
  const id = await server.send({
    ...WELCOME,
    attachments: [...WELCOME.attachments, { filename: 'party.ics', content: ics, contentType: 'text/calendar' }, { filename: 'ann.vcf', content: vcf, contentType: 'text/vcard' }, { filename: 'notes.txt', content: 'Remember the milk' }],
  })
  const page = await stage.page(server, `/m/${id}#attachments`)
  await seen(panel(page).getByText('Release party'))
  await seen(panel(page).getByText('2026-12-01 17:00 UTC'))
  await seen(panel(page).getByText('Ann Lee'))
  await seen(panel(page).getByText('Remember the milk'))
  assert.ok((await image(panel(page).locator('img'))) > 0)
  const [download] = await Promise.all([page.waitForEvent('download'), panel(page).getByRole('button', { name: 'All as a zip' }).click()])
  const zip = await readFile(await download.path())
  assert.equal(zip.readUInt32LE(0), 0x04034b50)
  assert.equal(zip.readUInt16LE(zip.length - 12), 5)
  assert.ok(zip.includes(PDF))
})

scenario('HTML is seen in other sizes, in the dark, without images and as text', async (stage) => {
  const server = await stage.server()
  const html = `<style>@media (prefers-color-scheme: dark) { #s::after { content: 'dark' } } @media (prefers-color-scheme: light) { #s::after { content: 'light' } }</style>
    <h1>Offer</h1><p id="s"></p><p><a href="https://acme.example/x">Buy</a></p><img id="logo" src="cid:logo@acme.example" alt="Acme">`
  const id = await server.send({ ...WELCOME, html })
  const page = await stage.page(server, `/m/${id}#html`, { allow: [/img-src/] })
  const width = () => page.locator('iframe').evaluate((f) => f.clientWidth)
  const scheme = () => frame(page).locator('#s').evaluate((p) => getComputedStyle(p, '::after').content)
  const press = (name) => panel(page).getByRole('button', { name, exact: true }).click()
  await seen(frame(page).getByText('Offer'))
  await press('Phone')
  assert.equal(await width(), 375)
  await press('Turn the device')
  assert.equal(await width(), 667)
  await press('Own')
  await panel(page).getByRole('spinbutton').fill('480')
  assert.equal(await width(), 480)
  assert.match(await scheme(), /light/)
  await reframed(page, /scheme=dark/, () => press('As in a dark mail program'))
  await frame(page).getByText('Offer').waitFor()
  assert.match(await scheme(), /dark/)
  await reframed(page, /images=0/, () => press('Without images'))
  await frame(page).getByText('Offer').waitFor()
  assert.equal(await image(frame(page).locator('#logo')), 0)
  await press('As text')
  await seen(panel(page).locator('pre', { hasText: 'Offer' }))
  assert.equal(await panel(page).locator('pre').textContent(), 'Offer\n\nBuy <https://acme.example/x>\nAcme')
})

scenario('HTML is zoomed in the place it has, and an image within its address is drawn', async (stage) => {
  const server = await stage.server()
  const html = `<p>Offer</p><img id="dot" src="data:image/png;base64,${PNG.toString('base64')}" alt="">`
  const id = await server.send({ subject: 'Offer', text: 'Offer', html })
  const page = await stage.page(server, `/m/${id}#html`)
  await seen(frame(page).getByText('Offer'))
  assert.equal(await image(frame(page).locator('#dot')), 1)
  // As big as before, with room for half as much: all in it is drawn twice as large.
  const outside = () => page.locator('iframe').evaluate((f) => f.getBoundingClientRect().width)
  const inside = () => frame(page).locator('html').evaluate(() => innerWidth)
  const before = await outside()
  assert.ok(Math.abs((await inside()) - before) <= 1)
  const zoom = panel(page).getByRole('combobox', { name: 'Zoom' })
  assert.equal(await zoom.locator('option:checked').innerText(), '100 %')
  for (const percent of [200, 50]) {
    await zoom.selectOption(`${percent} %`)
    assert.equal(await outside(), before)
    const room = await inside()
    assert.ok(Math.abs((room * percent) / 100 - before) <= 2, `${percent} %: room for ${room} in ${before}`)
  }
})

scenario('a transcript tells when each line came and how long it was waited for, and leads to its session', async (stage) => {
  const server = await stage.server()
  const id = await server.send(WELCOME)
  const { session_id: session } = await server.json(`/v1/messages/${id}`)
  const page = await stage.page(server, `/m/${id}#transcript`)
  const lines = panel(page).getByRole('list', { name: 'Dialogue' }).getByRole('listitem')
  await seen(lines.first())
  const { entries } = await fetch(`${server.url}/v1/messages/${id}/transcript`, { headers: { accept: 'application/json' } }).then((r) => r.json())
  const waited = entries.map((e, i) => Math.max(e.at - (entries[i - 1]?.at ?? 0), 0))
  assert.ok(waited.some((us) => us > 0))
  const shown = await lines.evaluateAll((all) => all.map((li) => [li.querySelector('.at').firstChild.data, li.querySelector('.gap').title]))
  assert.equal(shown.length, entries.length)
  for (const [i, [at, gap]] of shown.entries()) {
    const [, waitedFor] = /^\+(.+) ms$/.exec(gap)
    // As numbers, to a tenth; a whole second has a comma and no tenths.
    for (const [text, us] of [[at, entries[i].at], [waitedFor, waited[i]]]) {
      assert.ok(Math.abs(text.replace(',', '') - us / 1000) <= (us < 1_000_000 ? 0.051 : 0.51), `${i}: ${text} for ${us} µs`)
    }
  }
  // The bars stand one behind the other, and the last ends where their column does.
  const bars = await lines.evaluateAll((all) => all.map((li) => ({ bar: li.querySelector('.gap i').getBoundingClientRect(), whole: li.querySelector('.gap').getBoundingClientRect() })))
  for (const [i, { bar, whole }] of bars.entries()) {
    const end = whole.left + (entries[i].at / entries.at(-1).at) * whole.width
    assert.ok(Math.abs(bar.right - end) <= 3, `${i}: ${bar.right} for ${end}`)
  }
  const link = panel(page).getByRole('link', { name: 'Open the session' })
  assert.equal(await link.getAttribute('href'), `/s/${session}`)
  await link.click()
  await seen(page.getByRole('article', { name: 'Session' }))
})

scenario('the raw message is folded by part', async (stage) => {
  const server = await stage.server()
  const id = await server.send(WELCOME)
  const page = await stage.page(server, `/m/${id}#raw`)
  const fold = panel(page).getByRole('button', { name: 'Part 2: fold' })
  const content = panel(page).getByText('JVBERi0xLjcK')
  await seen(fold)
  assert.deepEqual([await fold.getAttribute('aria-expanded'), await content.isVisible()], ['false', false])
  await seen(panel(page).getByText('filename=terms.pdf'))
  await fold.click()
  await seen(content)
  assert.equal(await fold.getAttribute('aria-expanded'), 'true')
  await fold.click()
  await content.waitFor({ state: 'hidden' })
})
