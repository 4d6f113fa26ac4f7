import { describe, expect, it } from 'vitest'
import { countRemote, loadsRemote } from './remote'

describe('remote content', () => {
  it.each([
    '<img src="https://x.example/a.png">',
    '<img alt=a src=//x.example/a.png>',
    '<td background="http://x.example/a.png">',
    '<img srcset="a.png 1x, https://x.example/b.png 2x">',
    '<link rel=stylesheet href="https://x.example/a.css">',
    '<p style="background:url(\'https://x.example/a.png\')">',
    '<style>@import "https://x.example/a.css";</style>',
  ])('is seen in %s', (html) => expect(loadsRemote(html)).toBe(true))
  it.each(['<a href="https://x.example/">x</a>', '<img src="cid:logo">', '<img src="data:image/png;base64,//x">', 'see src="https://x.example" in text', ''])(
    'is not seen in %s',
    (html) => expect(loadsRemote(html)).toBe(false),
  )
  it('is looked for in linear time', () => {
    for (const unit of ['<a', '<a src="', ' srcset="', 'url(']) expect(loadsRemote(unit.repeat(200_000))).toBe(false)
  })
})

describe('the count of remote content', () => {
  it('counts an address once', () => {
    const html = '<img src="https://a.example/1.png"><img src=https://a.example/1.png><link rel=stylesheet href="//b.example/x.css"><p style="background:url(http://c.example/y)"><img src="cid:z"><a href="https://d.example">'
    expect(countRemote(html)).toBe(3)
    expect(countRemote('<p>https://a.example/</p>')).toBe(0)
  })
})
