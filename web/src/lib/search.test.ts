import { expect, it } from 'vitest'
import { has, toggle } from './search'

it('chips put their term into a query and take it out, and leave the rest', () => {
  expect(toggle(null, 'is:unread')).toBe('is:unread')
  expect(toggle('is:unread', 'is:unread')).toBeNull()
  const q = 'subject:"a  b" is:unread'
  expect(toggle(q, 'has:attachment')).toBe(`${q} has:attachment`)
  expect(toggle(q, 'is:unread')).toBe('subject:"a  b"')
  expect(has('is:unreadable', 'is:unread')).toBe(false)
})
