// The client's side of a session as a command for a shell, to say it once more: as lines into `nc`, or as `swaks`.
// What was not kept cannot be said again: secrets of AUTH, and content without a message.
import { authority, type Target } from './snippets'
import type { Entry } from './wire'

export interface Where {
  smtp: Target
  /** The address of this page, from which the content comes. */
  page: string
}

/** A word of a POSIX shell. */
export function shell(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}

/** The command that writes a line. Bytes that are no text stand as `\xNN` in a transcript; printf knows them as octal. */
function line(text: string): string {
  if (!/\\x[0-9a-f]{2}/i.test(text)) return `printf '%s\\r\\n' ${shell(text)}`
  const octal = text.replace(/\\x([0-9a-f]{2})/gi, (_, hex: string) => `\\0${parseInt(hex, 16).toString(8).padStart(3, '0')}`)
  return `printf '%b\\r\\n' ${shell(octal)}`
}

const raw = (where: Where, id: string) => `curl -s ${shell(`${where.page}/v1/messages/${id}/raw`)}`

export function nc(entries: readonly Entry[], where: Where): string {
  const said: string[] = []
  let chunks = 0
  entries.forEach((e, i) => {
    if (e.from !== 'client') return
    if (!e.content) {
      // Without a handshake behind it, it would end the dialogue.
      if (!/^STARTTLS\s*$/i.test(e.text)) said.push(line(e.text))
      return
    }
    const id = e.content.message_id ?? entries.slice(i).find((later) => later.content?.message_id)?.content?.message_id
    const byChunk = /^BDAT\b/i.test(entries.slice(0, i).findLast((before) => before.from === 'client' && !before.content)?.text ?? '')
    if (!id) said.push(`# ${e.content.size} bytes that were not kept`)
    else if (byChunk) said.push(`${raw(where, id)} | tail -c +${chunks + 1} | head -c ${e.content.size}`)
    else said.push(`${raw(where, id)} | sed 's/^\\./../'`)
    if (!byChunk && e.text === '.') said.push(line('.'))
    chunks = e.content.message_id ? 0 : chunks + e.content.size
  })
  // nc would wait for a server that waits for more; a client that hung up inside of a message is let time out.
  const last = entries.findLast((e) => e.from === 'client')
  if (last && !/^QUIT\b/i.test(last.text) && (!last.content || last.content.message_id)) said.push(line('QUIT'))
  return `{\n${said.map((s) => `  ${s}\n`).join('')}} | nc -w 5 ${shell(where.smtp.host)} ${where.smtp.port}`
}

/** One command a message; one that stops where the client did, when there was none. */
export function swaks(entries: readonly Entry[], where: Where): string {
  const server = ['swaks', '--server', authority(where.smtp)]
  const commands: string[] = []
  let options: string[] = []
  let from: string | null = null
  let to: string[] = []
  let reached = 'BANNER'
  const envelope = () => [...server, ...options, ...(from === null ? [] : ['--from', shell(from || '<>')]), ...(to.length > 0 ? ['--to', shell(to.join(','))] : [])]
  for (const e of entries) {
    if (e.from !== 'client') continue
    if (e.content?.message_id) {
      // swaks would put a line end behind the content, so it is given all that goes over the line.
      const content = `{ ${raw(where, e.content.message_id)} | sed 's/^\\./../'; printf '.\\r\\n'; }`
      commands.push(`${content} | ${[...envelope(), '--no-data-fixup', '--data', '-'].join(' ')}`)
      from = null
      to = []
      continue
    }
    const [, verb = '', rest = ''] = /^(\S+)\s*(.*)$/.exec(e.text) ?? []
    const path = /^(?:FROM|TO):\s*(?:<([^>]*)>|(\S+))/i.exec(rest)
    const address = path?.[1] ?? path?.[2] ?? ''
    if (/^(?:EHLO|HELO)$/i.test(verb)) {
      options = [...options.filter((o, i) => o !== '--helo' && options[i - 1] !== '--helo'), '--helo', shell(rest)]
      reached = 'EHLO'
    } else if (/^STARTTLS$/i.test(verb)) options = [...options, '--tls']
    else if (/^AUTH$/i.test(verb)) options = [...options, '--auth', shell(rest.split(' ')[0] ?? '')]
    else if (/^MAIL$/i.test(verb)) [from, reached] = [address, 'MAIL']
    else if (/^RCPT$/i.test(verb)) {
      to = [...to, address]
      reached = 'RCPT'
    }
  }
  if (commands.length === 0) commands.push([...envelope(), '--quit-after', reached].join(' '))
  return commands.join('\n')
}
