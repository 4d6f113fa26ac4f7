// axe-core finds nothing serious on any page, in light and dark, wide and 360 pixels narrow.
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { WELCOME } from './mails.mjs'
import { panel, row, seen, sortMenu, subject } from './look.mjs'
import { scenario } from './scenario.mjs'

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js')

for (const [scheme, width] of ['light', 'dark'].flatMap((scheme) => [[scheme, 1280], [scheme, 360]])) {
  scenario(`nothing serious for a screen reader: ${scheme}, ${width} pixels wide`, async (stage) => {
    const server = await stage.server()
    // The frame of a mail is the mail's own affair, and runs no scripts.
    const page = await stage.page(server, '/', { scheme, width, height: 740, allow: [/Content Security Policy/, /^policy: /, /status of 40[04]/] })
    const client = await page.context().newCDPSession(page)
    await client.send('Page.setBypassCSP', { enabled: true })
    await page.reload()
    const found = []
    const look = async (what, within = 'html') => {
      if (!(await page.evaluate(() => 'axe' in globalThis))) await page.addScriptTag({ path: AXE })
      const { violations } = await page.evaluate((within) => globalThis.axe.run(within, { iframes: false, resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice'] }), within)
      for (const v of violations.filter((v) => ['serious', 'critical'].includes(v.impact))) found.push(`${what}: ${v.id}: ${v.nodes.slice(0, 2).map((n) => n.html.slice(0, 160)).join(' ')}`)
    }
    assert.equal(await page.evaluate(() => innerWidth), width)
    await seen(page.getByRole('heading', { name: 'Waiting for mail' }))
    await look('empty')
    await page.goto('/s')
    await seen(page.getByText('No client has connected yet'))
    await look('no sessions')
    await page.goto('/no/such/page')
    await seen(page.getByRole('heading', { name: 'There is no such page' }))
    await look('unknown page')
    await page.goto('/')
    const raw = 'From: a@example.com\r\nTo: b@example.com\r\nSubject: No date\r\n\r\nHello\r\n'
    const broken = await server.send({ envelope: { from: 'a@example.com', to: ['b@example.com', 'c@example.com'] }, raw })
    const id = await server.send({ ...WELCOME, html: `${WELCOME.html}<a href="https://acme.example/">x</a>` })
    await seen(row(page, WELCOME.subject))
    await look('list')
    await sortMenu(page).click()
    await look('order')
    await page.keyboard.press('Escape')
    await server.deposit('staging', raw.replace('No date', 'Elsewhere'))
    await page.getByRole('button', { name: 'Inbox: All inboxes' }).click()
    await seen(page.getByRole('listbox', { name: 'Inbox: All inboxes' }))
    // A chip that the menu covers by half is no target meanwhile.
    await look('inboxes', '.choices')
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'Delete all' }).click()
    await seen(page.getByRole('dialog', { name: /^Delete all/ }))
    await look('confirm')
    await page.keyboard.press('Escape')
    for (const [of, name] of [[id, WELCOME.subject], [broken, 'No date']]) {
      await page.goto(`/m/${of}`)
      await seen(subject(page, name))
      const tabs = page.getByRole('article').getByRole('tab')
      for (let n = 0; n < (await tabs.count()); n += 1) {
        await tabs.nth(n).click()
        await seen(panel(page).locator('> *').first())
        await look(`${name} ${await tabs.nth(n).textContent()}`)
      }
    }
    await page.goto(`/m/${id}#html`)
    await panel(page).getByRole('button', { name: 'Look at the elements' }).click()
    await page.getByRole('application', { name: 'Look at the elements' }).press('ArrowDown')
    await seen(page.getByRole('status', { name: 'The element' }).getByText(/^\w+ \d/))
    await look('element')
    await page.getByRole('button', { name: 'Expect', exact: true }).click()
    await seen(page.getByRole('dialog', { name: 'Expect this mail' }))
    await look('expect')
    await page.keyboard.press('Escape')
    for (const [key, name] of [['?', 'keys'], [',', 'settings'], ['c', 'compose'], ['r', 'reply'], ['Control+k', 'palette']]) {
      await page.keyboard.press(key)
      await seen(page.getByRole('dialog'))
      await look(name)
      await page.keyboard.press('Escape')
      await page.getByRole('dialog').waitFor({ state: 'detached' })
    }
    await page.keyboard.press('x')
    // Narrow, the list is behind the message.
    const back = page.getByRole('article').getByRole('link', { name: 'Back to the list' })
    if (await back.isVisible()) await back.click()
    await seen(page.getByRole('toolbar'))
    await look('chosen')
    await page.goto('/?q=has:nothing')
    await seen(page.getByRole('search').getByRole('alert'))
    await look('wrong query')
    await page.getByRole('combobox').fill('is:')
    await seen(page.getByRole('listbox', { name: 'Completions' }))
    await look('completions')
    for (const tab of ['headers', 'text', 'source', 'html']) {
      await page.goto('/')
      await page.goto(`/c/${broken}/${id}#${tab}`)
      await seen(page.getByRole('article', { name: 'Two messages compared' }).getByRole('tabpanel'))
      await look(`compare ${tab}`)
    }
    const { session_id: session } = await server.json(`/v1/messages/${id}`)
    await page.goto('/s')
    await seen(page.getByRole('listbox', { name: 'Sessions' }))
    await look('sessions')
    await page.getByRole('searchbox').fill('nobody')
    await seen(page.getByText('No session fits'))
    await look('no session fits')
    await page.goto(`/s/${session}`)
    await seen(page.getByRole('list', { name: 'Dialogue' }))
    await look('session')
    // Last, for nobody takes it back in time.
    await page.goto('/')
    await seen(row(page, WELCOME.subject))
    await page.keyboard.press('Control+a')
    await page.keyboard.press('#')
    await seen(page.getByRole('button', { name: 'Undo' }))
    await look('toast')
    assert.deepEqual(found, [])
  })
}
