// A message that is written here: what the form holds, made into the bytes of a mail (RFC 5322, MIME).
import type { Address, Message } from './wire'

export interface File {
  name: string
  type: string
  bytes: Uint8Array
  /** The HTML calls it by this name. */
  cid?: string | null
}

export interface Draft {
  from: string
  to: string
  subject: string
  text: string
  html: string
  files: File[]
  /** The Message-ID that is answered. */
  inReplyTo: string | null
  /** When set, this is the whole message and the rest only the envelope. */
  raw: string | null
}

export const EMPTY: Draft = { from: 'you@example.com', to: 'app@example.com', subject: '', text: '', html: '', files: [], inReplyTo: null, raw: null }

const write = (list: readonly Address[]) => list.map((a) => (a.name ? `${a.name} <${a.address}>` : a.address)).join(', ')
const quote = (text: string) => text.replace(/^/gm, '> ')

export function reply(m: Message): Draft {
  const back = m.reply_to.length > 0 ? m.reply_to : m.from
  return {
    ...EMPTY,
    from: m.envelope.to[0] ?? EMPTY.from,
    to: write(back) || m.envelope.from,
    subject: /^re:/i.test(m.subject) ? m.subject : `Re: ${m.subject}`,
    text: `\n\n${write(m.from)}:\n${quote(m.text ?? '')}\n`,
    inReplyTo: m.message_id,
  }
}

export function forward(m: Message, files: File[]): Draft {
  const head = `From: ${write(m.from)}\nTo: ${write(m.to)}\nSubject: ${m.subject}`
  return { ...EMPTY, from: m.envelope.to[0] ?? EMPTY.from, to: '', subject: /^fwd?:/i.test(m.subject) ? m.subject : `Fwd: ${m.subject}`, text: `\n\n---\n${head}\n\n${m.text ?? ''}\n`, html: m.html ?? '', files }
}

/** The bare addresses of a field: `Ann <a@x>, b@y` has two. */
export function addresses(field: string): string[] {
  const parts = field.match(/(?:"[^"]*"|[^,"])+/g) ?? []
  return parts.map((p) => (/<([^<>]*)>\s*$/.exec(p)?.[1] ?? p).trim()).filter((a) => a !== '')
}

const utf8 = new TextEncoder()
const plainAscii = /^[\x20-\x7e]*$/

function base64(bytes: Uint8Array): string {
  let binary = ''
  for (let at = 0; at < bytes.length; at += 8192) binary += String.fromCharCode(...bytes.subarray(at, at + 8192))
  return btoa(binary)
}

/** RFC 2047: words of at most 75 characters, cut between characters. */
export function encodeWords(text: string): string {
  if (plainAscii.test(text)) return text
  const words: string[] = []
  let word = ''
  for (const c of text) {
    if (utf8.encode(word + c).length > 42) {
      words.push(word)
      word = ''
    }
    word += c
  }
  return [...words, word].map((w) => `=?utf-8?B?${base64(utf8.encode(w))}?=`).join('\r\n ')
}

const oneLine = (text: string) => text.replace(/[\r\n]+/g, ' ').trim()
/** Names of an address field are encoded; addresses stay as they are. */
const field = (text: string) => oneLine(text).replace(/(^|,)\s*([^<,"]*[^\x20-\x7e<,"][^<,"]*)(?=<)/g, (_, comma: string, name: string) => `${comma}${comma && ' '}${encodeWords(name.trim())} `)
const lines = (b64: string) => b64.replace(/.{76}/g, '$&\r\n')

export function build(draft: Draft, date: Date, boundary: string): Uint8Array {
  if (draft.raw !== null) return utf8.encode(draft.raw)
  const part = (type: string, text: string) => `Content-Type: ${type}; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n${lines(base64(utf8.encode(text.replace(/\r?\n/g, '\r\n'))))}\r\n`
  const group = (kind: string, mark: string, parts: string[]) => `Content-Type: multipart/${kind}; boundary="${mark}"\r\n\r\n${parts.map((p) => `--${mark}\r\n${p}`).join('')}--${mark}--\r\n`
  const text = part('text/plain', draft.text)
  let body = draft.html === '' ? text : group('alternative', `${boundary}-a`, [text, part('text/html', draft.html)])
  if (draft.files.length > 0) {
    const files = draft.files.map((f) => {
      const type = /^(?!message\/)[\w.+-]+\/[\w.+-]+$/.test(f.type) ? f.type : 'application/octet-stream'
      return `Content-Type: ${type}\r\nContent-Transfer-Encoding: base64\r\n${f.cid ? `Content-ID: <${oneLine(f.cid)}>\r\nContent-Disposition: inline` : 'Content-Disposition: attachment'}; filename*=utf-8''${encodeURIComponent(f.name)}\r\n\r\n${lines(base64(f.bytes))}\r\n`
    })
    body = group('mixed', `${boundary}-m`, [body, ...files])
  }
  const head = [
    `Date: ${date.toUTCString().replace('GMT', '+0000')}`,
    `From: ${field(draft.from)}`,
    `To: ${field(draft.to)}`,
    `Subject: ${encodeWords(oneLine(draft.subject))}`,
    `Message-ID: <${boundary}@inspector.localhost>`,
    ...(draft.inReplyTo === null ? [] : [`In-Reply-To: <${draft.inReplyTo}>`, `References: <${draft.inReplyTo}>`]),
    'MIME-Version: 1.0',
  ]
  return utf8.encode(`${head.join('\r\n')}\r\n${body}`)
}

/** The envelope that the headers of a dropped .eml suggest. */
export function envelopeOf(raw: string): { from: string; to: string } {
  const head = raw.slice(0, Math.max(raw.search(/\r?\n\r?\n/), 0) || raw.length).replace(/\r?\n[ \t]+/g, ' ')
  const value = (name: string) => new RegExp(`^${name}:(.*)$`, 'im').exec(head)?.[1] ?? ''
  const fit = (a: string) => /^[^\s<>,]+@[^\s<>,]+$/.test(a)
  const to = addresses(`${value('To')},${value('Cc')}`).filter(fit)
  return { from: addresses(value('From')).find(fit) ?? '', to: (to.length > 0 ? to.slice(0, 100) : ['import@example.com']).join(',') }
}
