import { describe, expect, it } from 'vitest'
import { decode, decodeRaw, linkify } from './text'

describe('text', () => {
  const utf8 = (s: string) => new TextEncoder().encode(s)
  it('is decoded in its charset, and in UTF-8 where that is unknown', () => {
    expect(decode(new Uint8Array([0xe9]), 'iso-8859-1')).toBe('é')
    expect(decode(utf8('é'), 'x-never-heard')).toBe('é')
  })
  it('shows raw bytes that are no UTF-8, and a cut character is no reason to', () => {
    expect(decodeRaw(new Uint8Array([0x61, 0xe9, 0x62]))).toBe('aéb')
    expect(decodeRaw(utf8('aé').subarray(0, 2))).toBe('a')
  })
  it('links what is an address, without the punctuation around it', () => {
    const links = (s: string) => linkify(s).flatMap((p) => (p.href ? [p.href] : []))
    expect(links('see (https://a.example/x), or https://b.example/y?z=1.')).toEqual(['https://a.example/x', 'https://b.example/y?z=1'])
    expect(links('https://a.example/x_(y)')).toEqual(['https://a.example/x_(y)'])
    expect(links('javascript:alert(1) ftp://x')).toEqual([])
    expect(linkify('a https://b.example c').map((p) => p.text).join('')).toBe('a https://b.example c')
  })
})
