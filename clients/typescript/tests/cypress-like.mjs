// Runs Cypress commands as Cypress does, where Cypress itself cannot be had: commands are queued, those that a callback
// queues come next, queries are run again with the assertions behind them until these hold or defaultCommandTimeout is over.
import assert from 'node:assert/strict'

const TRY_AGAIN = 50
const pause = () => new Promise((again) => setTimeout(again, TRY_AGAIN))

/** As much of chai as the tests here use. */
export const expect = (got) => ({
  to: {
    equal: (wanted) => assert.equal(got, wanted),
    match: (pattern) => assert.match(got, pattern),
    contain: (part) => assert(got.includes(part), `expected ${JSON.stringify(got)} to contain ${JSON.stringify(part)}`),
  },
})

/** `page` is Playwright's, for commands that look at one. Gives `cy`, `Cypress` and `run`, which runs a test's function. */
export function cypress({ url, page, timeout = 4000 }) {
  const added = new Map()
  const Cypress = {
    env: (name) => (name === 'RESTANTE_URL' ? url : undefined),
    config: () => timeout,
    log: () => {},
    Commands: { add: (name, command) => added.set(name, command) },
  }

  // What is asked again until it is there; what is behind it may be asserted.
  const queries = {
    get: async (selector) => {
      const found = page.locator(selector).first()
      if ((await found.count()) === 0) throw new Error(`no element ${selector}`)
      return found
    },
    contains: async (text) => {
      const found = page.getByText(text).first()
      if ((await found.count()) === 0) throw new Error(`nothing with ${text}`)
      return found
    },
  }
  const actions = {
    visit: (_, address) => page.goto(address).then(() => undefined),
    click: (element) => element.click().then(() => element),
    type: (element, text) => element.pressSequentially(text).then(() => element),
    wrap: (_, subject) => subject,
    request: async (_, { method, url: address, body, timeout: wait, failOnStatusCode }) => {
      const init = body === undefined ? {} : { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } }
      const answer = await fetch(address, { method, ...init, signal: AbortSignal.timeout(wait) })
      if (failOnStatusCode !== false && !answer.ok) throw new Error(`${method} ${address}: ${answer.status}`)
      const text = await answer.text()
      return { status: answer.status, body: /[/+]json/.test(answer.headers.get('content-type')) ? JSON.parse(text) : text }
    },
  }

  let queue = []
  const push = (chain, name, args) => {
    queue.push({ chain, name, args })
    return chain
  }
  const chain = () => {
    const links = { subject: undefined }
    return new Proxy(links, {
      get: (_, name, self) => (name in links ? links[name] : (...args) => push(self, name, args)),
    })
  }
  const cy = new Proxy({}, { get: (_, name) => (...args) => push(chain(), name, args) })

  /** Calls back, and runs what that queued before anything else. */
  async function called(callback, ...args) {
    const outer = queue
    const inner = (queue = [])
    let given
    try {
      given = callback(...args)
    } finally {
      queue = outer
    }
    return inner.length > 0 ? drain(inner) : given
  }

  async function asserted(subject, [wanted, value]) {
    if (typeof wanted === 'function') return wanted(subject)
    assert.equal(wanted, 'contain', `the assertion ${wanted} is not known here`)
    expect(await subject.innerText()).to.contain(value)
  }

  async function execute({ chain: on, name, args }, assertions) {
    const { subject } = on
    if (name === 'then') {
      const given = await called(args[0], subject)
      return given === undefined ? subject : given
    }
    if (added.has(name)) return called(added.get(name), ...args)
    if (name in actions) return actions[name](subject, ...args)
    assert(name in queries || name === 'should', `cy.${name} is not known here`)
    const end = Date.now() + timeout
    for (;;) {
      try {
        const found = name in queries ? await queries[name](...args) : subject
        for (const assertion of assertions) await asserted(found, assertion)
        return found
      } catch (error) {
        if (Date.now() >= end) throw error
        await pause()
      }
    }
  }

  async function drain(commands) {
    let last
    for (let i = 0; i < commands.length; i += 1) {
      const command = commands[i]
      const assertions = command.name === 'should' ? [command.args] : []
      while (command.name in queries && commands[i + 1]?.name === 'should' && commands[i + 1].chain === command.chain) {
        i += 1
        assertions.push(commands[i].args)
      }
      last = await execute(command, assertions)
      command.chain.subject = last
    }
    return last
  }

  return { cy, Cypress, run: (body) => called(body) }
}
