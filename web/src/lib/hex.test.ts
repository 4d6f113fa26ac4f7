import { expect, it } from 'vitest'
import { hexLines } from './hex'

it('bytes are shown sixteen to a line, with what is ASCII beside', () => {
  const lines = hexLines(new TextEncoder().encode('0123456789abcdef\n!'))
  expect(lines).toEqual([
    { offset: '00000000', hex: '30 31 32 33 34 35 36 37  38 39 61 62 63 64 65 66', ascii: '0123456789abcdef' },
    { offset: '00000010', hex: '0a 21', ascii: '·!' },
  ])
  expect(hexLines(new Uint8Array())).toEqual([])
})
