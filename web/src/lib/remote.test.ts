import { describe, expect, it } from 'vitest'
import { countRemote } from './remote'

describe('the count of remote content', () => {
  it.each([
    '<img src="https://x.example/a.png">',
    '<img alt=a src=//x.example/a.png>',
    "<IMG SRC='HTTP://x.example/a.png'>",
    '<img src="https&#58;//x.example/a.png">',
    '<td background="http://x.example/a.png">',
    '<img srcset="a.png 1x, https://x.example/b.png 2x">',
    '<link rel=stylesheet href="https://x.example/a.css">',
    '<p style="background:url(\'https://x.example/a.png\')">',
    '<p style="background:url(&quot;https://x.example/a.png&quot;)">',
    '<style>@import "https://x.example/a.css";</style>',
    '<style><!-- p { background: url( https://x.example/a.png ) } --></style>',
    '<style>p > b { background: url(//x.example/a.png)',
    '<svg><image xlink:href="https://x.example/a.png"/></svg>',
    '<!--[if !mso]><!--><img src="https://x.example/a.png"><!--<![endif]-->',
    '<noscript><img src="https://x.example/a.png"></noscript>',
  ])('has one for %s', (html) => expect(countRemote(html)).toBe(1))

  it.each([
    '<a href="https://x.example/">x</a>',
    '<img src="cid:logo">',
    '<img src="data:image/png;base64,//x">',
    'see src="https://x.example" in text',
    '<p title="src=https://x.example/a.png">',
    '<!-- <img src="https://x.example/a.png"> -->',
    '<!--[if mso]><v:fill src="https://x.example/a.png"><![endif]-->',
    '<style>/* url(https://x.example/a.png) */</style>',
    '<link rel="canonical" href="https://x.example/">',
    '<link rel="preconnect" href="https://x.example/">',
    // These stay out, whatever the reader asks for.
    '<script src="https://x.example/a.js"></script><iframe src="https://x.example/"></iframe><object data="https://x.example/"></object><embed src="https://x.example/">',
    '',
  ])('has none for %s', (html) => expect(countRemote(html)).toBe(0))

  it('counts each address once, and those that differ in their end as two', () => {
    expect(countRemote('<img src="https://a.example/1.png"><img src=https://a.example/1.png><link rel=stylesheet href="//b.example/x.css"><p style="background:url(http://c.example/y)">')).toBe(3)
    expect(countRemote('<img src="https://a.example/o?u=1&amp;i=2"><img src="https://a.example/o?u=1&amp;i=3"><img src="https://a.example/o?u=1&i=3">')).toBe(2)
  })

  it('counts all that one element loads', () => {
    expect(countRemote('<img src="https://a.example/1" srcset="https://a.example/2 1x, https://a.example/3 2x,https://a.example/4,5 3x" style="background:url(https://a.example/6)">')).toBe(5)
    expect(countRemote('<video src="https://a.example/1" poster="https://a.example/2"><source src="https://a.example/3"><track src="https://a.example/4"></video>')).toBe(4)
    expect(countRemote('<style>@import url(https://a.example/1); @font-face { src: url("https://a.example/2"), url(\'https://a.example/3\') }</style><p style="background:url(https://a.example/4),url(https://a.example/5)">')).toBe(5)
  })

  it('is told in linear time', () => {
    for (const unit of ['<a', '<a src="//', ' srcset="//', 'url(//', '<style>/*//', '&#', '<p style="url(//x']) expect(countRemote(unit.repeat(200_000))).toBeLessThan(2)
  })
})
