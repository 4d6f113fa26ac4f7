// Every page, tab and dialog, in light and dark, wide and narrow, in each language, to be looked at.
// Places are found by role and id, for the page speaks another language each time.
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { openPage } from './browser.mjs'
import { seen } from './look.mjs'
import { Server } from './server.mjs'

const SIZES = { wide: { width: 1280, height: 800 }, narrow: { width: 360, height: 740 } }
const LOCALES = { en: 'en-GB', pt: 'pt-BR' }

/** Each combination of scheme, size and language under its name; `only` is a part of that name. */
function looks(only) {
  const all = ['light', 'dark'].flatMap((scheme) =>
    Object.entries(SIZES).flatMap(([size, box]) => Object.entries(LOCALES).map(([language, locale]) => [`${scheme}-${size}-${language}`, { scheme, locale, ...box }])),
  )
  return [...all, ['forced-wide-en', { ...SIZES.wide, forced: true }], ['forced-narrow-en', { ...SIZES.narrow, forced: true }]].filter(([name]) => name.includes(only))
}

/** One folder for each look, pictures numbered in the order of the walk. `message`, `other` and `broken` are ids of mails that `server` holds. */
export async function gallery(browser, server, folder, { message, broken, other, session, only = '' }) {
  const empty = await Server.start()
  try {
    for (const [name, { forced = false, ...options }] of looks(only)) {
      await mkdir(join(folder, name), { recursive: true })
      let step = 0
      const shoot = (page, what) => page.screenshot({ path: join(folder, name, `${String((step += 1)).padStart(2, '0')}-${what}.png`) })
      for (const [at, walk] of [[empty, setup], [server, rest]]) {
        const { page, close } = await openPage(browser, at, options)
        if (forced) await page.emulateMedia({ forcedColors: 'active' })
        await walk(page, (what) => shoot(page, what), { message, broken, other, session })
        await close()
      }
    }
  } finally {
    await empty.close()
  }
}

async function setup(page, shoot) {
  await page.goto('/')
  await seen(page.locator('h1'))
  await shoot('setup')
  await page.goto('/s')
  await seen(page.locator('.side .note'))
  await shoot('no-sessions')
  await page.goto('/no/such/page')
  await seen(page.locator('.nothing'))
  await shoot('unknown')
}

async function rest(page, shoot, { message, broken, other, session }) {
  const options = page.locator('.side [role=option]')
  await page.goto('/')
  await seen(options.first())
  await shoot('list')
  await page.keyboard.press('/')
  await page.keyboard.type('has:')
  await seen(page.locator('#complete [role=option]').first())
  await shoot('completion')
  await page.keyboard.press('Escape')
  for (const [id, what] of [['inboxes', 'inboxes'], ['sort', 'order']]) {
    await page.goto('/')
    await page.locator(`#${id}`).click()
    await seen(page.locator('.choices'))
    await shoot(what)
    await page.keyboard.press('Escape')
  }
  await page.locator('.side header .tools > button').last().click()
  await seen(page.locator('dialog[open]'))
  await shoot('confirm')
  await page.keyboard.press('Escape')
  await page.goto(`/?q=${encodeURIComponent('invoice has:nothing')}`)
  await seen(page.locator('#search-fault'))
  await shoot('wrong-query')
  await page.goto(`/?q=${encodeURIComponent('nobody wrote this')}`)
  await seen(page.locator('.side p.note'))
  await shoot('nothing-found')
  for (const [id, what] of [[message, 'message'], [broken, 'broken']]) {
    await page.goto(`/m/${id}`)
    const tabs = page.locator('article [role=tab]')
    await seen(tabs.first())
    for (let n = 0; n < (await tabs.count()); n += 1) {
      await tabs.nth(n).click()
      await seen(page.locator('article [role=tabpanel] :is(pre, table, ol, ul, iframe, [role=tree])').first())
      await page.waitForLoadState('networkidle')
      await shoot(`${what}-${(await tabs.nth(n).getAttribute('id')) ?? n}`)
    }
  }
  await page.keyboard.press('Escape')
  await page.goto(`/m/${message}#html`)
  await page.locator('.paper-bar.tools > button.icon').last().click()
  const likeness = page.frameLocator('.look iframe').locator('td, p').first()
  await seen(likeness)
  await likeness.scrollIntoViewIfNeeded()
  const { x, y } = await likeness.boundingBox()
  await page.mouse.move(x + 4, y + 4)
  await seen(page.locator('.look .name'))
  await shoot('element')
  await page.locator('article .actions button:has(+ .print)').click()
  await seen(page.locator('dialog[open]'))
  await shoot('expect')
  await page.goto(`/m/${message}`)
  await seen(page.locator('article h1'))
  for (const [key, what] of [['?', 'keys'], [',', 'settings'], ['c', 'compose'], ['r', 'reply'], ['Control+k', 'palette']]) {
    await page.keyboard.press(key)
    await seen(page.locator('dialog[open]'))
    await page.waitForLoadState('networkidle')
    await shoot(what)
    if (what === 'settings') {
      await page.locator('dialog[open]').evaluate((dialog) => dialog.scrollTo(0, dialog.scrollHeight))
      await shoot('settings-end')
    }
    await page.keyboard.press('Escape')
    await page.locator('dialog[open]').waitFor({ state: 'detached' })
  }
  await page.goto('/')
  await seen(options.first())
  await page.keyboard.press('Control+a')
  await seen(page.locator('[role=toolbar]'))
  await shoot('chosen')
  await page.keyboard.press('#')
  await seen(page.locator('.toast'))
  await shoot('toast')
  await page.locator('.toast button').click()
  for (const tab of ['headers', 'text', 'source', 'html']) {
    await page.goto('/')
    await page.goto(`/c/${message}/${other}#${tab}`)
    await seen(page.locator('article [role=tabpanel]'))
    await page.waitForLoadState('networkidle')
    await shoot(`compare-${tab}`)
  }
  await page.goto('/s')
  await seen(page.locator('.side [role=option]').first())
  await shoot('sessions')
  await page.locator('.side [type=search]').fill('nobody')
  await seen(page.locator('.side .note'))
  await shoot('no-session-fits')
  await page.goto(`/s/${session}`)
  await seen(page.locator('.transcript ol'))
  await shoot('session')
  await page.goto('/m/gone')
  await seen(page.locator('.nothing'))
  await shoot('gone')
}
