// Files that a browser plays or opens with a viewer, made here.

/** A PDF of one page that any viewer draws, with a script that runs when it is opened. */
export function pdf(text, script = '') {
  const content = `BT /F 24 Tf 40 100 Td (${text}) Tj ET`
  const objects = [
    `<</Type/Catalog/Pages 2 0 R/OpenAction<</S/JavaScript/JS(${script.replace(/[()\\]/g, '\\$&')})>>>>`,
    '<</Type/Pages/Kids[3 0 R]/Count 1>>',
    '<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]/Contents 4 0 R/Resources<</Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>',
    `<</Length ${content.length}>>stream\n${content}\nendstream`,
  ].map((object, n) => `${n + 1} 0 obj${object}endobj\n`)
  const head = '%PDF-1.7\n'
  const table = objects.map((_, n) => `${String(head.length + objects.slice(0, n).join('').length).padStart(10, '0')} 00000 n \n`)
  const body = head + objects.join('')
  const size = objects.length + 1
  return Buffer.from(`${body}xref\n0 ${size}\n0000000000 65535 f \n${table.join('')}trailer<</Size ${size}/Root 1 0 R>>\nstartxref\n${body.length}\n%%EOF\n`)
}

/** Silence of so many seconds: 8 bits, 8 kHz, one channel. */
export function wav(seconds, rate = 8000) {
  const head = Buffer.alloc(44)
  const size = seconds * rate
  for (const [at, text] of [[0, 'RIFF'], [8, 'WAVEfmt '], [36, 'data']]) head.write(text, at)
  for (const [at, n] of [[4, 36 + size], [16, 16], [24, rate], [28, rate], [40, size]]) head.writeUInt32LE(n, at)
  for (const [at, n] of [[20, 1], [22, 1], [32, 1], [34, 8]]) head.writeUInt16LE(n, at)
  return Buffer.concat([head, Buffer.alloc(size, 0x80)])
}

/** Two seconds of red and two of blue: VP8 in WebM, 32 by 24, made with ffmpeg of its sources `color=red` and `color=blue`. */
export const CLIP = Buffer.from(
  'GkXfo59ChoEBQveBAULygQRC84EIQoKEd2VibUKHgQJChYECGFOAZwEAAAAAAAMSEU2bdLpNu4tTq4QVSalmU6yBoU27i1OrhBZUrmtTrIHGTbuMU6uEElTDZ1OsggEMTbuMU6uEHFO7a1OsggLF7AEAAAAAAABZAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAVSalmoCrXsYMPQkBNgIRMYXZmV0GETGF2ZkSJiECvQAAAAAAAFlSua8GuAQAAAAAAADjXgQFzxYgAAAAAAAAAAZyBACK1nIN1bmSIgQCGhVZfVlA4g4EBI+ODhB3NZQDgibCBILqBGJqBAhJUw2fRc3POY8CLY8WIAAAAAAAAAAFnyJhFo4dFTkNPREVSRIeLTGF2YyBsaWJ2cHhnyKJFo4hEVVJBVElPTkSHlDAwOjAwOjA0LjAwMDAwMDAwMAAAH0O2dUFd54EAo76BAACAEAMAnQEqIAAYAABHCIWFiIWEiAICAnWqA/gD+gIIWQy9AP79bvP/45k3MMT/jm3/8WE8DijI//FRAKOVgQH0ALEBAAEQEAAYABhYL/QACHAAo76BA+iAEAMAnQEqIAAYAABHCIWFiIWEiAICAnWqA/gD+gIIWQy9AP79bvP/45k3MMT/jm3/8WE8DijI//FRAKOVgQXcALEBAAEQEAAYABhYL/QACHAAo72BB9CA0AIAnQEqIAAYAABHCIWFiIWEiAICAnWqA/gCCCEIPQD+/00S//xYV/FhX8WFf/FhX/z8zu3F/OYAo5WBCcQAsQEAARAQABgAGFgv9AAIcACjvYELuIDQAgCdASogABgAAEcIhYWIhYSIAgICdaoD+AIIIQg9AP7/TRL//FhX8WFfxYV/8WFf/PzO7cX85gCjlYENrACxAQABEBAAGAAYWC/0AAhwABxTu2vIu4+zgQC3iveBAfGCAWLwgQO7kLOCA+i3iveBAfGCAWLwgVq7kLOCB9C3iveBAfGCAWLwgbG7kbOCC7i3i/eBAfGCAWLwggEH',
  'base64',
)
