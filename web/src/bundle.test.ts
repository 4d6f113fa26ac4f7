// What a browser loads stays small (benches/footprint.py counts the same files).
import { build } from 'vite'
import { expect, it, vi } from 'vitest'

const KIB = 1024
/** The budget. */
const MOST = 100 * KIB

async function gzipped(data: string | Uint8Array): Promise<number> {
  const packed = new Blob([data as Uint8Array<ArrayBuffer>]).stream().pipeThrough(new CompressionStream('gzip'))
  return (await new Response(packed).arrayBuffer()).byteLength
}

it('all scripts and styles, in every language, are within the budget', { timeout: 60_000 }, async () => {
  // The tests' own value would build Svelte with its checks.
  vi.stubEnv('NODE_ENV', 'production')
  const built = await build({ logLevel: 'silent', mode: 'production', build: { write: false } })
  const files = [built].flat().flatMap((output) => ('output' in output ? output.output : []))
  const sizes = new Map<string, number>()
  for (const file of files) {
    if (/\.(?:js|css)$/.test(file.fileName)) sizes.set(file.fileName, await gzipped(file.type === 'chunk' ? file.code : file.source))
  }
  expect(sizes.size).toBeGreaterThan(2)
  const all = [...sizes.values()].reduce((sum, size) => sum + size, 0)
  expect(all, JSON.stringify([...sizes])).toBeLessThan(MOST)
  // What is loaded before anything is shown.
  const first = [...sizes].filter(([name]) => /\/(?:app|index)-.*js$|\.css$/.test(name)).reduce((sum, [, size]) => sum + size, 0)
  expect(first).toBeGreaterThan(0)
  expect(first).toBeLessThan(82 * KIB)
})
