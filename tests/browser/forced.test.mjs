// With the system's own colours (high contrast) what is chosen, unread, focused or broken can still be told.
import assert from 'node:assert/strict'
import { WELCOME } from './mails.mjs'
import { at, live, row, seen, sortMenu, subject, tab } from './look.mjs'
import { scenario } from './scenario.mjs'

const style = (locator, name, pseudo = null) => locator.evaluate((e, [name, pseudo]) => getComputedStyle(e, pseudo).getPropertyValue(name), [name, pseudo])
const RAW = 'From: a@example.com\r\nTo: b@example.com\r\nSubject: No date\r\n\r\nHello\r\n'

for (const scheme of ['light', 'dark']) {
  scenario(`forced colours leave what matters: ${scheme}`, async (stage) => {
    const server = await stage.server()
    const broken = await server.send({ envelope: { from: 'a@example.com', to: ['b@example.com'] }, raw: RAW })
    await server.send(WELCOME)
    const page = await stage.page(server, '/', { scheme })
    await page.emulateMedia({ forcedColors: 'active', colorScheme: scheme })
    await seen(row(page, WELCOME.subject))
    const [highlight, text, canvas] = await page.evaluate(() => {
      const probe = document.body.appendChild(document.createElement('i'))
      const colours = ['Highlight', 'CanvasText', 'Canvas'].map((name) => {
        probe.style.color = name
        return getComputedStyle(probe).color
      })
      probe.remove()
      return colours
    })
    assert.equal(new Set([highlight, text, canvas]).size, 3)
    const background = (locator, pseudo) => style(locator, 'background-color', pseudo)

    const dot = (subject) => row(page, subject).locator('.tick i')
    await page.mouse.move(0, 0)
    assert.equal(await background(dot('No date')), text, 'unread')
    await server.change(broken, { read: true })
    await page.locator(`#row-${broken}:not(.unread)`).waitFor()
    assert.notEqual(await background(dot('No date')), text, 'read')
    await seen(row(page, 'No date').locator('.defects svg'))
    assert.notEqual(await background(live(page).locator('i')), canvas, 'the connection')

    await row(page, 'No date').click()
    await seen(subject(page, 'No date'))
    assert.equal(await background(at(page, 2)), highlight, 'the open row')
    assert.notEqual(await background(at(page, 1)), highlight, 'another row')
    assert.notEqual(await style(at(page, 2).locator('.subject'), 'color'), highlight, 'its text')
    assert.equal(await background(tab(page, 'Text'), '::after'), highlight, 'the open tab')
    assert.equal(await background(page.getByRole('link', { name: /^Messages/ }), '::after'), highlight, 'the open page')

    await tab(page, 'Headers').click()
    const [on, off] = ['Side by side', 'Decoded'].map((name) => page.getByRole('button', { name, exact: true }))
    assert.equal(await background(on), highlight, 'a switch that is on')
    assert.notEqual(await background(off), highlight, 'a switch that is off')
    await page.keyboard.press('Tab')
    assert.notEqual(await style(page.locator(':focus'), 'outline-style'), 'none', 'the focus')

    await tab(page, 'Transcript').click()
    await seen(page.getByRole('list', { name: 'Dialogue' }))
    const said = (from) => page.locator(`.transcript li.${from}`).first()
    assert.deepEqual([await said('client').locator('.who [aria-hidden]').innerText(), await said('server').locator('.who [aria-hidden]').innerText()], ['C', 'S'])
    assert.notEqual(await background(said('client').locator('.at')), highlight, 'a time')
    assert.notEqual(await style(said('client').locator('.text'), 'font-weight'), await style(said('server').locator('.text'), 'font-weight'))

    await page.keyboard.press('Control+k')
    await seen(page.getByRole('dialog'))
    assert.equal(await background(page.getByRole('dialog').getByRole('option').first()), highlight, 'the command at hand')
    await page.keyboard.press('Escape')

    await page.keyboard.press('x')
    await seen(dot('No date').locator('svg'))
    assert.notEqual(await style(dot('No date').locator('svg'), 'color'), await background(dot('No date')), 'the sign of a chosen row')

    await page.keyboard.press('Escape')
    await sortMenu(page).click()
    await page.keyboard.press('ArrowDown')
    const orders = page.getByRole('listbox', { name: /^Sort: / }).getByRole('option')
    assert.deepEqual([await background(orders.nth(0)), await background(orders.nth(1))].map((colour) => colour === highlight), [false, true], 'the order at hand')
  })
}
