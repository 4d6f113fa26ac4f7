// Bytes as a table: offset, sixteen bytes, and what of them is ASCII.

export interface HexLine {
  offset: string
  hex: string
  ascii: string
}

const WIDTH = 16

export function hexLines(bytes: Uint8Array): HexLine[] {
  const lines: HexLine[] = []
  for (let at = 0; at < bytes.length; at += WIDTH) {
    const row = [...bytes.subarray(at, at + WIDTH)]
    const pairs = row.map((b) => b.toString(16).padStart(2, '0'))
    lines.push({
      offset: at.toString(16).padStart(8, '0'),
      hex: `${pairs.slice(0, 8).join(' ')}  ${pairs.slice(8).join(' ')}`.trimEnd(),
      ascii: row.map((b) => (b >= 0x20 && b < 0x7f ? String.fromCharCode(b) : '·')).join(''),
    })
  }
  return lines
}
