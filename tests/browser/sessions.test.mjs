// The sessions: those that failed too, one while it runs, and the client's side said once more.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { promisify } from 'node:util'
import { gone, live, seen } from './look.mjs'
import { scenario } from './scenario.mjs'

const run = promisify(execFile)
const sessions = (page) => page.getByRole('listbox', { name: 'Sessions' }).getByRole('option')

/** A client that says one line after the other's reply. */
async function dial(stage, server, lines = []) {
  const socket = connect(server.smtp, 'localhost').setEncoding('latin1')
  stage.later(() => socket.destroy())
  await once(socket, 'data')
  const say = async (line) => {
    socket.write(`${line}\r\n`)
    await once(socket, 'data')
  }
  for (const line of lines) await say(line)
  return { socket, say }
}

scenario('sessions that were refused, cut off or failed are listed and filtered', async (stage) => {
  const server = await stage.server({ args: ['--tls', 'auto'] })
  const page = await stage.page(server, '/s')
  await seen(live(page))
  await dial(stage, server, ['EHLO fine.local', 'MAIL FROM:<a@example.com>', 'RCPT TO:<b@example.com>', 'DATA', 'Subject: Fine\r\n\r\nx\r\n.', 'QUIT'])
  await seen(sessions(page).filter({ hasText: '1 message' }))
  const cut = await dial(stage, server, ['EHLO cut.local', 'MAIL FROM:<a@example.com>', 'RCPT TO:<b@example.com>', 'DATA'])
  cut.socket.end('Subject: half')
  await seen(sessions(page).filter({ hasText: 'Cut off' }))
  const plain = await dial(stage, server, ['EHLO tls.local', 'STARTTLS'])
  plain.socket.end('this is no TLS\r\n')
  await seen(sessions(page).filter({ hasText: 'TLS failed' }))
  const [first] = [await dial(stage, server, ['EHLO one.local']), await dial(stage, server, ['EHLO two.local'])]
  await dial(stage, server, ['GET / HTTP/1.1'])
  await seen(sessions(page).filter({ hasText: 'Refused' }))
  assert.equal(await sessions(page).count(), 6)
  // All rows have their room: the last one ends where the list does.
  const ends = await page.getByRole('listbox', { name: 'Sessions' }).evaluate((box) => [box.querySelector('.area'), [...box.querySelectorAll('[role=option]')].at(-1)].map((e) => e.getBoundingClientRect().bottom))
  assert.equal(ends[0], ends[1])
  const chip = (name) => page.getByRole('group', { name: 'Filters' }).getByRole('button', { name })
  await chip('Failed').click()
  await gone(sessions(page).filter({ hasText: 'two.local' }))
  assert.equal(await sessions(page).count(), 3)
  await seen(page.getByText('3 of 6 sessions'))
  await page.getByRole('searchbox', { name: 'Filter by client' }).fill('tls.local')
  await gone(sessions(page).filter({ hasText: 'Refused' }))
  await sessions(page).first().click()
  await seen(page.getByRole('article', { name: 'Session' }).getByText('TLS failed', { exact: true }))
  await page.getByRole('searchbox', { name: 'Filter by client' }).fill('')
  await chip('Failed').click()
  await chip('Running').click()
  await seen(sessions(page).filter({ hasText: 'one.local' }))
  assert.equal(await sessions(page).count(), 2)
  // What ends meanwhile leaves the filtered list.
  await first.say('QUIT')
  await gone(sessions(page).filter({ hasText: 'one.local' }))
})

scenario('each row tells how long a session took, what came in it, and what was wrong, however it ended', async (stage) => {
  const server = await stage.server({ args: ['--tls', 'auto', '--max-connections', '4'] })
  const page = await stage.page(server, '/s')
  await seen(live(page))
  const MAIL = ['MAIL FROM: a@example.com', 'RCPT TO:<b@example.com>', 'DATA']
  const length = (lines) => lines.reduce((sum, line) => sum + line.length + 2, 0)
  const about = new Map()
  /** A session that says these lines, then what `end` does; `bytes` is what the server has read in all. */
  const session = async (outcome, lines, { after = '', end = () => null } = {}) => {
    const { socket } = await dial(stage, server, lines)
    about.set(outcome, { bytes: length(lines) + after.length, client: `:${socket.localPort}` })
    await end(socket, after)
    if (outcome !== 'open') await seen(sessions(page).filter({ hasText: about.get(outcome).client, hasNotText: 'Running' }))
  }
  await session('quit', ['EHLO fine.local', ...MAIL, 'Subject: Fine\r\n\r\nx\r\n.', ...MAIL, `Subject: Long\r\n\r\n${'x'.repeat(2000)}\r\n.`, 'QUIT'])
  await session('closed', ['EHLO bye.local'], { end: (socket) => socket.end() })
  await session('cut-off', ['EHLO cut.local', ...MAIL], { after: 'Subject: half', end: (socket, after) => socket.end(after) })
  await session('tls-failed', ['EHLO tls.local', 'STARTTLS'], { end: (socket) => socket.end('this is no TLS\r\n') })
  await session('refused', ['GET / HTTP/1.1'])
  await session('open', ['EHLO one.local', ...MAIL.slice(0, 1)])
  const badges = { 'cut-off': 'Cut off', 'tls-failed': 'TLS failed', refused: 'Refused', open: 'Running' }
  for (const badge of Object.values(badges)) await seen(sessions(page).getByText(badge, { exact: true }))
  // One that comes when there is no room says nothing, and is there too.
  for (const n of [2, 3, 4]) await dial(stage, server, [`EHLO room-${n}.local`])
  const late = connect(server.smtp, 'localhost').resume()
  stage.later(() => late.destroy())
  await once(late, 'connect')
  about.set('full', { bytes: 0, client: `:${late.localPort}` })
  await seen(sessions(page).filter({ hasText: 'Refused' }).nth(1))

  const told = new Map((await server.json('/v1/sessions')).sessions.map((s) => [s.client.replace(/.*(?=:)/, ''), s]))
  for (const [kind, { bytes, client }] of about) {
    const { opened_at: from, closed_at: to, messages, notices, helo, outcome, bytes: counted } = told.get(client)
    assert.deepEqual([outcome, counted], [kind === 'full' ? 'refused' : kind, bytes], kind)
    const line = sessions(page).filter({ hasText: client })
    await seen(line.getByText(messages === 0 ? /^no message/ : messages === 1 ? /^1 message/ : new RegExp(`^${messages} messages`)))
    const came = bytes < 1024 ? `${bytes} B` : `${(bytes / 1024).toFixed(1)} KiB`
    assert.equal(await line.getByTitle(`${came} from the client`).innerText(), came, kind)
    const lasted = await line.getByTitle('Lasted').innerText()
    const [, number, unit] = /^([\d.]+) (ms|s|min)$/.exec(lasted)
    const ms = Number(number) * { ms: 1, s: 1000, min: 60_000 }[unit]
    if (to) assert.ok(Math.abs(ms - (Date.parse(to) - Date.parse(from))) <= (unit === 'ms' ? 0 : 50), `${kind}: ${lasted}`)
    if (helo) await seen(line.getByText(helo))
    assert.deepEqual(await line.getByTitle(/ notices?$/).allInnerTexts(), notices === 0 ? [] : [String(notices)], kind)
    const badge = badges[outcome]
    assert.equal(await line.locator('.badge').count(), badge ? 1 : 0, kind)
    if (badge) await seen(line.getByText(badge, { exact: true }))
  }
  assert.deepEqual(['quit', 'cut-off'].map((kind) => told.get(about.get(kind).client).messages), [2, 0])
  assert.ok(told.get(about.get('quit').client).notices >= 2)
  await sessions(page).filter({ hasText: about.get('cut-off').client }).click()
  await seen(page.getByRole('article', { name: 'Session' }).getByText(`${about.get('cut-off').bytes} B from the client · 13 B of messages`))
})

scenario('the dialogue of a running session is live', async (stage) => {
  const server = await stage.server()
  const { say } = await dial(stage, server)
  const page = await stage.page(server, '/s')
  await sessions(page).first().click()
  const article = page.getByRole('article', { name: 'Session' })
  await seen(article.getByText('Running'))
  const dialogue = page.getByRole('list', { name: 'Dialogue' })
  const before = await dialogue.elementHandle()
  for (const [line, name] of [['EHLO app.local', 'EHLO app.local'], ['MAIL FROM: a@example.com', 'MAIL FROM: a@example.com'], ['RCPT TO:<b@example.com>', 'RCPT TO:<b@example.com>'], ['DATA', 'DATA']]) {
    await say(line)
    await seen(dialogue.getByText(name, { exact: true }))
  }
  // What the server has noticed stands in the line that it is about, and in no other.
  const noticed = dialogue.getByRole('listitem').filter({ has: page.getByText('missing-angle-brackets', { exact: true }) })
  await seen(noticed.getByText('MAIL FROM: a@example.com', { exact: true }))
  await seen(noticed.getByText('RFC 5321, section 4.1.2', { exact: true }))
  assert.equal(await noticed.count(), 1)
  await say('Subject: Said live\r\n\r\nHello\r\n.')
  await seen(dialogue.getByRole('link', { name: 'Open the message' }))
  assert.ok(await dialogue.evaluate((now, before) => now === before, before), 'the dialogue was made anew')
  await say('QUIT')
  await seen(article.getByText('Ended by QUIT'))
  await seen(article.getByText('29 B of messages'))
})

scenario('a session is said once more by nc and by swaks, and saved as text', async (stage) => {
  const server = await stage.server()
  const raw = "From: O'Hara <a@example.com>\r\nTo: b@example.com\r\nSubject: Again\r\n\r\n.dot and $HOME\r\n"
  const id = await server.send({ envelope: { from: 'a@example.com', to: ["o'hara@example.com", 'c@example.com'] }, raw })
  const { session_id: session } = await server.json(`/v1/messages/${id}`)
  const page = await stage.page(server, `/s/${session}`)
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
  const message = async (n) => {
    const { messages } = await server.json('/v1/messages')
    assert.equal(messages.length, n)
    return [messages[0].envelope, await (await server.get(`/v1/messages/${messages[0].id}/raw`)).text()]
  }
  const sent = await message(1)
  for (const [n, tool] of [[2, 'nc'], [3, 'swaks']]) {
    await page.getByRole('button', { name: tool }).click()
    await seen(page.getByRole('status').filter({ hasText: 'Copied' }))
    const command = await page.evaluate(() => navigator.clipboard.readText())
    assert.match(command, new RegExp(tool))
    await run('bash', ['-c', tool === 'nc' ? `${NC}\n${command}` : command], { timeout: 30_000 })
    assert.deepEqual(await message(n), sent, tool)
    await gone(page.getByRole('status').filter({ hasText: 'Copied' }))
  }
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'Download' }).click()])
  assert.equal(download.suggestedFilename(), `session-${session}.txt`)
  assert.match(await readFile(await download.path(), 'utf8'), /^C: RCPT TO:<c@example.com>$/m)
})

/** There are several programs of this name, and none on some machines. */
const NC = `nc() { node -e 'const s = require("net").connect(process.argv.at(-1), process.argv.at(-2)); process.stdin.pipe(s, { end: false }); s.resume()' -- "$@"; }`
