// The Cypress commands, run with Cypress's rules.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Restante } from 'restante'
import { cypress, expect } from './cypress-like.mjs'
import { send, start } from './server.mjs'

let server, run, cy
before(async () => {
  server = await start()
  const like = cypress({ url: server.url, timeout: 1500 })
  ;({ run, cy } = like)
  Object.assign(globalThis, { cy, Cypress: like.Cypress })
  await import('restante/cypress')
})
after(() => server.stop())

/** What the function says, later in the queue than what stands before it. */
const later = (act) => cy.wrap(null).then(() => void act())

test('mail that comes later is waited for', async () => {
  let code
  await run(() => {
    cy.inbox().then((inbox) => {
      later(() => setTimeout(() => void send(inbox.address, { subject: 'Reset' }), 100))
      cy.expectMail({ inbox, subject: /^reset/i }).then((mail) => {
        code = mail.code(6)
      })
    })
  })
  assert.equal(code, '482913')
})

test('a check is tried again with the next mail', async () => {
  let subject
  const inbox = await new Restante().inbox()
  await send(inbox.address, { subject: 'Step 1' })
  await run(() => {
    later(() => setTimeout(() => void send(inbox.address, { subject: 'Step 2' }), 100))
    cy.expectMail({ inbox }, (mail) => expect(mail.subject).to.equal('Step 2')).should((mail) => {
      subject = mail.subject
    })
  })
  assert.equal(subject, 'Step 2')
})

test('a check that never holds fails with its own reason, in the time of a command', async () => {
  const inbox = await new Restante().inbox()
  await send(inbox.address, { subject: 'Step 1' })
  const begin = Date.now()
  await assert.rejects(run(() => cy.expectMail({ inbox }, (mail) => expect(mail.subject).to.match(/Step 2/))), /Step 2/)
  assert(Date.now() - begin >= 1400)
})

test('a failure is the text of the server, after defaultCommandTimeout', async () => {
  const inbox = await new Restante().inbox()
  await send(inbox.address, { subject: 'Passwort' })
  await assert.rejects(run(() => cy.expectMail({ inbox, subject: 'reset' })), { name: 'ExpectationError', message: /^no mail matched in 1\.\d s\n[^]*"Passwort" - wanted: contains "reset"/ })
})

test('a cursor keeps old mail out, and no mail is expected', async () => {
  const inbox = await new Restante().inbox()
  await send(inbox.address)
  let none
  await run(() => {
    cy.mailCursor().then((since) => {
      cy.expectMail({ inbox, since, none: true, for: 50 }).then((mail) => {
        none = mail
      })
    })
  })
  assert.equal(none, null)
})

test('a wrong question names its field', async () => {
  await assert.rejects(run(() => cy.expectMail({ subjct: 'x' })), { name: 'RestanteError', field: 'subjct' })
})
