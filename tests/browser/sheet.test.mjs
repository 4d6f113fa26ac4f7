// The sheet of keyboard shortcuts: each key that it names is pressed, and does what it says.
import assert from 'node:assert/strict'
import { gone, live, panel, row, seen, subject, tab } from './look.mjs'
import { scenario } from './scenario.mjs'

/** With all that a message can have a tab for; its Date is none. */
const raw = (subject) => [
  'From: Ann <ann@example.com>', 'To: bob@example.com', `Subject: ${subject}`, 'Date: soon', 'MIME-Version: 1.0', 'Content-Type: multipart/mixed; boundary=x', '',
  '--x', 'Content-Type: multipart/alternative; boundary=y', '', '--y', 'Content-Type: text/plain', '', 'Hello https://example.com/1', '--y', 'Content-Type: text/html', '', '<p>Hello</p>', '--y--',
  '--x', 'Content-Type: text/csv', 'Content-Disposition: attachment; filename=a.csv', '', 'a,b', '--x--', '',
].join('\r\n')

const dialog = (page, name) => page.getByRole('dialog', { name })
const field = (page, name) => dialog(page, 'Write a message').getByLabel(name, { exact: true })
const list = (page) => page.getByRole('listbox', { name: 'Messages' })
const chosen = (page, n) => page.getByRole('status').filter({ hasText: `${n} selected` })
const unread = (page, name) => row(page, name).filter({ hasText: 'Unread.' })
const read = (page, name) => row(page, name).filter({ hasNotText: 'Unread.' })
const focused = (page, locator) => locator.evaluate((e) => e.ownerDocument.activeElement === e).then((is) => assert.ok(is, `${page.url()}: the keyboard is elsewhere`))
const open = async (page, press, name = 'Mail 3') => {
  await press('j')
  await seen(subject(page, name))
  await seen(read(page, name))
}
const next = (key) => async ({ page, press }) => {
  await press(key)
  await seen(subject(page, 'Mail 3'))
  await press(key)
  await seen(subject(page, 'Mail 2'))
}
const previous = (key) => async ({ page, press }) => {
  for (const step of ['j', 'j', key]) await press(step)
  await seen(subject(page, 'Mail 3'))
}
const removes = (key) => async ({ page, press, server }) => {
  await open(page, press)
  await press(key)
  await gone(row(page, 'Mail 3'))
  await seen(page.getByRole('button', { name: 'Undo' }))
  assert.equal((await server.json('/v1/messages')).total, 3)
}
const opens = (key, name) => async ({ page, press }) => {
  await press(...key.split(' '))
  await seen(dialog(page, name))
}
const menu = (key, name) => async ({ page, press }) => {
  await press(...key.split(' '))
  await seen(page.getByRole('listbox', { name }))
}
const extend = (...keys) => async ({ page, press }) => {
  await press(...keys)
  await seen(chosen(page, 2))
}

/** By the name of the key in the sheet. All begin with the list, of which nothing is open. */
const CASES = {
  'j': next('j'),
  '↓': next('ArrowDown'),
  'k': previous('k'),
  '↑': previous('ArrowUp'),
  'Enter': async ({ page, press }) => {
    await open(page, press)
    await focused(page, list(page))
    await press('Enter')
    await focused(page, panel(page))
  },
  'Esc': async ({ page, press }) => {
    await open(page, press)
    await press('Enter', 'Escape')
    await focused(page, list(page))
    await seen(subject(page, 'Mail 3'))
    await press('Escape')
    await gone(subject(page, 'Mail 3'))
  },
  '1 … 0': async ({ page, press }) => {
    await open(page, press)
    const tabs = ['HTML', 'Text', 'Source', 'Headers', 'Parts', 'Attachments', 'Links', 'Raw', 'Transcript', 'Defects']
    assert.deepEqual((await page.getByRole('article').getByRole('tab').allInnerTexts()).map((t) => t.match(/[A-Za-z]+/)[0]), tabs)
    for (const [at, name] of [...tabs.entries(), [0, 'HTML']]) {
      await press(String((at + 1) % 10))
      await seen(tab(page, name).and(page.locator('[aria-selected=true]')))
    }
  },
  's': async ({ page, press }) => {
    await open(page, press)
    await press('s')
    await seen(row(page, 'Mail 3').getByTitle('Starred'))
    // Of several, until all have one; then none.
    await press('Control+a', 's')
    for (const n of [1, 2, 3]) await seen(row(page, `Mail ${n}`).getByTitle('Starred'))
    await press('s')
    for (const n of [1, 2, 3]) await gone(row(page, `Mail ${n}`).getByTitle('Starred'))
  },
  'e': async ({ page, press, server }) => {
    await open(page, press)
    await press('u')
    await seen(unread(page, 'Mail 3'))
    await press('e')
    await seen(read(page, 'Mail 3'))
    await press('Control+a', 'e')
    for (const n of [1, 2, 3]) await seen(read(page, `Mail ${n}`))
    assert.equal((await server.json('/v1/messages')).unread, 0)
    // It is not for taking back.
    await press('e')
    await seen(page.getByText('3 selected'))
    assert.equal((await server.json('/v1/messages')).unread, 0)
  },
  'u': async ({ page, press }) => {
    await open(page, press)
    await press('u')
    await seen(unread(page, 'Mail 3'))
    await press('u')
    await seen(read(page, 'Mail 3'))
    await press('Control+a', 'u')
    for (const n of [1, 2, 3]) await seen(unread(page, `Mail ${n}`))
  },
  '/': async ({ page, press }) => {
    await press('/')
    await focused(page, page.getByRole('combobox', { name: 'Search messages' }))
  },
  't': async ({ page, press }) => {
    await open(page, press)
    await press('t')
    await seen(page.getByRole('textbox', { name: /^Tag to add/ }))
    await page.keyboard.type('beta')
    await press('Enter')
    await seen(row(page, 'Mail 3').getByText('beta'))
  },
  'x': async ({ page, press }) => {
    await open(page, press)
    await press('x')
    await seen(chosen(page, 1))
    await press('x')
    await gone(chosen(page, 1))
  },
  'Shift j': extend('j', 'Shift+J'),
  'Shift k': extend('j', 'j', 'Shift+K'),
  'Ctrl A': async ({ page, press }) => {
    await press('Control+a')
    await seen(chosen(page, 3))
  },
  'Del': removes('Delete'),
  '#': removes('#'),
  'z': async ({ page, press }) => {
    await open(page, press)
    await press('#')
    await gone(row(page, 'Mail 3'))
    await press('z')
    await seen(row(page, 'Mail 3'))
  },
  'c': async ({ page, press }) => {
    await press('c')
    assert.equal(await field(page, 'Subject').inputValue(), '')
    await press('Escape', 'j', 'Shift+J', 'c')
    await seen(page.getByRole('article', { name: 'Two messages compared' }))
  },
  'r': async ({ page, press }) => {
    await open(page, press)
    await press('r')
    assert.deepEqual([await field(page, 'To').inputValue(), await field(page, 'Subject').inputValue()], ['Ann <ann@example.com>', 'Re: Mail 3'])
  },
  'f': async ({ page, press }) => {
    await open(page, press)
    await press('f')
    assert.deepEqual([await field(page, 'To').inputValue(), await field(page, 'Subject').inputValue()], ['', 'Fwd: Mail 3'])
  },
  'Ctrl K': opens('Control+k', 'Commands'),
  ',': opens(',', 'Settings'),
  '?': opens('?', 'Keyboard shortcuts'),
  'g m': async ({ page, press }) => {
    await page.goto('/s')
    await seen(page.getByText('No session is open'))
    await press('g', 'm')
    await seen(list(page))
  },
  'g s': async ({ page, press }) => {
    await press('g', 's')
    await seen(page.getByRole('listbox', { name: 'Sessions' }))
  },
  'g i': menu('g i', /^Inbox: /),
  'g o': menu('g o', /^Sort: /),
}

scenario('each key of the sheet does what it says, and no key is kept back', async (stage) => {
  const server = await stage.server()
  const page = await stage.page(server)
  const press = async (...keys) => {
    for (const key of keys) await page.keyboard.press(key)
  }
  await seen(live(page))
  await press('?')
  const keys = await dialog(page, 'Keyboard shortcuts').locator('kbd').allTextContents()
  assert.deepEqual(keys.toSorted(), Object.keys(CASES).toSorted())
  const tips = new Set()
  for (const key of keys) {
    await server.call('DELETE', '/v1/messages')
    await server.deposit('other', raw('Mail 1'))
    for (const n of [2, 3]) await server.send({ envelope: { from: 'ann@example.com', to: ['bob@example.com'] }, raw: raw(`Mail ${n}`) })
    await page.goto('/')
    await seen(row(page, 'Mail 3'))
    try {
      await CASES[key]({ page, press, server })
    } catch (error) {
      error.message = `${key}: ${error.message}`
      throw error
    }
    // What hints and commands name as keys.
    for (const tip of await page.evaluate(() => [...document.querySelectorAll('[title$=")"]')].map((e) => /\((\S+)\)$/.exec(e.title)?.[1] ?? ''))) tips.add(tip)
    for (const tip of await dialog(page, 'Commands').locator('kbd').allTextContents()) tips.add(tip)
  }
  const hinted = [...tips].filter((tip) => /^(?:\S|g \S|Del|Esc)$/.test(tip))
  assert.ok(hinted.length > 12, hinted.join())
  assert.deepEqual(hinted.filter((tip) => !keys.includes(tip)), [])
})
