import { expect, test } from 'vitest'
import { has, quote, term, terms, toggle, valueOf } from './search'

test('chips are terms of the query', () => {
  expect(has('invoice is:unread', 'is:unread')).toBe(true)
  expect(has('"is:unread"', 'is:unread')).toBe(false)
  expect(toggle(null, 'is:unread')).toBe('is:unread')
  expect(toggle('from:ann ', 'is:unread')).toBe('from:ann is:unread')
  expect(toggle('is:unread from:ann', 'is:unread')).toBe('from:ann')
  expect(toggle('a defect:* b', 'defect:*')).toBe('a b')
  expect(toggle('is:unread', 'is:unread')).toBe(null)
  expect(toggle('subject:"a  b"', 'is:unread')).toBe('subject:"a  b" is:unread')
  expect(has('is:unreadable', 'is:unread')).toBe(false)
  expect(toggle('a OR b', 'is:unread')).toBe('(a OR b) is:unread')
  expect(toggle('(a OR b)', 'is:unread')).toBe('(a OR b) is:unread')
})

test('a quoted value with spaces is one term', () => {
  expect(terms('a tag:"two words" (b)').map((t) => t.text)).toEqual(['a', 'tag:"two words"', 'b'])
  expect(terms('"open "is').map((t) => t.text)).toEqual(['"open "is'])
  expect(terms('tag:"a \\" b" c').map((t) => t.text)).toEqual(['tag:"a \\" b"', 'c'])
  expect(toggle('x tag:"two words"', term('tag', 'two words'))).toBe('x')
  expect(valueOf('x tag:"two \\"words"', 'tag')).toBe('two "words')
  expect(valueOf('tag:beta', 'tag')).toBe('beta')
  expect(valueOf('beta', 'tag')).toBe(null)
})

test('what the language would read otherwise is quoted', () => {
  expect(['beta', 'ann@example.com', 'a b', '-x', '~x', 'a*', ''].map(quote)).toEqual(['beta', 'ann@example.com', '"a b"', '"-x"', '"~x"', '"a*"', '""'])
})
