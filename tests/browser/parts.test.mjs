// The parts of a message: the tree, and of each part its headers, its size, and its content decoded and as sent.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { panel, seen, tab } from './look.mjs'
import { scenario } from './scenario.mjs'

const BYTES = Buffer.from(Array.from({ length: 5000 }, (_, n) => n % 256))
const base64 = (bytes) => bytes.toString('base64').replace(/.{76}/g, '$&\r\n')
const QUOTED = 'Ol=E1, caf=E9 =\r\nda manh=E3\r\n=2E fim'
const INNER = ['From: inner@example.com', 'Subject: =?utf-8?q?Gru=C3=9F?=', 'Content-Type: text/plain; charset=utf-8', '', 'Inside'].join('\r\n')
const RAW = [
  'From: ann@example.com', 'To: bob@example.com', 'Subject: Parts', 'Date: Sun, 22 Nov 2026 21:00:00 +0000', 'Message-ID: <parts@example.com>', 'MIME-Version: 1.0',
  'Content-Type: multipart/mixed; boundary=outer', '', 'Preamble',
  '--outer', 'Content-Type: multipart/alternative; boundary=inner', '',
  '--inner', 'Content-Type: text/plain; charset=iso-8859-1', 'Content-Transfer-Encoding: quoted-printable', 'X-Note: =?utf-8?q?Ol=C3=A1?=', ' folded', '', QUOTED,
  '--inner', 'Content-Type: text/html; charset=utf-8', '', '<p id="p">Drawn</p>',
  '--inner--',
  '--outer', 'Content-Type: application/octet-stream; name="=?utf-8?q?=C3=BC=2Ebin?="', 'Content-Disposition: attachment', 'Content-Transfer-Encoding: base64', '', base64(BYTES),
  '--outer', 'Content-Type: message/rfc822', '', INNER,
  '--outer', 'Content-Type: text/csv', 'Content-Disposition: attachment; filename=none.csv', '', '',
  '--outer--', '',
].join('\r\n')

async function begin(stage) {
  const server = await stage.server()
  const id = await server.send({ envelope: { from: 'ann@example.com', to: ['bob@example.com'] }, raw: RAW })
  const page = await stage.page(server, `/m/${id}#parts`)
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
  const tree = panel(page).getByRole('tree', { name: 'Parts of the message' })
  await seen(tree)
  return {
    server,
    id,
    page,
    tree,
    open: async (path) => {
      await tree.getByRole('treeitem').filter({ has: page.locator('.path').getByText(path, { exact: true }) }).click()
      await seen(tree.getByRole('treeitem', { selected: true }).getByText(path, { exact: true }))
    },
    press: (name) => panel(page).getByRole('button', { name, exact: true }).click(),
    content: () => panel(page).locator('.content pre'),
    facts: () => panel(page).locator('.head dl > div').allTextContents(),
  }
}

scenario('the tree of parts tells type, size and name of each, and is walked with the arrows', async (stage) => {
  const { server, id, page, tree } = await begin(stage)
  const flat = (parts, level = 1) => parts.flatMap((p) => [{ ...p, level }, ...flat(p.children, level + 1)])
  const parts = flat((await server.json(`/v1/messages/${id}`)).parts)
  assert.equal(parts.length, 8)
  assert.match(await tab(page, 'Parts').innerText(), /\b8$/)
  const size = (n) => (n < 1024 ? `${n} B` : `${(n / 1024).toFixed(1)} KiB`)
  const shown = await tree.getByRole('treeitem').evaluateAll((all) => all.map((i) => [i.getAttribute('aria-level'), ...[...i.children].map((c) => c.textContent)]))
  assert.deepEqual(shown, parts.map((p) => [String(p.level), p.path, p.type, size(p.size), ...(p.filename === null ? [] : [p.filename])]))
  assert.deepEqual(shown.flatMap((line) => line.slice(4)), ['ü.bin', 'none.csv'])
  // Deeper parts stand further to the right.
  const lefts = await tree.locator('.path').evaluateAll((all) => all.map((e) => e.getBoundingClientRect().left))
  for (const [i, { level }] of parts.entries()) assert.ok(Math.abs(lefts[i] - lefts[0] - (level - 1) * 16) < 1, `${i}: ${lefts[i]}`)
  const items = tree.getByRole('treeitem')
  await items.first().click()
  for (let n = 1; n < parts.length; n += 1) {
    await page.keyboard.press('ArrowDown')
    await seen(items.nth(n).and(page.locator(':focus[aria-selected=true]')))
  }
  await page.keyboard.press('ArrowUp')
  await seen(items.nth(parts.length - 2).and(page.locator(':focus[aria-selected=true]')))
})

scenario('a part of text has its headers, is decoded, and is seen as it was sent', async (stage) => {
  const { page, open, press, content, facts } = await begin(stage)
  await open('1.1')
  const text = 'Olá, café da manhã\n. fim'
  await seen(content().getByText(text))
  assert.equal(await content().textContent(), text)
  assert.deepEqual(await facts(), ['Size25 bytes', 'Encodingquoted-printable', 'Charsetiso-8859-1'])
  await panel(page).getByText(/^Headers/).click()
  const headers = panel(page).locator('details')
  const rows = () => headers.getByRole('row').evaluateAll((all) => all.map((r) => [r.querySelector('th').textContent, r.querySelector('td').textContent]))
  assert.deepEqual(await rows(), [
    ['Content-Type', 'text/plain; charset=iso-8859-1'],
    ['Content-Transfer-Encoding', 'quoted-printable'],
    ['X-Note', 'Olá folded'],
  ])
  await headers.getByRole('button', { name: 'As sent' }).click()
  assert.deepEqual((await rows()).at(-1), ['X-Note', '=?utf-8?q?Ol=C3=A1?=\n folded'])
  await headers.getByRole('row').last().hover()
  await headers.getByRole('button', { name: 'Copy the header X-Note' }).click()
  await page.waitForFunction(async () => (await navigator.clipboard.readText()) === 'X-Note: =?utf-8?q?Ol=C3=A1?=\r\n folded')
  await panel(page).locator('.head').getByRole('button', { name: 'As sent' }).click()
  await seen(content().getByText('caf=E9'))
  assert.equal(await content().textContent(), QUOTED.replaceAll('\r\n', '\n'))
  await panel(page).locator('.head').getByRole('button', { name: 'As sent' }).click()
  await seen(content().getByText(text))

  await open('1.2')
  await seen(page.frameLocator('iframe').locator('#p'))
  await press('Source')
  await seen(content().getByText('<p id="p">Drawn</p>'))
  await press('Rendered')
  await seen(page.frameLocator('iframe').locator('#p'))
})

scenario('a binary part is seen as bytes, its encoding as text, and its hash is copied', async (stage) => {
  const { page, open, content, facts } = await begin(stage)
  await open('2')
  await seen(content())
  assert.deepEqual(await facts(), ['Size5,000 bytes', 'Encodingbase64'])
  const lines = (await content().textContent()).trimEnd().split('\n')
  assert.equal(lines.length, 256)
  for (const [n, line] of lines.entries()) {
    const row = [...BYTES.subarray(n * 16, n * 16 + 16)]
    const hex = row.map((b) => b.toString(16).padStart(2, '0'))
    const ascii = row.map((b) => (b >= 32 && b < 127 ? String.fromCharCode(b) : '·')).join('')
    assert.equal(line, `${(n * 16).toString(16).padStart(8, '0')}  ${hex.slice(0, 8).join(' ')}  ${hex.slice(8).join(' ')}  ${ascii}`)
  }
  await seen(panel(page).getByText('The first 4.0 KiB of 4.9 KiB.'))
  const sum = createHash('sha256').update(BYTES).digest('hex')
  await seen(panel(page).getByText(sum))
  await panel(page).getByRole('button', { name: 'Copy SHA-256' }).click()
  await page.waitForFunction(async (text) => (await navigator.clipboard.readText()) === text, sum)
  await panel(page).locator('.head').getByRole('button', { name: 'As sent' }).click()
  await seen(content().getByText('AAECAwQFBgcICQoLDA0ODxAREhMUFRYX'))
  assert.equal(await content().textContent(), base64(BYTES).replaceAll('\r\n', '\n'))
})

scenario('parts that hold parts, a mail in a mail and an empty part say what they are', async (stage) => {
  const { page, open, content } = await begin(stage)
  await open('1')
  await seen(panel(page).getByText('Holds 2 parts'))
  await seen(panel(page).getByRole('row', { name: /^Content-Type multipart\/alternative; boundary=inner/ }))
  await open('3')
  await seen(content().getByText('Inside'))
  assert.equal(await content().textContent(), INNER.replaceAll('\r\n', '\n'))
  await open('3.1')
  await seen(content().getByText('Inside'))
  await panel(page).locator('summary').click()
  await open('4')
  await seen(panel(page).getByText('This part is empty'))
})
