// Attachments that play or that a viewer opens: sound, video, PDF.
import assert from 'node:assert/strict'
import { panel, seen, tab } from './look.mjs'
import { PDF } from './mails.mjs'
import { CLIP, pdf, wav } from './media.mjs'
import { scenario } from './scenario.mjs'

/** The length of what a player has, once it knows. */
const ready = (player) =>
  player.evaluate((media) => new Promise((done, failed) => {
    media.onerror = () => failed(new Error(media.error.message))
    media.onloadedmetadata = () => done(media.duration)
    if (media.readyState > 0) done(media.duration)
  }))
/** Moves a player to a second, and waits until it is there. */
const seek = (player, second) =>
  player.evaluate((media, to) => new Promise((done, failed) => {
    media.onerror = () => failed(new Error(media.error.message))
    media.onseeked = () => done(media.currentTime)
    media.currentTime = to
  }), second)

scenario('sound is played, and its end is reached without reading all of it', async (stage) => {
  const server = await stage.server()
  const seconds = 500
  const id = await server.send({ subject: 'Voice mail', text: 'Listen', attachments: [{ filename: 'voice.wav', content: wav(seconds), contentType: 'audio/wav' }] })
  const page = await stage.page(server, `/m/${id}`)
  const answers = []
  page.on('response', (answer) => answer.url().endsWith('/parts/2') && answers.push([answer.status(), answer.headers()['content-range'] ?? '']))
  await tab(page, 'Attachments').click()
  const player = panel(page).locator('audio')
  await seen(player)
  assert.equal(await player.getAttribute('aria-label'), 'voice.wav')
  assert.equal(await ready(player), seconds)
  assert.equal(await seek(player, 450), 450)
  // It was asked for from there on, or a little before.
  const far = answers.find(([, range]) => Number(/^bytes (\d+)-/.exec(range)?.[1]) > 3_000_000)
  assert.equal(far?.[0], 206, JSON.stringify(answers))
  await player.evaluate((media) => ((media.muted = true), media.play()))
  await page.waitForFunction(() => document.querySelector('audio').currentTime > 450)

  await tab(page, 'Parts').click()
  await panel(page).getByRole('treeitem', { name: /voice/ }).click()
  assert.equal(await ready(panel(page).locator('audio')), seconds)
})

scenario('a video shows the picture of the second it is moved to', async (stage) => {
  const server = await stage.server()
  const id = await server.send({ subject: 'Clip', text: 'Look', attachments: [{ filename: 'clip.webm', content: CLIP, contentType: 'video/webm' }] })
  const page = await stage.page(server, `/m/${id}#attachments`)
  const player = panel(page).locator('video')
  assert.equal(await ready(player), 4)
  assert.deepEqual(await player.evaluate((video) => [video.videoWidth, video.videoHeight]), [32, 24])
  const colour = () =>
    player.evaluate((video) => {
      const pen = Object.assign(document.createElement('canvas'), { width: 1, height: 1 }).getContext('2d')
      pen.drawImage(video, 0, 0, 1, 1)
      const [red, , blue] = pen.getImageData(0, 0, 1, 1).data
      return red > blue ? 'red' : 'blue'
    })
  for (const [second, expected] of [[3.2, 'blue'], [0.2, 'red'], [2.7, 'blue']]) {
    await seek(player, second)
    assert.equal(await colour(), expected, `${second}`)
  }
})

const show = (place) => place.getByRole('button', { name: 'Show it in the browser’s viewer' })
const file = (filename, content) => ({ filename, content, contentType: 'application/pdf' })

for (const place of ['Attachments', 'Parts']) {
  scenario(`a PDF is opened by the browser’s own viewer, in place and only when asked for: ${place}`, async (stage) => {
    const server = await stage.server()
    // What the script of either would do is a fault of the page.
    const id = await server.send({ subject: 'Bills', text: 'Pay', attachments: [file('bill.pdf', pdf('Bill')), file('other.pdf', pdf('Other', "app.alert('ran')"))] })
    const page = await stage.page(server, `/m/${id}`)
    assert.equal(await page.evaluate(() => navigator.pdfViewerEnabled), true)
    await tab(page, place).click()
    const look = async (name) => {
      if (place === 'Attachments') return panel(page).getByRole('listitem').filter({ hasText: name })
      await panel(page).getByRole('treeitem', { name: new RegExp(name) }).click()
      return panel(page)
    }
    const bill = await look('bill.pdf')
    assert.equal(await bill.getByRole('link', { name: 'Open the PDF in a tab of its own' }).getAttribute('href'), `/v1/messages/${id}/parts/2`)
    assert.equal(await page.locator('iframe').count(), 0)
    // Chromium's viewer is a page of its own inside the frame; where it is blocked there is an error page.
    const viewer = page.waitForEvent('framenavigated', { predicate: (frame) => frame.url().startsWith('chrome-extension://') })
    await show(bill).click()
    const frame = page.locator('iframe[title="bill.pdf"]')
    assert.equal(await frame.getAttribute('src'), `/v1/messages/${id}/parts/2`)
    await viewer
    // What Chromium puts around its viewer has nothing of the mail but the address.
    const around = await frame.evaluate(({ contentDocument: around }) => ({ scripts: around.scripts.length, text: around.body.textContent.trim() }))
    assert.deepEqual(around, { scripts: 0, text: '' })
    const { headers } = await server.get(`/v1/messages/${id}/parts/2`)
    assert.equal(headers.get('content-type'), 'application/pdf')
    assert.equal(headers.get('x-content-type-options'), 'nosniff')
    assert.equal(headers.get('content-disposition'), 'inline; filename="bill.pdf"')
    assert.match(headers.get('content-security-policy'), /^sandbox; default-src 'none'/)

    await seen(show(await look('other.pdf')))
    assert.equal(await page.locator('iframe[title="other.pdf"]').count(), 0)
  })
}

scenario('a script in a PDF that was opened reaches neither the page nor anybody else', async (stage) => {
  const server = await stage.server()
  // Another host, so that a request there is a fault of the page.
  const far = `${server.url.replace('localhost', '127.0.0.1')}/far`
  const calls = [`this.submitForm('${far}')`, `app.launchURL('${far}',true)`, `this.getURL('${far}')`, "app.alert('ran')"]
  const evil = pdf('Evil', calls.map((call) => `try{${call}}catch(e){}`).join(''))
  const send = (subject) => server.send({ subject, text: 'Pay', attachments: [file('evil.pdf', evil), file('page.pdf', `<p>Quiet</p><script>top.document.title='ran';fetch('${far}')</script>`)] })
  const id = await send('Bill')
  const page = await stage.page(server, `/m/${id}#attachments`, { allow: [/^dialog: ran$/] })
  const opened = []
  page.context().on('page', (other) => opened.push(other.url()))
  await seen(show(panel(page)).first())
  // Without the number of unread ones, which goes meanwhile.
  const title = async () => (await page.title()).replace(/^\(\d+\) /, '')
  const before = await title()
  // It is the last thing that the script does.
  const ran = page.waitForEvent('dialog')
  await show(panel(page)).first().click()
  assert.equal((await ran).message(), 'ran')
  assert.equal(await title(), before)
  assert.equal(new URL(page.url()).pathname, `/m/${id}`)
  assert.deepEqual(opened, [])
  // A page that says it is a PDF is none.
  const viewer = page.waitForEvent('framenavigated', { predicate: (frame) => frame.url().startsWith('chrome-extension://') })
  await show(panel(page)).click()
  await viewer
  assert.equal(await title(), before)
  assert.equal(await page.frameLocator('iframe[title="page.pdf"]').locator('p').count(), 0)
  // Another message begins without them.
  const next = await send('Next')
  await page.getByRole('option').filter({ hasText: 'Next' }).click()
  await page.waitForURL(`**/m/${next}*`)
  await seen(show(panel(page)).first())
  assert.equal(await page.locator('iframe').count(), 0)
})

scenario('a browser without a viewer for PDF offers a tab of its own and the file', async (stage) => {
  const server = await stage.server()
  const id = await server.send({ subject: 'Bill', text: 'Pay', attachments: [file('bill.pdf', PDF)] })
  const page = await stage.page(server)
  await page.addInitScript(() => Object.defineProperty(Navigator.prototype, 'pdfViewerEnabled', { get: () => false }))
  await page.goto(`/m/${id}#attachments`)
  await seen(panel(page).getByRole('link', { name: 'Open the PDF in a tab of its own' }))
  assert.equal(await show(panel(page)).count(), 0)
  const [download] = await Promise.all([page.waitForEvent('download'), panel(page).getByRole('link', { name: 'Download: bill.pdf' }).click()])
  assert.equal(download.suggestedFilename(), 'bill.pdf')
})
