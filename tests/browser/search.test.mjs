// The search box and its chips.
import assert from 'node:assert/strict'
import { PDF } from './mails.mjs'
import { gone, row, rows, seen } from './look.mjs'
import { scenario } from './scenario.mjs'

scenario('a search narrows the list, chips too, and a wrong one is told at its place', async (stage) => {
  const server = await stage.server()
  await server.send({ subject: 'Invoice one', text: 'x', attachments: [{ filename: 'a.pdf', content: PDF }] })
  await server.send({ subject: 'Invoice two', text: 'x' })
  await server.send({ subject: 'Hello', text: 'x' })
  const page = await stage.page(server, '/', { allow: [/status of 400/] })
  await seen(row(page, 'Hello'))
  await page.keyboard.press('/')
  await page.keyboard.type('invoice')
  await page.keyboard.press('Enter')
  await gone(row(page, 'Hello'))
  assert.equal(await rows(page).count(), 2)
  await page.getByRole('button', { name: 'Attachments', exact: true }).click()
  await gone(row(page, 'Invoice two'))
  await server.send({ subject: 'Invoice three', text: 'x', attachments: [{ filename: 'b.pdf', content: PDF }] })
  await seen(row(page, 'Invoice three'))
  await page.reload()
  await seen(row(page, 'Invoice one'))
  assert.equal(await page.getByRole('searchbox', { name: 'Search messages' }).inputValue(), 'invoice has:attachment')
  await page.getByRole('searchbox', { name: 'Search messages' }).fill('invoice has:nothing')
  await page.keyboard.press('Enter')
  await seen(page.getByRole('search').getByRole('alert').getByText('Expected:'))
  await page.goto('/')
  await seen(row(page, 'Hello'))
})
