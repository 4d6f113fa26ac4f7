// The store as the page tells of it: that it takes no mail, and that it does again.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { gone, live, panel, row, rows, seen } from './look.mjs'
import { scenario } from './scenario.mjs'

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
