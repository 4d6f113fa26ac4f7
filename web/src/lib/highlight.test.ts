import { describe, expect, it } from 'vitest'
import { highlight } from './highlight'

const whole = (html: string) => highlight(html).map((t) => t.text).join('')

describe('highlighted HTML', () => {
  it('names tags, attributes, values, comments and entities', () => {
    expect(highlight('<a href="x" b=c>1 &amp; 2</a><!-- y -->').filter((t) => t.text.trim() !== '' && t.text !== '=')).toEqual([
      { kind: 'tag', text: '<a' },
      { kind: 'name', text: 'href' },
      { kind: 'value', text: '"x"' },
      { kind: 'name', text: 'b' },
      { kind: 'value', text: 'c' },
      { kind: 'tag', text: '>' },
      { kind: 'text', text: '1 ' },
      { kind: 'entity', text: '&amp;' },
      { kind: 'text', text: ' 2' },
      { kind: 'tag', text: '</a' },
      { kind: 'tag', text: '>' },
      { kind: 'comment', text: '<!-- y -->' },
    ])
  })

  it('keeps an address without quotes whole', () => {
    const values = (html: string) => highlight(html).flatMap((t) => (t.kind === 'value' ? [t.text] : []))
    expect(values('<img src=https://x.example/a.png?b=c alt = d><br clear=all>')).toEqual(['https://x.example/a.png?b=c', 'd', 'all'])
  })

  it.each(['', '<', '<a', '<a b="', '<a <b>', '<!-- ', '1 < 2 > 3', '</', '<a/>', "<p x='>'>", '<<<>>>', '<a b = "c" / d>x', '<a b=', '<a =b = >', '<a b=<c>'])('loses nothing of %j', (html) =>
    expect(whole(html)).toBe(html),
  )

  it('takes linear time over unclosed tags', () => {
    const html = '<a b="'.repeat(20_000)
    expect(whole(html)).toBe(html)
  })
})
