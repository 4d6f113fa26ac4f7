// A zip file of some files, stored without compression: attachments mostly are compressed already,
// and so thirty lines do what a library of eight KiB would.

const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n
  for (let k = 0; k < 8; k += 1) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1
  return c >>> 0
})

export function crc32(bytes: Uint8Array): number {
  let c = 0xffffffff
  for (const b of bytes) c = (TABLE[(c ^ b) & 0xff] ?? 0) ^ (c >>> 8)
  return (c ^ 0xffffffff) >>> 0
}

export interface ZipEntry {
  name: string
  bytes: Uint8Array
}

/** Names as they may stand in a zip: no folders, none twice. */
export function zipNames(names: readonly string[]): string[] {
  const taken = new Set<string>()
  return names.map((name) => {
    const flat = name.replace(/[\\/:*?"<>|\u0000-\u001f\u202a-\u202e]/g, '_').replace(/^\.+/, '_') || 'file'
    let free = flat
    for (let n = 2; taken.has(free); n += 1) free = flat.replace(/(\.[^.]*)?$/, (end) => `-${n}${end}`)
    taken.add(free)
    return free
  })
}

export function zip(entries: readonly ZipEntry[]): Uint8Array<ArrayBuffer> {
  const names = zipNames(entries.map((e) => e.name)).map((name) => new TextEncoder().encode(name))
  const locals: Uint8Array[] = []
  const central: Uint8Array[] = []
  let at = 0
  entries.forEach(({ bytes }, i) => {
    const name = names[i] ?? new Uint8Array()
    const facts = [20, 0x0800, 0, 0, 0x21] // version, UTF-8 names, stored, no time, 1980-01-01
    const sums = [crc32(bytes), bytes.length, bytes.length]
    const local = record(0x04034b50, facts, sums, [name.length, 0])
    locals.push(local, name, bytes)
    const tail = new DataView(new ArrayBuffer(14))
    tail.setUint32(10, at, true)
    central.push(record(0x02014b50, [20, ...facts], sums, [name.length, 0]), new Uint8Array(tail.buffer), name)
    at += local.length + name.length + bytes.length
  })
  const size = central.reduce((n, part) => n + part.length, 0)
  const end = new DataView(new ArrayBuffer(22))
  end.setUint32(0, 0x06054b50, true)
  end.setUint16(8, entries.length, true)
  end.setUint16(10, entries.length, true)
  end.setUint32(12, size, true)
  end.setUint32(16, at, true)
  return join([...locals, ...central, new Uint8Array(end.buffer)])
}

function record(signature: number, shorts: number[], longs: number[], lengths: number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(4 + 2 * shorts.length + 4 * longs.length + 2 * lengths.length))
  let at = 4
  view.setUint32(0, signature, true)
  for (const n of shorts) view.setUint16((at += 2) - 2, n, true)
  for (const n of longs) view.setUint32((at += 4) - 4, n, true)
  for (const n of lengths) view.setUint16((at += 2) - 2, n, true)
  return new Uint8Array(view.buffer)
}

function join(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((n, part) => n + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
