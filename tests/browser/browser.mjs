// Debian's Chromium, and a page that fails its test for whatever a user would not want to happen:
// errors in the console, violations of the Content-Security-Policy, requests to other servers.
import { execFileSync } from 'node:child_process'
import { chromium } from 'playwright-core'
import { DEADLINE } from './server.mjs'

/** Chromium looks for updates and reports home unless told not to; tests want a quiet one. */
const QUIET = ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync']

export function launch() {
  const names = ['chromium', 'chromium-browser', 'google-chrome']
  const executablePath = execFileSync('sh', ['-c', names.map((name) => `command -v ${name}`).join(' || ')]).toString().trim()
  // Chromium's own sandbox does not work for root, as whom containers run.
  return chromium.launch({ executablePath, args: QUIET, chromiumSandbox: process.getuid?.() !== 0 })
}

export async function openPage(browser, server, { scheme = 'light', width = 1280, height = 800, scale = 1, locale = 'en-GB', motion = 'reduce' } = {}) {
  const context = await browser.newContext({
    baseURL: server.url,
    viewport: { width, height },
    deviceScaleFactor: scale,
    colorScheme: scheme,
    locale,
    timezoneId: 'UTC',
    reducedMotion: motion,
  })
  const page = await context.newPage()
  page.setDefaultTimeout(DEADLINE)
  const faults = new Set()
  // Playwright's own scripts are refused in the sandboxed frame of a mail, just as the mail's are.
  const allowed = [/^console: Blocked script execution in .* frame is sandboxed/]
  const fault = (what) => {
    if (!allowed.some((pattern) => pattern.test(what))) faults.add(what)
  }
  await context.exposeFunction('toldOfViolation', (what) => fault(`policy: ${what}`))
  await context.addInitScript(() => {
    addEventListener('securitypolicyviolation', (e) => globalThis.toldOfViolation(`${e.violatedDirective} ${e.blockedURI}`))
  })
  page.on('console', (m) => ['error', 'warning'].includes(m.type()) && fault(`console: ${m.text()} (${m.location().url})`))
  page.on('pageerror', (error) => fault(`error: ${error.stack ?? error}`))
  page.on('dialog', (dialog) => {
    fault(`dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  context.on('request', (request) => {
    const url = new URL(request.url())
    if (/^(https?|wss?):$/.test(url.protocol) && url.host !== `localhost:${server.http}`) fault(`request: ${request.url()}`)
  })
  return {
    page,
    faults,
    /** Faults that the test means to bring about. */
    allow: (...patterns) => allowed.push(...patterns),
    close: () => context.close(),
  }
}
