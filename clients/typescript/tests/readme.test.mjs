// The example of README.md for anything else, as it stands there. (Those for Playwright and Cypress run against the app of examples/.)
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { send, start } from './server.mjs'

test('the example of README', async () => {
  const server = await start()
  try {
    const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')
    const example = [...readme.matchAll(/```ts\n([^]*?)```/g)].at(-1)[1]
    const body = example.replace(/import \{ Restante \} from 'restante'/, '')
    const AsyncFunction = (async () => {}).constructor
    const said = []
    const { Restante } = await import('restante')
    const app = { forgotPassword: (to) => send(to, { subject: 'Password reset' }) }
    await new AsyncFunction('Restante', 'app', 'console', body)(Restante, app, { log: (line) => said.push(line) })
    assert.deepEqual(said, ['482913'])
  } finally {
    await server.stop()
  }
})
