// What a reader looks at: the places of the inspector by role and name.
export const rows = (page) => page.getByRole('listbox', { name: 'Messages' }).getByRole('option')
export const row = (page, subject) => rows(page).filter({ hasText: subject })
export const subject = (page, text) => page.getByRole('article', { name: 'Message' }).getByRole('heading', { level: 1, name: text })
export const tab = (page, name) => page.getByRole('tab', { name: new RegExp(`^${name}`) })
export const panel = (page) => page.getByRole('article').getByRole('tabpanel')
export const frame = (page) => page.frameLocator('iframe[title="HTML of the message"]')
export const live = (page) => page.getByRole('banner').getByRole('status').filter({ hasText: 'Live' })

/** Until the element is there; its time out names it. */
export const seen = (locator) => locator.waitFor({ state: 'visible' })
export const gone = (locator) => locator.waitFor({ state: 'detached' })
/** Until the page has drawn what it was told by now. */
export const drawn = (page) => page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))))

/** Until the frame has the document at an address like this, once `turn` has asked for it. */
export async function reframed(page, like, turn) {
  const there = page.waitForEvent('framenavigated', (f) => like.test(f.url()))
  await turn()
  await there
}

export async function image(locator) {
  await seen(locator)
  return locator.evaluate((img) => img.decode().then(() => img.naturalWidth, () => 0))
}

/** The row at a place of the list, from 1. */
export const at = (page, place) => page.locator(`[role=option][aria-posinset="${place}"]`)

/** The menu of the list's orders, and choosing one by its name. */
export const sortMenu = (page) => page.getByRole('button', { name: /^Sort: / })
export async function sortBy(page, name) {
  await sortMenu(page).click()
  await page.getByRole('listbox', { name: /^Sort: / }).getByRole('option', { name }).click()
}
