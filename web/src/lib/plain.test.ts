import { expect, it } from 'vitest'
import { plain } from './plain'

it.each([
  ['<h1>Offer</h1><p>Buy <b>now</b><br>or later</p>', 'Offer\n\nBuy now\nor later'],
  ['<style>p { color: red }</style><p style="color:red">x</p><script>1 < 2</script>', 'x'],
  ['<a href="https://x.example/">Go</a> <a href="mailto:a@b">Ann</a>', 'Go <https://x.example/> Ann'],
  ['<img alt="Acme" src="cid:x"><!-- no -->', 'Acme'],
  ['', ''],
])('%s', (html, text) => expect(plain(html)).toBe(text))
