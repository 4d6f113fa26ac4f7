import { expect, test } from 'vitest'
import { fieldsFor, fill, gapAt, valuesFor, type Field } from './complete'

const FIELDS: Field[] = [
  { name: 'from', about: 'the sender', values: [] },
  { name: 'filename', about: 'a file', values: [] },
  { name: 'header.', about: 'a header', values: [] },
  { name: 'is', about: 'its state', values: ['read', 'unread', 'starred'] },
]
/** The text with `|` for the caret. */
const at = (text: string) => {
  const caret = text.indexOf('|')
  return { text: text.replace('|', ''), gap: gapAt(text.replace('|', ''), caret) }
}
const type = (text: string, choice: string) => {
  const { text: plain, gap } = at(text)
  if (!gap) return null
  const done = fill(plain, gap, { text: choice, about: '' })
  return `${done.text.slice(0, done.caret)}|${done.text.slice(done.caret)}`
}

test('a word may become a field', () => {
  expect(at('order f|').gap).toEqual({ from: 6, to: 7, field: null, typed: 'f' })
  expect(fieldsFor(at('order F|').gap!, FIELDS).map((c) => c.text)).toEqual(['from:', 'filename:'])
  expect(fieldsFor(at('he|').gap!, FIELDS).map((c) => c.text)).toEqual(['header.'])
  expect(type('order f|', 'from:')).toBe('order from:|')
  expect(type('-(a OR f|oo) b', 'from:')).toBe('-(a OR from:|) b')
  expect(type('-f|', 'from:')).toBe('-from:|')
})

test('behind a field come its values', () => {
  expect(at('from:an|').gap).toEqual({ from: 5, to: 7, field: 'from', typed: 'an' })
  expect(valuesFor(at('from:an|').gap!, FIELDS)).toBe(null)
  expect(valuesFor(at('is:|').gap!, FIELDS)?.map((c) => c.text)).toEqual(['read', 'unread', 'starred'])
  expect(valuesFor(at('is:U|').gap!, FIELDS)?.map((c) => c.text)).toEqual(['unread'])
  expect(valuesFor(at('wrong:U|').gap!, FIELDS)).toEqual([])
  expect(type('from:an|', 'ann@example.com')).toBe('from:ann@example.com |')
  expect(type('from:an|x is:read', 'ann@example.com')).toBe('from:ann@example.com |is:read')
})

test('values with spaces or signs stand in quotes', () => {
  expect(type('tag:|', 'two words')).toBe('tag:"two words" |')
  expect(type('tag:"two w|', 'two words')).toBe('tag:"two words" |')
  expect(type('tag:"two w|ay" b', 'two words')).toBe('tag:"two words" |b')
  expect(type('subject:|', 'say "hi"')).toBe('subject:"say \\"hi\\"" |')
})

test('phrases and regular expressions are left alone', () => {
  expect(at('"fro|').gap).toBe(null)
  expect(at('subject:~^Or|').gap).toBe(null)
  expect(at('subject:="Or|').gap).toBe(null)
})
