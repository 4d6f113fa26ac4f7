// Light and dark, wide and narrow: nothing sticks out of the page, and the colours follow the scheme.
import assert from 'node:assert/strict'
import { PDF, WELCOME } from './mails.mjs'
import { gone, panel, row, seen, subject, tab } from './look.mjs'
import { scenario } from './scenario.mjs'

const LONG = {
  subject: `A very long subject ${'that goes on and on '.repeat(12)}${'x'.repeat(200)}`,
  to: Array.from({ length: 30 }, (_, n) => `recipient-number-${n}@a-rather-long-domain-name.example.com`),
  cc: `${'y'.repeat(60)}@${'z'.repeat(60)}.example.com`,
  text: `${'word '.repeat(200)}\n${'w'.repeat(500)}\nhttps://example.com/${'p'.repeat(500)}\n`,
  html: `<table width="900"><tr><td>${'wide '.repeat(100)}</td></tr></table>`,
  headers: { 'X-Long': 'v'.repeat(900) },
  attachments: Array.from({ length: 8 }, (_, n) => ({ filename: `${'f'.repeat(80)}-${n}.pdf`, content: PDF })),
}

/** Elements that reach over the right edge with nothing around them that scrolls or cuts. */
const sticksOut = (page) =>
  page.evaluate(() => {
    const cut = (element) => {
      for (let e = element.parentElement; e && e !== document.body; e = e.parentElement) {
        if (getComputedStyle(e).overflowX !== 'visible') return true
      }
      return false
    }
    const wide = [...document.body.querySelectorAll('*')].filter((e) => e.getBoundingClientRect().right > innerWidth + 0.5 && !cut(e))
    const page = document.documentElement.scrollWidth > innerWidth ? ['the page'] : []
    return [...page, ...wide.map((e) => e.outerHTML.slice(0, 120))]
  })

/** What of these cannot be pressed, wherever it is scrolled to, and words of it that are cut without a sign. */
const outOfReach = (page, within) =>
  page.locator(within).evaluateAll((roots) => {
    const all = roots.flatMap((root) => [...root.querySelectorAll('*')]).filter((e) => e.checkVisibility() && e.clientWidth + e.offsetWidth > 2)
    const hidden = (e) => {
      if (!e.matches('a[href], button:enabled, input, select, textarea, summary, [role=option], [tabindex="0"]')) return false
      e.scrollIntoView({ block: 'center', inline: 'center' })
      // Of a link that is wrapped, its first line.
      const [{ left, right, top, bottom }] = e.getClientRects()
      const hit = document.elementFromPoint((left + right) / 2, (Math.max(top, 0) + Math.min(bottom, innerHeight)) / 2)
      return left < -0.5 || right > innerWidth + 0.5 || !(e.contains(hit) || e.closest('label')?.contains(hit))
    }
    const cut = (e) => e.scrollWidth > e.clientWidth + 1 && ['hidden', 'clip'].includes(getComputedStyle(e).overflowX) && getComputedStyle(e).textOverflow !== 'ellipsis' && e.innerText?.trim()
    const inputs = 'input, textarea, select'
    return [...all.filter(hidden).map((e) => `hidden: ${e.outerHTML.slice(0, 120)}`), ...all.filter((e) => !e.matches(inputs) && cut(e)).map((e) => `cut: ${e.outerHTML.slice(0, 120)}`)]
  })

const brightness = (page) =>
  page.evaluate(() => {
    const canvas = document.createElement('canvas').getContext('2d')
    canvas.fillStyle = getComputedStyle(document.body).backgroundColor
    canvas.fillRect(0, 0, 1, 1)
    return canvas.getImageData(0, 0, 1, 1).data.slice(0, 3).reduce((a, b) => a + b) / 765
  })

for (const scheme of ['light', 'dark']) {
  for (const width of [1280, 360]) {
    scenario(`${scheme}, ${width} pixels wide`, async (stage) => {
      const server = await stage.server()
      const page = await stage.page(server, '/', { scheme, width, height: 740 })
      const fits = async (what) => assert.deepEqual(await sticksOut(page), [], what)
      await seen(page.getByRole('heading', { name: 'Waiting for mail' }))
      await fits('empty')
      const light = await brightness(page)
      assert.ok(scheme === 'light' ? light > 0.8 : light < 0.3, `${scheme}: ${light}`)
      const long = await server.send(LONG)
      await server.send(WELCOME)
      await seen(row(page, WELCOME.subject))
      await fits('list')
      for (const [id, name] of [[long, 'A very long subject'], [(await server.json('/v1/messages/latest')).id, WELCOME.subject]]) {
        await page.goto(`/m/${id}`)
        await seen(subject(page, name))
        for (const tabName of ['HTML', 'Text', 'Source', 'Headers', 'Parts', 'Attachments', 'Raw', 'Transcript']) {
          await tab(page, tabName).click()
          await seen(panel(page).locator('> *').first())
          await fits(`${name}: ${tabName}`)
        }
      }
      const { session_id: session } = await server.json(`/v1/messages/${long}`)
      await page.goto('/s')
      await seen(page.getByRole('listbox', { name: 'Sessions' }))
      await fits('sessions')
      await page.goto(`/s/${session}`)
      await seen(page.getByRole('list', { name: 'Dialogue' }))
      await fits('session')
      await page.keyboard.press('?')
      await seen(page.getByRole('dialog'))
      await fits('keys')
    })
  }
}

/** Bytes beyond ASCII, no date, and a name in quotes that does not end. */
const BROKEN = `From: a@example.com\r\nTo: "${'n'.repeat(90)} <b@example.com>\r\nSubject: G\xe4nzlich ${'kaputt'.repeat(20)}\r\nX-Header-With-A-Name-That-Is-Far-Too-Long-For-Any-Column: ${'v'.repeat(300)}\r\n\r\nb\xe4d\r\n`
const LINKS = `${'<p><a href="https://example.com/'}${'path/'.repeat(60)}">${'A link that says much '.repeat(9)}</a> <a href="https://example.com/${'x'.repeat(300)}">${'y'.repeat(90)}</a></p>`

for (const locale of ['en-GB', 'pt-BR']) {
  scenario(`360 pixels wide nothing is cut, and everything is within reach (${locale})`, async (stage) => {
    const server = await stage.server()
    const long = await server.send({ ...LONG, html: `${LONG.html}${LINKS}` })
    const broken = await server.send({ envelope: { from: 'a@example.com', to: ['b@example.com'] }, raw: Buffer.from(BROKEN, 'latin1') })
    await server.deposit('an-inbox-whose-name-is-longer-than-any-screen-of-a-phone-is-wide', 'From: a@example.com\r\nSubject: Other\r\n\r\nx\r\n')
    const page = await stage.page(server, '/', { width: 360, height: 740, locale })
    const fits = async (what, within) => assert.deepEqual([...(await sticksOut(page)), ...(await outOfReach(page, within))], [], what)
    await seen(page.locator('#row-' + long))
    await fits('list', '.side, .page > div')
    for (const [id, tabName] of [[long, 'links'], [long, 'headers'], [long, 'attachments'], [broken, 'defects'], [broken, 'raw'], [broken, 'transcript']]) {
      await page.goto('/')
      await page.goto(`/m/${id}#${tabName}`)
      await seen(page.locator(`#tab-${tabName}[aria-selected=true]`))
      await seen(panel(page).locator('> *').first())
      await fits(tabName, 'article')
    }
    for (const tabName of ['headers', 'text', 'source', 'html']) {
      await page.goto('/')
      await page.goto(`/c/${long}/${broken}#${tabName}`)
      await seen(page.locator(`#tab-${tabName}[aria-selected=true]`))
      await seen(panel(page).locator('> *').first())
      await fits(`compare ${tabName}`, 'article')
    }
    await page.goto(`/m/${long}`)
    await seen(page.locator('article h1'))
    for (const key of ['c', 'r', 'f', ',', '?', 'Control+k']) {
      await page.keyboard.press(key)
      await seen(page.locator('dialog[open]'))
      await page.locator('dialog[open] details').evaluateAll((all) => all.forEach((details) => (details.open = true)))
      await fits(key, 'dialog[open]')
      await page.keyboard.press('Escape')
      await gone(page.locator('dialog[open]'))
    }
    await page.goto('/s')
    await seen(page.locator('.side [role=option]').first())
    await fits('sessions', '.side, .page > div')
    const { session_id: session } = await server.json(`/v1/messages/${broken}`)
    await page.goto(`/s/${session}`)
    await seen(page.locator('.transcript ol'))
    await fits('session', 'article')
  })
}
