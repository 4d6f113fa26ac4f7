// Fixtures for Playwright: `restante`, the server, and `inbox`, an inbox of the test's own.
import { test as base, type TestInfo } from '@playwright/test'
import { Inbox, Restante, type Made, type Server } from './client.js'
import { caller } from './errors.js'
import type { Message } from './message.js'
import { milliseconds, type Open, type Question } from './question.js'
import { LONGEST, SLACK } from './wire.js'

export { expect } from '@playwright/test'

/** Time that goes by waiting for mail is not the test's: else Playwright would end the test before it can say why the
 *  mail did not come. */
class Patient extends Inbox {
  constructor(
    restante: Restante,
    made: Made,
    smtp: Server,
    private readonly test: TestInfo,
  ) {
    super(restante, made, smtp)
  }

  override expect(question: Question): Promise<Message>
  override expect(question: Open): Promise<Message | null>
  override async expect(question: Open): Promise<Message | null> {
    const fail = caller(this.expect)
    const { timeout } = this.test
    const begin = Date.now()
    // 0 is no limit.
    if (timeout > 0) this.test.setTimeout(timeout + (milliseconds(question.timeout) ?? LONGEST) + SLACK)
    try {
      return await super.expect(question)
    } catch (error) {
      return fail(error)
    } finally {
      if (timeout > 0) this.test.setTimeout(timeout + Date.now() - begin)
    }
  }
}

export const test = base.extend<{ inbox: Inbox }, { restante: Restante }>({
  /** The server of RESTANTE_URL, else the one on this machine. */
  restante: [
    // Playwright wants the braces.
    // eslint-disable-next-line no-empty-pattern
    async ({}, use) => {
      await use(new Restante())
    },
    { scope: 'worker' },
  ],
  /** It is deleted after the test, but for one that failed: the links of its failure lead to it for an hour. */
  inbox: async ({ restante }, use, info) => {
    const inbox = new Patient(restante, await restante.make(), await restante.smtp(), info)
    await use(inbox)
    if (info.status === info.expectedStatus) await inbox.delete()
  },
})
