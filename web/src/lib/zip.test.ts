import { describe, expect, it } from 'vitest'
import { crc32, zip, zipNames } from './zip'

const utf8 = (text: string) => new TextEncoder().encode(text)

describe('a zip', () => {
  it('has the sum that everybody reckons', () => expect(crc32(utf8('123456789'))).toBe(0xcbf43926))

  it('names no folder and nothing twice', () => {
    expect(zipNames(['a.txt', 'a.txt', '../../etc/passwd', 'C:\\x', ''])).toEqual(['a.txt', 'a-2.txt', '__.._etc_passwd', 'C__x', 'file'])
  })

  it('holds each file as it is, under its name, and a directory of them', () => {
    const bytes = zip([{ name: 'grüße.txt', bytes: utf8('Hallo') }, { name: 'b.bin', bytes: new Uint8Array([0, 255, 1]) }])
    const view = new DataView(bytes.buffer)
    const end = bytes.length - 22
    expect([view.getUint32(end, true), view.getUint16(end + 10, true)]).toEqual([0x06054b50, 2])
    let at = view.getUint32(end + 16, true)
    const found = []
    while (at < end) {
      const [size, name, local] = [view.getUint32(at + 24, true), view.getUint16(at + 28, true), view.getUint32(at + 42, true)]
      expect([view.getUint32(at, true), view.getUint32(local, true)]).toEqual([0x02014b50, 0x04034b50])
      const content = bytes.subarray(local + 30 + name, local + 30 + name + size)
      expect(view.getUint32(at + 16, true)).toBe(crc32(content))
      found.push([new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + name)), [...content]])
      at += 46 + name
    }
    expect(found).toEqual([['grüße.txt', [...utf8('Hallo')]], ['b.bin', [0, 255, 1]]])
  })
})
