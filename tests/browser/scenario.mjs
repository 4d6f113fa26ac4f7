// One test: its servers and pages are ended with it, and no page may have a fault.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { launch, openPage } from './browser.mjs'
import { DEADLINE, Server } from './server.mjs'

let browser
before(async () => {
  browser = await launch()
})
after(() => browser?.close())

export function scenario(name, run) {
  test(name, { timeout: 4 * DEADLINE }, async () => {
    const stage = new Stage()
    try {
      await run(stage)
      const faults = stage.pages.flatMap((p) => [...p.faults])
      assert.ok(faults.length === 0, `faults of the page:\n${faults.join('\n')}`)
    } catch (error) {
      // What the page said is often the cause.
      for (const { page, faults } of stage.pages) console.error(name, page.url(), [...faults])
      throw error
    } finally {
      await stage.close()
    }
  })
}

class Stage {
  pages = []
  ends = []

  async server(options) {
    const server = await Server.start(options)
    this.ends.push(() => server.close())
    return server
  }

  /** A page of its own context at `path`; with `allow`, patterns of faults that are meant to happen. */
  async page(server, path = '/', { allow = [], ...options } = {}) {
    const opened = await openPage(browser, server, options)
    opened.allow(...allow)
    this.pages.push(opened)
    this.ends.unshift(opened.close)
    await opened.page.goto(path)
    return opened.page
  }

  later(end) {
    this.ends.push(end)
  }

  async close() {
    for (const end of this.ends) await end()
  }
}
