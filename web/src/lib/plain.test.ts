import { expect, it } from 'vitest'
import { entities, plain } from './plain'

it.each([
  ['<h1>Offer</h1><p>Buy <b>now</b><br>or later</p>', 'Offer\n\nBuy now\nor later'],
  ['<style>p { color: red }</style><p style="color:red">x</p><script>1 < 2</script>', 'x'],
  ['<a href="https://x.example/">Go</a> <a href="mailto:a@b">Ann</a>', 'Go <https://x.example/> Ann'],
  ['<img alt="Acme" src="cid:x"><!-- no -->', 'Acme'],
  ['', ''],
])('%s', (html, text) => expect(plain(html)).toBe(text))

it('entities are told once each, up to a bound, and replaced by what they mean', () => {
  const html = '<p title="&quot;">a&nbsp;&amp;lt; &copy 2026 &#xe9;&nbsp;&nope; & b</p>'
  expect(entities(html)).toEqual(['&quot;', '&nbsp;', '&amp;', '&copy', '&#xe9;', '&nope;'])
  const meanings = new Map([['&nbsp;', ' '], ['&amp;', '&'], ['&copy', '©'], ['&#xe9;', 'é']])
  expect(plain(html, meanings)).toBe('a &lt; © 2026 é &nope; & b')
  expect(entities(Array.from({ length: 20_000 }, (_, i) => `&#${i};`).join(''))).toHaveLength(10_000)
})
