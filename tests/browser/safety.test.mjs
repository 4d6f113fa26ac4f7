// A mail can neither run anything nor call anybody unless the reader asks for it.
import assert from 'node:assert/strict'
import { elsewhere } from './elsewhere.mjs'
import { frame, image, panel, seen, tab } from './look.mjs'
import { scenario } from './scenario.mjs'

scenario('remote content is loaded when asked for, and not before', async (stage) => {
  const server = await stage.server()
  const remote = await elsewhere(stage)
  const id = await server.send({
    subject: 'News',
    text: 'News',
    html: `<link rel="stylesheet" href="${remote.url}/style.css"><style>@import "${remote.url}/more.css";</style>
      <body background="${remote.url}/back.png"><p style="background:url(${remote.url}/css.png)">Hello</p>
      <img id="far" src="${remote.url}/pixel.png"><img srcset="${remote.url}/set.png 2x"><video poster="${remote.url}/poster.png"></video>
      <iframe src="${remote.url}/frame"></iframe><object data="${remote.url}/object"></object>`,
  })
  const allow = [new RegExp(`^console: .*${remote.url}.*violates`, 's'), new RegExp(`^(policy|console): .*${remote.url}`, 's')]
  const page = await stage.page(server, `/m/${id}`, { allow: [...allow, new RegExp(`^request: ${remote.url}/`)] })
  await seen(frame(page).getByText('Hello'))
  await seen(page.getByText('Remote content is blocked: '))
  await frame(page).locator('#far').evaluate((img) => img.decode().catch(() => null))
  await tab(page, 'Parts').click()
  await panel(page).getByRole('treeitem', { name: /text\/html/ }).click()
  await seen(frame(page).getByText('Hello'))
  assert.deepEqual(remote.asked, [])
  await tab(page, 'HTML').click()
  await page.getByRole('button', { name: 'Load it' }).click()
  await seen(page.getByText('Remote content is loaded: '))
  assert.ok((await image(frame(page).locator('#far'))) > 0)
  assert.ok(remote.asked.includes('/pixel.png'))
  for (const path of ['/frame', '/object']) assert.ok(!remote.asked.includes(path), path)
})

scenario('scripts in a mail never run', async (stage) => {
  const server = await stage.server()
  const remote = await elsewhere(stage)
  const call = `fetch('${remote.url}/ran').catch(()=>{});new Image().src='${remote.url}/ran';document.title='ran';parent.document.title='ran'`
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" onload="${call}"><script>${call}</script><text y="20">drawn</text></svg>`
  const id = await server.send({
    subject: '<img src=x onerror="document.title=\'ran\'">',
    from: { name: '<script>document.title="ran"</script>', address: 'evil@example.com' },
    text: '<script>document.title="ran"</script> javascript:alert(1)',
    html: `<p>Quiet</p><script>${call}</script><img src="data:," onerror="${call}"><svg onload="${call}"></svg>
      <a href="javascript:${encodeURIComponent(call)}">press</a><form action="${remote.url}/form"><button>submit</button></form>
      <meta http-equiv="refresh" content="0;url=${remote.url}/refresh"><iframe srcdoc="<script>${call.replaceAll('"', '&quot;')}</script>"></iframe>
      <base href="${remote.url}/"><div onclick="${call}">click</div>`,
    attachments: [{ filename: '<b>x.svg', content: svg, contentType: 'image/svg+xml' }],
  })
  const blocked = [/^console: Blocked script execution/, /^console: Refused to|^console: .*violates the following Content Security Policy/, /^policy: /, /^console: Blocked form submission/]
  const page = await stage.page(server, `/m/${id}`, { allow: blocked })
  const quiet = async () => {
    assert.deepEqual(remote.asked, [])
    assert.ok(!(await page.title()).startsWith('ran'), await page.title())
  }
  await seen(frame(page).getByText('Quiet'))
  await frame(page).getByText('click').click()
  await frame(page).getByText('submit').click()
  await quiet()
  for (const name of ['Text', 'Source', 'Headers', 'Attachments', 'Links', 'Raw', 'Transcript', 'Parts']) {
    await tab(page, name).click()
    await seen(panel(page))
    await quiet()
  }
  await panel(page).getByRole('treeitem', { name: /svg/ }).click()
  assert.ok((await image(panel(page).locator('img'))) > 0)
  await quiet()
  // Opened as pages of their own they have no more rights.
  const { parts } = await server.json(`/v1/messages/${id}`)
  const paths = parts.flatMap(function leaves(part) {
    return part.children.length ? part.children.flatMap(leaves) : [part.path]
  })
  assert.equal(paths.length, 3)
  for (const path of [`html`, `html?remote=1`, ...paths.map((p) => `parts/${p}`)]) {
    const answer = await page.goto(`/v1/messages/${id}/${path}`).catch((error) => error)
    assert.ok(answer instanceof Error ? /Download/.test(answer.message) : answer.ok(), `${path}: ${answer}`)
    await quiet()
  }
})
