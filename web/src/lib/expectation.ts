// A message as the question that waits for one like it (docs/expect.md), as it is asked from a shell and from tests.
import { shell } from './replay'
import type { Message } from './wire'

export interface Call {
  name: string
  code: string
}

type Field = 'to' | 'from' | 'subject'

/** A value that means itself: a sign in front, or a `*` in an address, would mean something else. */
function literal(field: Field, value: string): string {
  return /^[=~!]/.test(value) || (field !== 'subject' && value.includes('*')) ? `=${value}` : value
}

/** Whom it went to and what it is about, or who sent it when one of them is missing. */
export function asked(m: Pick<Message, 'to' | 'from' | 'subject' | 'envelope'>): [Field, string][] {
  const to = m.envelope.to[0] ?? m.to[0]?.address ?? ''
  const from = m.from[0]?.address || m.envelope.from
  const all: [Field, string][] = [['to', to], ['subject', m.subject]]
  const known = all.filter(([, value]) => value !== '')
  if (known.length < all.length && from !== '') known.push(['from', from])
  return known.map(([field, value]) => [field, literal(field, value)])
}

const quoted = (text: string) => JSON.stringify(text)
const inRust = (text: string) => `"${text.replace(/["\\]/g, '\\$&').replace(/\p{Cc}/gu, (c) => `\\u{${c.charCodeAt(0).toString(16)}}`)}"`

/** `page` is the address of the inspector, which the clients find by themselves only where it is the default. */
export function expectations(m: Pick<Message, 'to' | 'from' | 'subject' | 'envelope'>, page: string): Call[] {
  const fields = asked(m)
  const server = page === 'http://localhost:8025' ? '' : `RESTANTE_URL=${page} `
  const address = `${page}/v1/expect`
  // JSON's texts are texts in both, too.
  const words = fields.map(([field, value]) => [field, quoted(value)] as const)
  const at = server === '' ? '' : quoted(page)
  const wanted = fields.map(([field, value], i) => `${i === 0 ? '' : '.'}${field}(${inRust(value)})`).join('')
  return [
    { name: 'curl', code: [`curl -sS --fail-with-body -G ${shell(address)}`, ...fields.map(([field, value]) => `  --data-urlencode ${shell(`${field}=${value}`)}`)].join(' \\\n') },
    { name: 'restante', code: `${server}restante expect${fields.map(([field, value]) => ` \\\n  --${field}=${shell(value)}`).join('')}` },
    { name: 'Python', code: `from restante import Restante\n\nmail = Restante(${at}).expect(${words.map(([word, value]) => `${word === 'from' ? 'from_' : word}=${value}`).join(', ')})` },
    { name: 'TypeScript', code: `import { Restante } from "restante"\n\nconst mail = await new Restante(${at}).expect({${words.map(([word, value]) => ` ${word}: ${value}`).join(',')} })` },
    { name: 'Rust', code: `let message = mail.expect(${wanted || 'any()'}).within(secs(10)).await?;` },
  ]
}
