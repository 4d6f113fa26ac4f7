import { describe, expect, it } from 'vitest'
import { parseRoute, to } from './route'

describe('addresses of the page', () => {
  const at = (path: string) => {
    const { pathname, search, hash } = new URL(path, 'http://x')
    return parseRoute({ pathname, search, hash })
  }
  it.each([
    ['/', { page: 'messages', inbox: null, q: null, sort: null, id: null, tab: null }],
    ['/?inbox=a%20b&sort=largest', { page: 'messages', inbox: 'a b', q: null, sort: 'largest', id: null, tab: null }],
    ['/?sort=colour', { page: 'messages', inbox: null, q: null, sort: null, id: null, tab: null }],
    ['/m/abc#raw', { page: 'messages', inbox: null, q: null, sort: null, id: 'abc', tab: 'raw' }],
    ['/s', { page: 'sessions', id: null }],
    ['/s/xyz/', { page: 'sessions', id: 'xyz' }],
    ['/m', { page: 'unknown' }],
    ['/m/%zz', { page: 'messages', inbox: null, q: null, sort: null, id: '%zz', tab: null }],
    ['/x/y', { page: 'unknown' }],
  ])('%s', (path, route) => expect(at(path)).toEqual(route))

  it('are written so that they can be read back', () => {
    expect(at(to.message('a', { inbox: 'in box', q: 'is:unread x', sort: 'oldest' }, 'text'))).toEqual({ page: 'messages', inbox: 'in box', q: 'is:unread x', sort: 'oldest', id: 'a', tab: 'text' })
    expect(at(to.session('q'))).toEqual({ page: 'sessions', id: 'q' })
  })
})
