// Commands for Cypress: `cy.inbox()`, `cy.expectMail(question, check)` and `cy.mailCursor()`. Import it in the support file.
// Cypress asks the server itself (`cy.request`), since a page of the app under test may not.
import type { Made } from './client.js'
import type { Message } from './message.js'
import { milliseconds, toJson, type Open } from './question.js'
import { address, DEFAULT, found, read, SLACK } from './wire.js'

declare global {
  // Merged with what Cypress declares.
  namespace Cypress {
    // eslint-disable-next-line @typescript-eslint/no-explicit-any
    interface Chainable<Subject = any> {
      /** An inbox that no other test has; it goes by itself after an hour. */
      inbox(): Chainable<Made>
      /** Waits for mail, `defaultCommandTimeout` long if the question does not say. `check` is tried again with the
       *  next mail that is as asked while it throws, as a callback of `should` is. */
      expectMail(question: Open, check?: (mail: Message) => void): Chainable<Message>
      /** As `since` of a question: what comes after this moment only. */
      mailCursor(): Chainable<number>
    }
  }
}

/** What is used of Cypress here. */
interface Chain {
  then(next: (subject: never) => unknown): Chain
}
interface Response {
  status: number
  body: unknown
}
interface Cy {
  request(options: Record<string, unknown>): Chain
  wrap(subject: unknown, options: { log: boolean }): Chain
}
interface Runner {
  env(name: string): string | undefined
  config(name: 'defaultCommandTimeout'): number
  log(options: { name: string; message: string }): unknown
  Commands: { add(name: string, command: (...args: never[]) => Chain): void }
}
const { cy, Cypress } = globalThis as unknown as { cy: Cy; Cypress: Runner }

/** CYPRESS_RESTANTE_URL, or `env: { RESTANTE_URL: … }` of the configuration. */
const server = () => address(Cypress.env('RESTANTE_URL') || DEFAULT)

function call(method: string, path: string, body: unknown, wait: number, next: (answer: unknown) => unknown): Chain {
  const options = { method, url: server() + path, failOnStatusCode: false, log: false, timeout: wait }
  return cy.request(body === undefined ? options : { ...options, body }).then((response: Response) => {
    const text = typeof response.body === 'string' ? response.body : JSON.stringify(response.body)
    return next(read(response.status, text))
  })
}

const give = (subject: unknown) => cy.wrap(subject, { log: false })

Cypress.Commands.add('inbox', () => call('POST', '/v1/inboxes', { lifetime: '1h' }, SLACK, give))

Cypress.Commands.add('mailCursor', () => call('GET', '/v1/cursor', undefined, SLACK, (answer) => give((answer as { cursor: number }).cursor)))

Cypress.Commands.add('expectMail', (question: Open, check?: (mail: Message | null) => void) => {
  const wait = milliseconds(question.timeout) ?? Cypress.config('defaultCommandTimeout')
  const end = Date.now() + wait
  Cypress.log({ name: 'expectMail', message: JSON.stringify(toJson(question)) })

  // The first question waits as long as there is; after a mail that `check` does not like, the next waits for what is left.
  const ask = (since: Open['since'], disliked?: unknown): Chain => {
    const left = Math.max(end - Date.now(), 0)
    const asked = toJson({ ...question, timeout: left, ...(since === undefined ? {} : { since }) } as Open)
    const options = { method: 'POST', url: `${server()}/v1/expect`, body: asked, failOnStatusCode: false, log: false, timeout: left + SLACK }
    return cy.request(options).then(({ status, body }: Response) => {
      // No better one came: what was wrong with the last is the reason.
      if (status === 417 && disliked !== undefined) throw disliked
      const mail = found(read(status, typeof body === 'string' ? body : JSON.stringify(body)), server())
      try {
        check?.(mail)
      } catch (error) {
        if (mail === null || Date.now() >= end) throw error
        return ask(mail.cursor, error)
      }
      return give(mail)
    })
  }
  return ask(question.since)
})
