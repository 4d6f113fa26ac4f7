import { describe, expect, it } from 'vitest'
import { message, part } from './samples'
import { chooseTab, firstPart, flatten, showAs, tabsOf } from './tabs'

describe('tabs', () => {
  it('open what a reader wants first', () => {
    expect(chooseTab(message({ html: '<p>' }), null)).toBe('html')
    expect(chooseTab(message(), null)).toBe('text')
    expect(chooseTab(message({ text: null }), null)).toBe('parts')
    expect(chooseTab(message(), 'raw')).toBe('raw')
    expect(chooseTab(message(), 'html')).toBe('text')
  })
  it('show defects only where there are some', () => {
    expect(tabsOf(message())).not.toContain('defects')
    expect(tabsOf(message({ defects: [{ code: 'c', message: 'm', part: null, range: [0, 1] }] }))).toContain('defects')
  })
  it('show a mail that is only a picture at once', () => {
    const jpeg = message({ text: null, parts: [part('1', 'image/jpeg')] })
    expect(firstPart(jpeg)?.path).toBe('1')
    const mixed = [part('TEXT', 'multipart/mixed', [part('1', 'application/pdf'), part('2', 'image/png')])]
    expect(firstPart(message({ text: null, parts: mixed }))?.path).toBe('2')
    expect(firstPart(message({ parts: mixed }))?.path).toBe('1')
  })
  it('know the depth of each part', () => {
    const tree = [part('TEXT', 'multipart/mixed', [part('1', 'message/rfc822', [part('1.1', 'text/plain')])])]
    expect(flatten(tree).map((n) => [n.part.path, n.depth])).toEqual([['TEXT', 0], ['1', 1], ['1.1', 2]])
  })
  it.each([
    ['image/png', 'image'], ['image/tiff', 'binary'], ['text/html', 'html'], ['text/calendar', 'text'], ['application/ld+json', 'text'],
    ['message/rfc822', 'text'], ['application/pdf', 'binary'], ['multipart/mixed', 'multipart'], ['TEXT/HTML', 'html'],
  ])('show %s as %s', (type, show) => expect(showAs({ type, children: [] })).toBe(show))
})
