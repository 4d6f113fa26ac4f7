// The links of a message: what each says and where it points, copied, and opened without a way back.
import assert from 'node:assert/strict'
import { panel, seen, tab } from './look.mjs'
import { scenario } from './scenario.mjs'

scenario('each link has its text and where it points, is copied, and is opened if it leads to a page, a mail or a call', async (stage) => {
  const server = await stage.server()
  const own = `${server.url}/livez?from=mail`
  const html = `<p><a href="${own}">Open <b>your</b> account</a> <a href="https://acme.example/a?b=1&amp;c=ü%20x#d"><img src="cid:x" alt=""></a>
    <a href="mailto:help@acme.example?subject=Hi">Write to us</a> <a href="tel:+55-11-4002">Call</a>
    <a href="javascript:alert(1)">Script</a> <a href="data:text/html,x">Data</a> <a href="/path">Elsewhere</a></p>`
  const id = await server.send({ subject: 'Links', text: 'See https://acme.example/from-the-text now', html })
  const { links } = await server.json(`/v1/messages/${id}`)
  const page = await stage.page(server, `/m/${id}#links`)
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
  const items = panel(page).getByRole('listitem')
  await seen(items.first())
  assert.match(await tab(page, 'Links').innerText(), new RegExp(`\\b${links.length}$`))
  const shown = await items.evaluateAll((all) =>
    all.map((li) => {
      const a = li.querySelector('a')
      return [li.querySelector('.text').textContent, li.querySelector('code').textContent, a && a.getAttribute('href')]
    }),
  )
  const [web, odd] = [(text, href) => [text, href, href], (text, href) => [text, href, null]]
  assert.deepEqual(shown.toSorted(), [
    web('Open your account', own),
    web('(no text)', 'https://acme.example/a?b=1&c=ü%20x#d'),
    web('Write to us', 'mailto:help@acme.example?subject=Hi'),
    web('Call', 'tel:+55-11-4002'),
    odd('Script', 'javascript:alert(1)'),
    odd('Data', 'data:text/html,x'),
    odd('Elsewhere', '/path'),
    web('https://acme.example/from-the-text', 'https://acme.example/from-the-text'),
  ].toSorted())
  for (const line of await items.all()) {
    const href = await line.locator('code').textContent()
    await line.getByRole('button', { name: 'Copy the address' }).click()
    await page.waitForFunction(async (text) => (await navigator.clipboard.readText()) === text, href)
    await seen(line.getByRole('status').filter({ hasText: 'Copied' }))
    if ((await line.getByText('not opened here').count()) === 0) {
      const a = line.getByRole('link', { name: /^Open in a new tab: / })
      assert.deepEqual([await a.getAttribute('target'), (await a.getAttribute('rel')).split(' ').toSorted()], ['_blank', ['noopener', 'noreferrer']], href)
    }
  }
  const [popup] = await Promise.all([page.waitForEvent('popup'), items.filter({ hasText: 'your account' }).getByRole('link').click()])
  await popup.waitForURL(own)
  assert.deepEqual(await popup.evaluate(() => [globalThis.opener, document.referrer]), [null, ''])
  assert.equal(new URL(page.url()).pathname, `/m/${id}`)
  await popup.close()
  const text = links.find((link) => link.href.endsWith('from-the-text'))
  await items.filter({ hasText: 'from-the-text' }).getByRole('button', { name: `part ${text.part}` }).click()
  await seen(panel(page).getByRole('treeitem', { selected: true, name: /text\/plain/ }))
})
