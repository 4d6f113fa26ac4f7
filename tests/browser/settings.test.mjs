// What a reader chooses in the settings: it holds at once, and after the page was loaded again.
import assert from 'node:assert/strict'
import { live, row, seen } from './look.mjs'
import { scenario } from './scenario.mjs'

async function begin(stage) {
  const server = await stage.server()
  for (const n of [1, 2, 3]) await server.send({ subject: `Mail ${n}`, text: 'x'.repeat(n === 2 ? 2000 : 10), date: new Date('2026-03-20T02:30:00Z') })
  const page = await stage.page(server)
  await page.context().grantPermissions(['notifications'])
  await seen(live(page))
  await seen(row(page, 'Mail 3'))
  return { server, page }
}

const rows = (page) => page.getByRole('listbox', { name: /^(Messages|Mensagens)$/ }).getByRole('option')

/** All that the settings change, as it is seen outside of them; in English or Portuguese. */
async function look(page) {
  const newest = rows(page).filter({ hasText: 'Mail 3' })
  await newest.click()
  const date = page.getByRole('article').locator('dl time')
  await seen(date)
  return {
    ...(await page.evaluate(() => ({ theme: getComputedStyle(document.documentElement).colorScheme, lang: document.documentElement.lang }))),
    height: await newest.evaluate((r) => r.getBoundingClientRect().height),
    date: await date.textContent(),
    order: await rows(page).evaluateAll((all) => all.map((r) => /Mail \d/.exec(r.textContent)[0])),
  }
}

/** What the dialog itself shows as chosen. */
async function chosen(page) {
  await page.keyboard.press(',')
  const dialog = page.getByRole('dialog', { name: /^(Settings|Configurações)$/ })
  await seen(dialog)
  const told = {
    selects: await dialog.locator('select').evaluateAll((all) => all.map((s) => s.value)),
    pressed: await dialog.locator('[aria-pressed=true]').allInnerTexts(),
    boxes: await dialog.getByRole('checkbox').evaluateAll((all) => all.map((b) => b.checked)),
  }
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'detached' })
  return told
}

const AT_FIRST = {
  seen: { theme: 'light dark', lang: 'en', height: 68, date: '2026-03-20 02:30:00 +00:00', order: ['Mail 3', 'Mail 2', 'Mail 1'] },
  chosen: { selects: ['auto', 'auto', 'newest'], pressed: ['As the system', 'Comfortable'], boxes: [false, false] },
}

scenario('every setting holds at once, after a reload, and in the next tab', async (stage) => {
  const { page } = await begin(stage)
  assert.deepEqual({ seen: await look(page), chosen: await chosen(page) }, AT_FIRST)
  await page.keyboard.press(',')
  const dialog = page.getByRole('dialog', { name: 'Settings' })
  await dialog.getByRole('button', { name: 'Dark' }).click()
  await dialog.getByRole('button', { name: 'Compact' }).click()
  await dialog.getByLabel('Sort').selectOption('Largest first')
  await dialog.getByLabel('Notify of new mail when the page is hidden').check()
  await dialog.getByLabel('Play a sound for new mail').check()
  await dialog.getByLabel('Time zone').selectOption('America/Sao_Paulo')
  await dialog.getByLabel('Language').selectOption('Português (Brasil)')
  await seen(page.getByRole('dialog', { name: 'Configurações' }))
  await page.keyboard.press('Escape')
  const expected = {
    seen: { theme: 'dark', height: 32, lang: 'pt-BR', date: '19/03/2026 23:30:00 -03:00', order: ['Mail 2', 'Mail 3', 'Mail 1'] },
    chosen: { selects: ['pt-BR', 'America/Sao_Paulo', 'largest'], pressed: ['Escuro', 'Compactas'], boxes: [true, true] },
  }
  const both = async (page) => ({ seen: await look(page), chosen: await chosen(page) })
  assert.deepEqual(await both(page), expected)
  await page.reload()
  assert.deepEqual(await both(page), expected)
  const next = await page.context().newPage()
  await next.goto('/')
  assert.deepEqual(await both(next), expected)
})

scenario('light stays light on a dark system, and what is kept but cannot be read is as at first', async (stage) => {
  const { page } = await begin(stage)
  await page.emulateMedia({ colorScheme: 'dark' })
  await page.keyboard.press(',')
  await page.getByRole('dialog', { name: 'Settings' }).getByRole('button', { name: 'Light' }).click()
  await page.keyboard.press('Escape')
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
  assert.equal(await background(), 'rgb(255, 255, 255)')
  await page.reload()
  assert.deepEqual([(await look(page)).theme, await background()], ['light', 'rgb(255, 255, 255)'])
  for (const text of ['{', 'null', '"x"', '{"theme":"pink","density":7,"order":"","zone":"Mars/Olympus","language":"tlh","notify":"yes","sound":1}']) {
    await page.evaluate((kept) => localStorage.setItem('restante', kept), text)
    await page.reload()
    assert.deepEqual({ seen: await look(page), chosen: await chosen(page) }, AT_FIRST, text)
  }
})

scenario('what two tabs choose is both kept', async (stage) => {
  const { page } = await begin(stage)
  const other = await page.context().newPage()
  await other.goto('/')
  await seen(row(other, 'Mail 3'))
  for (const [tab, name] of [[page, 'Dark'], [other, 'Compact']]) {
    await tab.keyboard.press(',')
    await tab.getByRole('dialog', { name: 'Settings' }).getByRole('button', { name }).click()
    await tab.keyboard.press('Escape')
  }
  for (const tab of [page, other]) {
    await tab.reload()
    const { theme, height } = await look(tab)
    assert.deepEqual([theme, height], ['dark', 32])
  }
})
