// Loads the inspector again and again with a filled cache, from each of some servers in turn, and tells
// when something was first painted and when the first row of the list was there.
// node painting.mjs ROUNDS URL… prints one line of JSON: for each server its `painted` and `ready`, in ms.
import { execFileSync } from 'node:child_process'
import { createRequire } from 'node:module'

const DEADLINE = 30_000
const { chromium } = createRequire(new URL('../tests/browser/', import.meta.url))('playwright-core')
const [rounds, ...urls] = process.argv.slice(2)

const executablePath = execFileSync('sh', ['-c', 'command -v chromium || command -v chromium-browser || command -v google-chrome']).toString().trim()
// As in tests/browser: no calls home, and no sandbox of its own for root.
const args = ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync']
const browser = await chromium.launch({ executablePath, args, chromiumSandbox: process.getuid?.() !== 0 })

/** In the page: notes the frame in which the first row is drawn. */
function watch() {
  globalThis.listed = new Promise((resolve) => {
    const seen = () => document.querySelector('[role=listbox] [role=option]') !== null
    const look = () => (seen() ? requestAnimationFrame(() => resolve(performance.now())) : requestAnimationFrame(look))
    requestAnimationFrame(look)
  })
}

/** In the page: both times since the navigation began. */
async function times() {
  const painted = await new Promise((resolve) => {
    new PerformanceObserver((list) => list.getEntriesByName('first-contentful-paint').forEach((entry) => resolve(entry.startTime))).observe({ type: 'paint', buffered: true })
  })
  return { painted, ready: await globalThis.listed }
}

async function load(page, url) {
  await page.goto(url, { waitUntil: 'commit' })
  return page.evaluate(times)
}

try {
  const pages = []
  for (const url of urls) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 } })
    const page = await context.newPage()
    page.setDefaultTimeout(DEADLINE)
    await page.addInitScript(watch)
    // Fills the cache, and the engine's of compiled scripts.
    for (let n = 0; n < 3; n += 1) await load(page, url)
    pages.push({ page, url, painted: [], ready: [] })
  }
  for (let n = 0; n < Number(rounds); n += 1) {
    for (const of of pages) {
      const { painted, ready } = await load(of.page, of.url)
      of.painted.push(painted)
      of.ready.push(ready)
    }
  }
  console.log(JSON.stringify(pages.map(({ painted, ready }) => ({ painted, ready }))))
} finally {
  await browser.close()
}
