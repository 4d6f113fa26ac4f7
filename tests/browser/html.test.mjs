// How the HTML of a mail is looked at: what it would load, on what device, in which scheme, and where its links lead.
import assert from 'node:assert/strict'
import { elsewhere } from './elsewhere.mjs'
import { drawn, frame, image, panel, reframed, seen, subject } from './look.mjs'
import { scenario } from './scenario.mjs'

const press = (page, name) => panel(page).getByRole('button', { name, exact: true }).click()

scenario('the bar tells how many addresses are blocked, and lets them through for this message only', async (stage) => {
  const server = await stage.server()
  const remote = await elsewhere(stage)
  const to = (path) => `${remote.url}/${path}`
  const wanted = ['style.css', 'more.css', 'back.png', 'sheet.png', 'inline.png', 'far.png', 'open?u=1&i=2', 'open?u=1&i=3', 'set.png', 'poster.png', 'svg.png']
  const first = await server.send({
    subject: 'News',
    text: 'News',
    html: `<head><link rel="stylesheet" href="${to('style.css')}"><link rel="canonical" href="${to('canonical')}"><style>@import "${to('more.css')}"; h1 { background: url(${to('sheet.png')}) }</style></head>
      <body background="${to('back.png')}"><h1 style="color:red">News</h1><p style="background:url('${to('inline.png')}')">Hello</p>
      <img id="far" src="${to('far.png')}"><img src="${to('far.png')}"><img src="${to('open?u=1&amp;i=2')}"><img src="${to('open?u=1&amp;i=3')}">
      <img srcset="${to('set.png')} 1x"><video poster="${to('poster.png')}"></video><svg width="9" height="9"><image width="9" height="9" href="${to('svg.png')}"/></svg>
      <!--[if mso]><img src="${to('outlook.png')}"><![endif]--><a href="${to('link')}">Link</a> ${to('text')}
      <script src="${to('script.js')}"></script><iframe src="${to('frame')}"></iframe><object data="${to('object')}"></object></body>`,
  })
  const second = await server.send({ subject: 'More', text: 'More', html: `<p>Only one</p><img src="${to('one.png')}">` })
  const page = await stage.page(server, `/m/${first}`, { allow: [new RegExp(`^(policy|console|request): .*${remote.url}`, 's'), /img-src/, /Blocked script execution/] })
  const count = wanted.length
  const far = frame(page).locator('#far')
  /** All that the frame asks for has been asked for. */
  const settled = async () => {
    const deadline = Date.now() + 30_000
    while ((await frame(page).locator('html').evaluate(() => document.readyState)) !== 'complete') assert.ok(Date.now() < deadline)
    await frame(page).locator('html').evaluate((html) => Promise.all([...html.ownerDocument.images].map((img) => img.decode().catch(() => null))))
  }
  await seen(frame(page).getByText('Hello'))
  await settled()
  await seen(panel(page).getByRole('status').getByText(`Remote content is blocked: ${count} addresses`, { exact: true }))
  assert.deepEqual(remote.asked, [])
  await reframed(page, /remote=1/, () => press(page, 'Load it'))
  await seen(panel(page).getByText(`Remote content is loaded: ${count} addresses`, { exact: true }))
  assert.ok((await image(far)) > 0)
  await settled()
  assert.deepEqual([...new Set(remote.asked)].toSorted(), wanted.map((path) => `/${path}`).toSorted())
  await reframed(page, /images=0/, () => press(page, 'Without images'))
  assert.equal(await image(far), 0)
  await settled()

  const before = remote.asked.length
  await page.keyboard.press('k')
  await seen(subject(page, 'More'))
  await seen(frame(page).getByText('Only one'))
  await seen(panel(page).getByText('Remote content is blocked: 1 address', { exact: true }))
  assert.match(page.url(), new RegExp(second))
  await page.keyboard.press('j')
  await seen(subject(page, 'News'))
  await seen(panel(page).getByText(/^Remote content is blocked/))
  await seen(frame(page).getByText('Hello'))
  await settled()
  assert.equal(remote.asked.length, before)
  await reframed(page, /remote=1/, () => press(page, 'Load it'))
  await reframed(page, /html(?!.*remote)/, () => press(page, 'Block it again'))
  await seen(panel(page).getByText(`Remote content is blocked: ${count} addresses`, { exact: true }))
})

scenario('a mail is seen on each device, upright and turned, and at a width of one’s own', async (stage) => {
  const server = await stage.server()
  const html = '<style>p::after { content: "wide" } @media (max-width: 600px) { p::after { content: "narrow" } }</style><p>Offer</p>'
  const id = await server.send({ subject: 'Offer', text: 'Offer', html })
  const page = await stage.page(server, `/m/${id}`, { width: 1600, height: 900 })
  await seen(frame(page).getByText('Offer'))
  const look = async () => {
    await drawn(page)
    const outside = await page.locator('iframe').evaluate((f) => [f.clientWidth, f.clientHeight])
    const inside = await frame(page).locator('p').evaluate((p) => [innerWidth, innerHeight, getComputedStyle(p, '::after').content.replaceAll('"', '')])
    assert.deepEqual(inside.slice(0, 2), outside)
    return [...outside, inside[2]]
  }
  const full = await look()
  assert.ok(full[0] > 900, `${full}`)
  for (const [name, width, height] of [['Phone', 375, 667], ['Tablet', 768, 1024], ['Desktop', 1280, 800]]) {
    await press(page, name)
    assert.equal(await panel(page).getByRole('button', { name, exact: true }).getAttribute('aria-pressed'), 'true')
    assert.deepEqual(await look(), [width, height, width <= 600 ? 'narrow' : 'wide'], name)
    await seen(panel(page).getByText(`${width} × ${height}`))
    await press(page, 'Turn the device')
    assert.deepEqual(await look(), [height, width, height <= 600 ? 'narrow' : 'wide'], `${name}, turned`)
    await press(page, 'Turn the device')
  }
  await press(page, 'Own')
  const own = panel(page).getByRole('spinbutton', { name: 'Width in pixels' })
  for (const [typed, width] of [['480', 480], ['601', 601], ['20', 200], ['9999', 3000]]) {
    await own.fill(typed)
    const [wide, , word] = await look()
    assert.deepEqual([wide, word], [width, width <= 600 ? 'narrow' : 'wide'], typed)
  }
  await press(page, 'Full')
  assert.deepEqual(await look(), full)
})

for (const scheme of ['light', 'dark']) {
  scenario(`a mail is on white paper until the dark is asked for, on a ${scheme} page`, async (stage) => {
    const server = await stage.server()
    const html = '<style>@media (prefers-color-scheme: dark) { p::after { content: "dark" } } @media (prefers-color-scheme: light) { p::after { content: "light" } }</style><p>Offer</p>'
    const id = await server.send({ subject: 'Offer', text: 'Offer', html })
    const page = await stage.page(server, `/m/${id}`, { scheme })
    const look = async () => {
      await seen(frame(page).getByText('Offer'))
      const says = await frame(page).locator('p').evaluate((p) => getComputedStyle(p, '::after').content)
      const paper = await page.locator('iframe').evaluate((f) => getComputedStyle(f).backgroundColor)
      return [says.replaceAll('"', ''), paper]
    }
    assert.equal(await page.evaluate(() => matchMedia('(prefers-color-scheme: dark)').matches), scheme === 'dark')
    const white = ['light', 'rgb(255, 255, 255)']
    assert.deepEqual(await look(), white)
    const turn = () => press(page, 'As in a dark mail program')
    await reframed(page, /html.*scheme=dark/, turn)
    assert.deepEqual(await look(), ['dark', 'rgb(18, 18, 18)'])
    await reframed(page, /html(?!.*dark)/, turn)
    assert.deepEqual(await look(), white)
  })
}

scenario('a link of a mail opens a page that knows nothing of ours', async (stage) => {
  const server = await stage.server()
  const own = `${server.url}/livez`
  const id = await server.send({ subject: 'Offer', text: 'Offer', html: `<p><a href="${own}">Go</a> <a href="${own}" target="_top" rel="opener">Top</a></p>` })
  const page = await stage.page(server, `/m/${id}`)
  for (const name of ['Go', 'Top']) {
    const link = frame(page).getByRole('link', { name })
    assert.deepEqual([await link.getAttribute('target'), (await link.getAttribute('rel')).split(' ').toSorted()], ['_blank', ['noopener', 'noreferrer']], name)
    const [popup] = await Promise.all([page.waitForEvent('popup'), link.click()])
    await popup.waitForURL(own)
    assert.deepEqual(await popup.evaluate(() => [globalThis.opener, document.referrer]), [null, ''], name)
    await popup.close()
  }
  assert.equal(new URL(page.url()).pathname, `/m/${id}`)
})
