// Runs the Cypress specs of the example, and the one of the client's README, in Chromium by Cypress's rules: `restante run --
// node cypress.mjs`. The last line counts: `cypress: N passed, N failed`.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { cypress, expect } from '../../clients/typescript/tests/cypress-like.mjs'

const EXAMPLE = new URL('../../examples/password-reset/', import.meta.url)
const README = new URL('../../clients/typescript/README.md', import.meta.url)
const DEADLINE = 30_000
const { chromium } = createRequire(fileURLToPath(EXAMPLE))('@playwright/test')

const tests = []
globalThis.expect = expect
globalThis.describe = (_, body) => body()
globalThis.it = (name, body) => tests.push({ name, body })

const app = spawn('python3', [fileURLToPath(new URL('app.py', EXAMPLE)), '0'], { stdio: ['ignore', 'pipe', 'inherit'] })
const [baseURL] = await once(createInterface(app.stdout), 'line', { signal: AbortSignal.timeout(DEADLINE) })
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, chromiumSandbox: process.getuid?.() !== 0, args: ['--disable-gpu'] })

// Commands are added once, and each test has a page: what the globals stand for changes with it.
let like = cypress({ url: process.env.RESTANTE_URL })
const added = []
globalThis.Cypress = { ...like.Cypress, Commands: { add: (...command) => added.push(command) } }
globalThis.cy = new Proxy({}, { get: (_, name) => like.cy[name] })

// Beside the example, so that it finds the client as a spec does.
const readme = new URL('cypress/readme.cy.js', EXAMPLE)
let failed = 0
try {
  const spec = /```js\n([^]*?)```/.exec(await readFile(README, 'utf8'))[1]
  await writeFile(readme, spec)
  for (const file of ['cypress/support/e2e.js', 'cypress/e2e/reset.cy.js', 'cypress/readme.cy.js']) await import(new URL(file, EXAMPLE).href)
  for (const { name, body } of tests) {
    const page = await browser.newPage({ baseURL })
    page.setDefaultTimeout(DEADLINE)
    like = cypress({ url: process.env.RESTANTE_URL, page })
    for (const command of added) like.Cypress.Commands.add(...command)
    try {
      await like.run(body)
      console.log(`ok ${name}`)
    } catch (error) {
      failed += 1
      console.log(`FAILED ${name}\n${error.stack}`)
    }
    await page.close()
  }
} finally {
  await rm(readme, { force: true })
  await browser.close()
  app.kill()
}
console.log(`cypress: ${tests.length - failed} passed, ${failed} failed`)
process.exitCode = failed > 0 || tests.length === 0 ? 1 : 0
