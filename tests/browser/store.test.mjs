// The store as the page tells of it: how full it is, what had to go, and that it takes no mail.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { gone, live, panel, row, rows, seen } from './look.mjs'
import { scenario } from './scenario.mjs'

const footer = (page) => page.getByRole('region', { name: 'Messages' }).locator('footer')
const trouble = (page) => page.getByRole('alert')

scenario('a store that cannot be written is told over the page, until it can', async (stage) => {
  // A write past the bound on the size of files then fails as on a broken disk (tests/crash/disk.rs).
  const server = await stage.server({ kept: true, shell: "trap '' XFSZ" })
  const limit = (bytes) => execFileSync('prlimit', ['--pid', server.child.pid, `--fsize=${bytes}:`])
  await server.send({ subject: 'Before', text: 'This was kept.' })
  // Nothing can be noted as read meanwhile.
  const page = await stage.page(server, '/', { allow: [/status of 500/] })
  await seen(live(page))
  await seen(row(page, 'Before'))
  assert.equal(await trouble(page).count(), 0)

  limit(4096)
  await assert.rejects(server.send({ subject: 'Refused', text: 'x' }), /451 4\.3\.0/)
  const told = trouble(page).filter({ hasText: 'The store’s disk takes no writes: mail is answered 451.' })
  await seen(told)
  // So it is for who comes now, on every page; what is there can be read.
  await page.goto('/s')
  await seen(told)
  await page.goto('/')
  await row(page, 'Before').click()
  await seen(panel(page).getByText('This was kept.'))
  await seen(told)

  limit('unlimited')
  await gone(told)
  await server.send({ subject: 'After', text: 'x' })
  await seen(row(page, 'After'))
  assert.equal(await rows(page).count(), 2)
})

scenario('each thing that is wrong with the store has its sentence', async (stage) => {
  const server = await stage.server()
  const page = await stage.page(server)
  let state = 'ok'
  await page.route('**/v1/info', async (route) => {
    const info = await (await route.fetch()).json()
    await route.fulfill({ json: { ...info, store: { ...info.store, state } } })
  })
  for (const [now, text] of [['full', '452'], ['read_only', '451'], ['locked', 'Another process'], ['corrupt', 'restante store check'], ['failed', 'no writes']]) {
    state = now
    await page.reload()
    await seen(trouble(page).filter({ hasText: text }))
  }
  state = 'ok'
  await page.reload()
  await seen(live(page))
  assert.equal(await trouble(page).count(), 0)
})

scenario('the foot of the list tells how full the store is and what was dropped, live', async (stage) => {
  const server = await stage.server({ args: ['--max-messages', '3', '--max-store-size', '2MiB'] })
  const page = await stage.page(server)
  await seen(live(page))
  for (const n of [1, 2, 3]) await server.send({ subject: `Mail ${n}`, text: 'x' })
  await seen(row(page, 'Mail 3'))
  await seen(footer(page).getByText(/^Temporary store · [\d.]+ [KM]iB of 2\.0 MiB$/))
  assert.equal(await footer(page).getByText('dropped').count(), 0)
  await server.send({ subject: 'Mail 4', text: 'x' })
  const dropped = (n) => footer(page).getByText(`${n} dropped`, { exact: true })
  await seen(dropped(1))
  assert.equal(await dropped(1).getAttribute('title'), '1 oldest message was dropped to stay within the store’s limit')
  await gone(row(page, 'Mail 1'))
  for (const n of [5, 6]) await server.send({ subject: `Mail ${n}`, text: 'x' })
  await seen(dropped(3))
  assert.equal(await dropped(3).getAttribute('title'), '3 oldest messages were dropped to stay within the store’s limit')
  await gone(row(page, 'Mail 3'))
  assert.deepEqual((await server.json('/v1/messages')).messages.map((m) => m.subject), ['Mail 6', 'Mail 5', 'Mail 4'])
  // Who comes later is told the same.
  await page.reload()
  await seen(dropped(3))
  assert.equal(await rows(page).count(), 3)
})

scenario('mail that outgrows the size of the store pushes the oldest out, and the list says so', async (stage) => {
  const server = await stage.server({ kept: true, args: ['--max-store-size', '1MiB'] })
  const page = await stage.page(server)
  await seen(live(page))
  for (let n = 1; n <= 24; n += 1) await server.send({ subject: `Mail ${n}.`, text: 'x', attachments: [{ filename: 'noise', content: randomBytes(60_000) }] })
  await seen(footer(page).getByText(/^Kept on disk · [\d.]+ [KM]iB of 1\.0 MiB$/))
  await seen(footer(page).getByText(/^\d+ dropped$/))
  await seen(row(page, 'Mail 24.'))
  await gone(row(page, 'Mail 1.'))
})
