// Hostile mails (hostile.mjs), each opened in every tab: nothing in them runs, nobody elsewhere is called,
// no dialog opens, and no frame with mail in it has the origin of the page. A page without protection shows
// that each of them would do something.
import assert from 'node:assert/strict'
import { on, once } from 'node:events'
import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
import { test } from 'node:test'
import { ALL, INJECTION, SPENT, armed } from './hostile.mjs'
import { panel, seen } from './look.mjs'
import { scenario } from './scenario.mjs'
import { DEADLINE } from './server.mjs'

/** Counts who calls, also who only connects. */
async function elsewhere(stage) {
  const called = []
  const server = createServer((request, response) => {
    called.push(request.url)
    response.writeHead(200, { 'access-control-allow-origin': '*' }).end('document.title="ran"')
  }).listen(0, 'localhost')
  server.on('connection', () => called.push('connection'))
  await once(server, 'listening')
  stage.later(() => {
    server.closeAllConnections()
    server.close()
  })
  return { called, server, url: `http://localhost:${server.address().port}` }
}

test('there are enough hostile mails', () => {
  const all = Object.values(ALL).flat()
  assert.ok(all.length >= 60, `${all.length}`)
  for (const cve of ['CVE-2022-50908', 'CVE-2024-27448', 'CVE-2026-21859']) assert.ok(all.some(([name]) => name.startsWith(cve)), cve)
  for (const spent of SPENT) assert.ok(all.some(([name]) => name === spent), spent)
})

// What the browser says when it stops them. Whether anybody was called is what the server elsewhere counts.
const STOPPED = [/^console: /, /^policy: /, /^request: /]

/** A server without any protection: it answers what it is told to, and asks whoever a page names, as CVE-2026-21859 did. */
async function careless(stage) {
  const told = { page: '', type: '' }
  const server = createServer((request, response) => {
    const asked = /^\/proxy\?\w+=(.+)/.exec(request.url)?.[1]
    if (asked) fetch(asked).then(() => response.end(), () => response.end())
    else response.writeHead(200, { 'content-type': told.type }).end(told.page)
  }).listen(0, 'localhost')
  await once(server, 'listening')
  stage.later(() => {
    server.closeAllConnections()
    server.close()
  })
  return { told, url: `http://localhost:${server.address().port}` }
}

/** What of a mail is markup with something hostile in it, and the type by which a browser would read it. */
function dangers(mail) {
  const found = []
  const label = (value) => {
    if (typeof value === 'string' && /<(?:script|img|svg).*\bJ\b/s.test(value)) found.push([value, 'text/html'])
    else if (typeof value === 'object' && value !== null) Object.values(value).forEach(label)
  }
  const { html, attachments = [], ...labels } = mail
  if (/\b[JR]\b/.test(html)) found.push([html, 'text/html'])
  for (const { content, contentType, ...names } of attachments) {
    if (/<.*\b[JR]\b/s.test(content)) found.push([content, /xml/.test(contentType) ? contentType : 'text/html'])
    label({ contentType, names })
  }
  label(labels)
  return found
}

/** By the mouse, which waits for nothing that the press may bring about. */
async function press(page, element) {
  const box = await element.boundingBox()
  if (box) await page.mouse.click(box.x + Math.min(box.width, 40) / 2, box.y + Math.min(box.height, 30) / 2)
}

for (const [group, rows] of Object.entries(ALL)) {
  scenario(`without protection hostile mails do what they mean to: ${group.toLowerCase()}`, async (stage) => {
    const server = await stage.server()
    const remote = await elsewhere(stage)
    const open = await careless(stage)
    const context = (await stage.page(server, '/', { allow: STOPPED })).context()
    let tried = 0
    for (const [name, mail] of rows.filter(([name]) => !SPENT.includes(name))) {
      for (const [danger, type] of dangers(mail)) {
        tried += 1
        const own = `/${tried}`
        Object.assign(open.told, { page: armed(danger, remote.url + own), type })
        const calls = on(remote.server, 'request', { signal: AbortSignal.timeout(DEADLINE) })
        // A page of its own, of which Playwright dismisses the dialogs; it is left open, since one that is being led away does not close.
        const page = await context.newPage()
        await page.goto(open.url + own, { waitUntil: 'commit' })
        if (danger.includes('id="x"')) await press(page, page.locator('#x').first())
        // As one who writes anew what was parsed.
        if (name.startsWith('mutation')) await page.evaluate(() => (document.body.innerHTML += ''))
        const heard = async () => {
          for await (const [request] of calls) if (request.url.startsWith(own)) return
        }
        await assert.doesNotReject(heard(), `${name}: ${danger}`)
      }
    }
    assert.ok(tried >= 9, `${tried}`)
  })
}

/** The paths of the leaves of a message. */
const leaves = (parts) => parts.flatMap((part) => (part.children.length ? leaves(part.children) : [part.path]))

scenario('attachments that are opened as pages do nothing', async (stage) => {
  const server = await stage.server()
  const remote = await elsewhere(stage)
  const page = await stage.page(server, '/', { allow: STOPPED })
  const opened = new Set()
  for (const [name, mail] of ALL.FILES) {
    const id = await server.send(armed(mail, remote.url))
    const { parts } = await server.json(`/v1/messages/${id}`)
    for (const path of leaves(parts)) {
      const type = (await server.get(`/v1/messages/${id}/parts/${path}`)).headers.get('content-type')
      const answer = await page.goto(`/v1/messages/${id}/parts/${path}`).catch((error) => error)
      if (answer instanceof Error) assert.match(answer.message, /Download is starting/, name)
      else {
        opened.add(type)
        assert.ok(answer.ok(), name)
        const told = await page.evaluate(() => ({ ran: document.title.startsWith('ran'), ours: self.origin !== 'null', path: location.pathname }))
        // Around its viewer for PDF Chromium has a page with nothing of the mail in it.
        assert.deepEqual(told, { ran: false, ours: type === 'application/pdf', path: `/v1/messages/${id}/parts/${path}` }, name)
      }
      assert.deepEqual(remote.called, [], name)
    }
  }
  // All others are only saved.
  for (const type of ['text/html', 'application/xhtml+xml', 'text/xml', 'image/svg+xml', 'text/javascript', 'text/plain', 'image/png', 'application/pdf']) assert.ok(opened.has(type), type)
  assert.ok(!opened.has('application/x-unknown'))
})

scenario('a line end in an encoded word adds no header', async (stage) => {
  const server = await stage.server()
  const id = await server.send(armed(Object.fromEntries(ALL.LABELS)[INJECTION], 'http://localhost'))
  const { subject, headers, cc, envelope } = await server.json(`/v1/messages/${id}`)
  assert.match(subject, /^a\s+Bcc: c@example\.com\s+X-Evil: <script>/)
  assert.deepEqual(headers.filter((h) => /^(bcc|x-evil)$/i.test(h.name)), [])
  assert.deepEqual([cc, envelope.to], [[], ['ann@example.com']])
})

for (const [group, rows] of Object.entries(ALL)) {
  scenario(`hostile mails do nothing: ${group.toLowerCase()}`, async (stage) => {
    const server = await stage.server()
    const remote = await elsewhere(stage)
    const ids = []
    for (const [name, mail] of rows) ids.push([name, await server.send(armed(mail, remote.url))])
    const opened = []
    let tabs = 0
    const begin = async () => {
      const page = await stage.page(server, '/', { allow: STOPPED })
      await page.evaluate(() => addEventListener('message', (e) => e.data === 'ran' && (globalThis.ran = true)))
      page.context().on('page', (other) => opened.push(other.url()))
      return page
    }
    let page = await begin()
    for (const [name, id] of ids) {
      // A tab that a link opened stands before the page and slows it down.
      if (opened.length > tabs) page = await begin()
      tabs = opened.length
      // Within the page, so that what a mail left behind in it would be found.
      await page.evaluate((path) => (history.pushState(null, '', path), dispatchEvent(new PopStateEvent('popstate'))), `/m/${id}`)
      const article = page.getByRole('article', { name: 'Message' })
      await seen(article)
      const quiet = async (what) => {
        const told = await page.evaluate(() => ({
          title: document.title, ran: globalThis.ran ?? false, path: location.pathname, origin: location.origin,
          // No frame has scripts; one that has our origin has nothing that came from a mail's bytes as a document.
          frames: [...document.querySelectorAll('iframe')].filter((f) => !f.sandbox.value || f.sandbox.contains('allow-scripts') || (f.sandbox.contains('allow-same-origin') && f.hasAttribute('src'))).length,
        }))
        assert.deepEqual({ ...told, title: told.title.startsWith('ran') }, { title: false, ran: false, path: `/m/${id}`, origin: server.url, frames: 0 }, `${name}: ${what}`)
        assert.deepEqual(remote.called, [], `${name}: ${what}`)
      }
      const views = article.getByRole('tablist').getByRole('tab')
      for (let n = 0; n < (await views.count()); n += 1) {
        await views.nth(n).click()
        const tab = await views.nth(n).getAttribute('id')
        await seen(panel(page).locator('> *').first())
        if (tab === 'tab-html') {
          const shown = page.frameLocator('iframe[title="HTML of the message"]')
          await shown.getByText('Quiet').first().waitFor()
          if (await shown.locator('#x').count()) await press(page, shown.locator('#x').first())
          await quiet('pressed')
          const origin = await page.locator('iframe').first().evaluate((f) => (f.contentDocument === null ? 'opaque' : 'ours'))
          assert.equal(origin, 'opaque', name)
          await panel(page).getByRole('button', { name: 'Look at the elements' }).click()
          await page.frameLocator('iframe[title="Likeness of the message"]').getByText('Quiet').first().waitFor()
          await panel(page).getByRole('application').click({ position: { x: 20, y: 20 } })
          await quiet('elements')
        }
        if (tab === 'tab-parts') {
          const items = panel(page).getByRole('treeitem')
          for (let m = 0; m < (await items.count()); m += 1) await items.nth(m).click()
        }
        await quiet(tab)
      }
    }
    assert.deepEqual(opened.filter((url) => !/^(about:blank|chrome-error:)/.test(url) && !url.startsWith(`${server.url}/v1/messages/`)), [])
    await page.goto(`/c/${ids[0][1]}/${ids.at(-1)[1]}#html`)
    await seen(page.getByRole('article', { name: 'Two messages compared' }))
    assert.deepEqual(remote.called, [])
    assert.equal(existsSync('/tmp/restante-was-here'), false)
  })
}

scenario('CVE-2026-22689: a page elsewhere opens no event socket and reads no mail', async (stage) => {
  const server = await stage.server()
  await server.send({ subject: 'Secret' })
  const other = createServer((_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<p>elsewhere</p>')).listen(0, 'localhost')
  await once(other, 'listening')
  stage.later(() => {
    other.closeAllConnections()
    other.close()
  })
  const page = await stage.page(server, '/', { allow: STOPPED })
  await page.goto(`http://localhost:${other.address().port}/`)
  const heard = await page.evaluate(async (http) => {
    const socket = new WebSocket(`${http.replace('http', 'ws')}/v1/events?after=0`)
    const socketSaid = await new Promise((done) => {
      socket.onopen = () => done('open')
      socket.onmessage = () => done('message')
      socket.onerror = () => done('refused')
    })
    const read = await fetch(`${http}/v1/messages`).then((r) => r.text(), () => 'refused')
    const sent = await fetch(`${http}/v1/messages`, { method: 'DELETE', mode: 'no-cors' }).then(() => 'sent', () => 'refused')
    const framed = document.body.appendChild(Object.assign(document.createElement('iframe'), { src: http }))
    await new Promise((done) => (framed.onload = done))
    return { socketSaid, read, sent, framed: framed.contentDocument === null }
  }, server.url)
  assert.equal(heard.socketSaid, 'refused')
  assert.equal(heard.read, 'refused')
  assert.equal((await server.json('/v1/messages')).total, 1)
})
