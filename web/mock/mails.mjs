// Sample mail for the mock server: builds raw bytes and, in the same pass, what docs/api.md derives from them.
import { createHash } from 'node:crypto'

const CRLF = '\r\n'
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex')

// Pictures without a file: an SVG for the inline image, a small JPEG for the mail that is only an image.
export const LOGO = Buffer.from(
  '<svg xmlns="http://www.w3.org/2000/svg" width="132" height="36"><rect width="132" height="36" rx="8" fill="#0f766e"/><text x="16" y="24" font-family="sans-serif" font-weight="700" font-size="17" fill="#fff">Acme Post</text></svg>',
)
export const JPEG = Buffer.from(
  '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABALDA4MChAODQ4SERATGCgaGBYWGDEjJR0oOjM9PDkzODdASFxOQERXRTc4UG1RV19iZ2hnPk1xeXBkeFxlZ2P/2wBDARESEhgVGC8aGi9jQjhCY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2P/wAARCAAQABADASIAAhEBAxEB/8QAFwABAQEBAAAAAAAAAAAAAAAAAAQFBv/EAB8QAAICAgIDAQAAAAAAAAAAAAECABEDEgQhMUFRcf/EABUBAQEAAAAAAAAAAAAAAAAAAAID/8QAFhEBAQEAAAAAAAAAAAAAAAAAAAER/9oADAMBAAIRAxEAPwDkACxoCzNHj8FsqhyQqn59k3FxbZLIsDubfHxLixKqihUZVf/Z',
  'base64',
)

/** Writes a tree of parts as MIME and returns its parts with their ranges in the whole message. */
export function build({ headers, body, separator = CRLF + CRLF }) {
  let raw = Buffer.alloc(0)
  const put = (text) => {
    raw = Buffer.concat([raw, Buffer.isBuffer(text) ? text : Buffer.from(text)])
  }
  const write = (node, path, lines, gap) => {
    const start = raw.length
    put([...lines, ...own(node)].join(CRLF) + gap)
    const at = raw.length
    const prefix = path === 'TEXT' ? '' : `${path}.`
    const children = (node.children ?? []).map((child, i) => {
      put(`--${node.boundary}${CRLF}`)
      const nested = child.children ? `${prefix}${i + 1}` : `${prefix}${i + 1}`
      const part = write(child, nested, [], CRLF + CRLF)
      put(CRLF)
      return part
    })
    if (node.children) put(`--${node.boundary}--${CRLF}`)
    else put(node.encoding === 'base64' ? node.content.toString('base64').replace(/.{76}/g, `$&${CRLF}`) : node.content)
    return {
      path, type: node.type, charset: node.type.startsWith('text/') ? 'utf-8' : null, encoding: node.encoding ?? '7bit',
      disposition: node.disposition ?? null, filename: node.filename ?? null, cid: node.cid ?? null,
      size: node.children ? raw.length - at : Buffer.byteLength(node.content), sha256: node.children ? null : sha256(node.content),
      header_range: [start, at], range: [at, raw.length],
      headers: parseHeaders([...lines, ...own(node)]), children, content: node.children ? undefined : Buffer.from(node.content),
    }
  }
  const root = write(body, body.children ? 'TEXT' : '1', headers, separator)
  return { raw, root }
}

function own(node) {
  const params = [node.boundary && `boundary="${node.boundary}"`, node.type.startsWith('text/') && 'charset=utf-8', node.filename && `name="${node.filename}"`]
  return [
    `Content-Type: ${[node.type, ...params.filter(Boolean)].join('; ')}`,
    node.encoding && `Content-Transfer-Encoding: ${node.encoding}`,
    node.disposition && `Content-Disposition: ${node.disposition}${node.filename ? `; filename="${node.filename}"` : ''}`,
    node.cid && `Content-ID: <${node.cid}>`,
  ].filter(Boolean)
}

function parseHeaders(lines) {
  return lines.map((line) => {
    const [, name, raw] = /^([^:]*):([^]*)$/.exec(line)
    const value = raw.replace(/\r\n/g, '').trim().replace(/=\?utf-8\?b\?(.*?)\?=/gi, (_, b) => Buffer.from(b, 'base64').toString())
    return { name, value, raw }
  })
}

const html = (inner) => `<!doctype html><html><body style="font:16px/1.5 sans-serif;margin:0;background:#f4f4f2"><div style="max-width:560px;margin:24px auto;background:#fff;padding:32px;border-radius:12px;color:#222">${inner}</div></body></html>`
const word = (text) => `=?utf-8?b?${Buffer.from(text).toString('base64')}?=`
const ann = { name: 'Ann Lee', address: 'ann@acme.example' }
const bob = { name: '', address: 'bob@example.com' }
const shop = { name: 'Acme Post', address: 'no-reply@acme.example' }

/** The kinds of mail the inspector has to show well; `i` only varies them. */
export const KINDS = [
  (i) => ({
    from: shop, to: [{ name: 'Bob Moss', address: 'bob@example.com' }], bcc: ['audit@acme.example'], returnPath: 'bounces+4711@acme.example',
    reply_to: [{ name: 'Support', address: 'support@acme.example' }],
    subject: `Reset your password (request ${1000 + i})`,
    text: `Hello Bob,\r\n\r\nsomebody asked to reset your password. If it was you, open\r\nhttps://acme.example/reset?token=9f86d081884c (valid for 30 minutes).\r\n\r\nYour code is 481 220.\r\n\r\n-- \r\nAcme Post\r\n`,
    html: html(`<img src="cid:logo@acme" alt="Acme Post"><h1 style="font-size:22px">Reset your password</h1><p>Hello Bob, somebody asked to reset your password. If it was you, go on:</p><p><a href="https://acme.example/reset?token=9f86d081884c" style="display:inline-block;background:#0f766e;color:#fff;padding:10px 18px;border-radius:8px;text-decoration:none">Choose a new password</a></p><p>Your code is <b>481&nbsp;220</b>.</p><img src="https://track.acme.example/o.gif?m=4711" width="1" height="1" alt="">`),
    inline: true,
  }),
  (i) => ({
    from: ann, to: [bob, { name: 'Carol Ng', address: 'carol@example.com' }], cc: [{ name: 'Dave', address: 'dave@example.com', group: 'Accounts' }],
    subject: `Invoice 2026-${String(118 + i).padStart(4, '0')}`,
    text: 'Hi Bob,\r\n\r\nthe invoice for November is attached, and the hours as a table.\r\n\r\nRegards\r\nAnn\r\n',
    attach: [
      { type: 'application/pdf', filename: 'invoice-2026-0118.pdf', content: Buffer.from('%PDF-1.4\n' + 'x'.repeat(48_213)) },
      { type: 'text/csv', filename: 'hours.csv', content: Buffer.from('day,hours\n2026-11-02,7.5\n2026-11-03,8\n') },
    ],
  }),
  () => ({ from: { name: 'Door camera', address: 'cam1@home.example' }, to: [bob], subject: 'Motion at the front door', jpeg: true, text: null }),
  () => ({
    from: { name: 'Jürgen Weiß', address: 'jürgen@bücher.example' }, to: [{ name: '山田 太郎', address: 'taro@example.jp' }],
    subject: 'Grüße aus Köln — 日本語の件名 ✉️', text: 'Guten Tag 山田さん,\r\n\r\nvielen Dank für Ihre Nachricht. „Alles gut“, sagt José.\r\n\r\nПривет, мир! 🎉\r\n',
  }),
  () => ({
    from: { name: '', address: 'chefe@example.com' }, to: [bob], subject: 'Relatório', broken: true,
    text: 'A body that begins without an empty line after the headers.\r\n',
  }),
  (i) => ({ from: { name: 'CI', address: 'ci@build.example' }, to: [{ name: 'Team', address: 'dev@acme.example' }], subject: `Build ${8100 + i} passed on main`, text: `All 1,204 tests passed in 3 min 12 s.\r\n\r\nhttps://ci.example/builds/${8100 + i}\r\n`, inbox: 'ci' }),
]

/** One mail as it lies in the store: its Message (with `content` inside the parts) and its raw bytes. */
export function compose(kind, i) {
  const m = KINDS[kind % KINDS.length](i)
  const list = (addresses) => addresses.map((a) => (a.name ? `${/[^\x20-\x7e]/.test(a.name) ? word(a.name) : a.name} <${a.address}>` : a.address)).join(', ')
  const headers = [
    'Received: from app.local ([127.0.0.1])\r\n\tby restante with ESMTP', `Date: Sun, 22 Nov 2026 20:59:58 +0000`, `Message-ID: <${i}.4711@acme.example>`,
    `From: ${list([m.from])}`, `To: ${list(m.to)}`, m.cc && `Cc: ${list(m.cc)}`, m.reply_to && `Reply-To: ${list(m.reply_to)}`,
    `Subject: ${/[^\x20-\x7e]/.test(m.subject) ? word(m.subject) : m.subject}`, 'X-Mailer: acme-app/2.1', 'MIME-Version: 1.0',
  ].filter(Boolean)
  const textNode = m.text && { type: 'text/plain', encoding: '8bit', content: m.text }
  const logo = { type: 'image/svg+xml', encoding: 'base64', content: LOGO, cid: 'logo@acme', disposition: 'inline', filename: 'logo.svg' }
  let body = textNode
  if (m.jpeg) body = { type: 'image/jpeg', encoding: 'base64', content: JPEG, filename: 'front-door.jpg', disposition: 'inline' }
  if (m.html) {
    const rich = { type: 'multipart/related', boundary: 'rel-1', children: [{ type: 'text/html', encoding: '8bit', content: m.html }, logo] }
    body = { type: 'multipart/alternative', boundary: 'alt-1', children: [textNode, rich] }
  }
  if (m.attach) body = { type: 'multipart/mixed', boundary: 'mix-1', children: [textNode, ...m.attach.map((a) => ({ ...a, encoding: 'base64', disposition: 'attachment' }))] }
  const { raw, root } = build({ headers, body, separator: m.broken ? CRLF : undefined })
  const leaves = (p) => (p.children.length ? p.children.flatMap(leaves) : [p])
  const attached = leaves(root).filter((p) => p.disposition || p.type.startsWith('image/'))
  return {
    ...m, raw, root, cc: m.cc ?? [], reply_to: m.reply_to ?? [], html: m.html ?? null, inbox: m.inbox ?? 'default', headers: root.headers,
    attachments: attached.map(({ path, type, filename, cid, disposition, size, sha256 }) => ({ path, type, filename, cid, disposition, inline: cid !== null, size, sha256 })),
    defects: m.broken
      ? [
          { code: 'missing-blank-line', message: 'The body follows the headers without an empty line.', part: null, range: [root.range[0], root.range[0] + 6] },
          { code: 'missing-date', message: 'There is no readable Date header (RFC 5322, section 3.6.1).', part: null, range: [0, 40] },
        ]
      : [],
  }
}
