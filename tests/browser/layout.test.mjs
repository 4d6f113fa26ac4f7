// Light and dark, wide and narrow: nothing sticks out of the page, and the colours follow the scheme.
import assert from 'node:assert/strict'
import { PDF, WELCOME } from './mails.mjs'
import { panel, row, seen, subject, tab } from './look.mjs'
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
