// Draws the pictures of the README: node tests/browser/screenshots.mjs FOLDER
// Starts the built binary, sends sample mails and takes the inspector in light, dark and narrow.
// With `all` it draws every page instead, to be looked at (see gallery.mjs); `all dark-narrow` only these looks.
import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { launch, openPage } from './browser.mjs'
import { gallery } from './gallery.mjs'
import { BROKEN, INVOICE, REPORT, RESET, WELCOME } from './samples.mjs'
import { frame, row, seen, subject, tab } from './look.mjs'
import { Server } from './server.mjs'

const [folder, all, only] = process.argv.slice(2)
if (!folder || (all !== undefined && all !== 'all')) {
  console.error('usage: node screenshots.mjs FOLDER [all [LOOK]]')
  process.exit(2)
}
await mkdir(folder, { recursive: true })

/** A dialogue as it stands, one line after the other's reply. */
async function say(port, lines) {
  const socket = connect(port, 'localhost').setEncoding('utf8')
  for (const line of lines) {
    await once(socket, 'data')
    socket.write(`${line}\r\n`)
  }
  await once(socket.resume(), 'close')
}

const server = await Server.start()
const browser = await launch()
try {
  await say(server.smtp, BROKEN)
  const { id: broken } = await server.json('/v1/messages/latest')
  const ids = []
  for (const mail of [REPORT, INVOICE, RESET, WELCOME]) ids.push(await server.send(mail))
  if (all) await everything(broken, ids)
  else await ofReadme()
} finally {
  await browser.close()
  await server.close()
}

async function ofReadme() {
  const looks = {
    light: { scheme: 'light', width: 1280, height: 800 },
    dark: { scheme: 'dark', width: 1280, height: 800 },
    narrow: { scheme: 'light', width: 390, height: 844 },
  }
  for (const [look, options] of Object.entries(looks)) {
    const { page, close } = await openPage(browser, server, { ...options, scale: 2 })
    const open = async (text) => {
      await page.goto('/')
      await row(page, text).click()
      await seen(subject(page, text))
    }
    const shoot = async (name) => {
      // The row that was clicked has its box only while the mouse is there.
      await page.mouse.move(0, 0)
      await page.screenshot({ path: join(folder, `${name}-${look}.png`) })
    }
    await page.goto('/')
    await seen(row(page, WELCOME.subject))
    if (look === 'narrow') await shoot('list')
    await open(WELCOME.subject)
    await frame(page).locator('img').last().evaluate((img) => img.decode())
    await shoot('html')
    await open('Toner ist fast leer')
    await tab(page, 'Transcript').click()
    await seen(page.getByRole('list', { name: 'Dialogue' }))
    await shoot('transcript')
    await open(INVOICE.subject)
    await tab(page, 'Parts').click()
    await seen(page.getByRole('tree'))
    await shoot('parts')
    await close()
  }
}

async function everything(broken, [, invoice, reset, welcome]) {
  await server.change(reset, { read: true, starred: true, tags: ['login'] })
  await server.change(invoice, { tags: ['billing', 'de'] })
  await server.deposit('staging', 'From: shop@fernweh.example\r\nTo: test@fernweh.example\r\nSubject: Your booking (staging)\r\n\r\nA mail of another inbox.\r\n')
  const { session_id: session } = await server.json(`/v1/messages/${broken}`)
  await gallery(browser, server, folder, { message: invoice, broken, other: welcome, session, only })
}
