import { expect, test } from 'vitest'
import { conversation } from './thread'
import type { Header } from './wire'

const of = (message_id: string | null, fields: [string, string][] = []) => conversation({ message_id, headers: fields.map(([name, value]): Header => ({ name, value, raw: value })) })
const about = (id: string) => `header.message-id:"${id}" OR header.references:"${id}" OR header.in-reply-to:"${id}"`

test('a conversation is what its first message started', () => {
  expect(of('a@x')).toBe(about('a@x'))
  expect(of('b@x', [['In-Reply-To', '<a@x>']])).toBe(about('a@x'))
  expect(of('c@x', [['In-Reply-To', '<b@x>'], ['References', '<a@x>\n <b@x>']])).toBe(about('a@x'))
  expect(of('c@x', [['References', 'nonsense']])).toBe(about('c@x'))
  expect(of(null)).toBe(null)
})
