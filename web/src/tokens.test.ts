// Colours and lengths are named in tokens.css, and nowhere else.
import { describe, expect, it } from 'vitest'

const all = import.meta.glob<string>(['./**/*.css', './**/*.svelte'], { query: '?raw', import: 'default', eager: true })
const tokens = all['./tokens.css'] ?? ''
const texts = Object.entries(all).filter(([name]) => name !== './tokens.css')

/** Lengths, colours in any writing, and what no var() can be in: the conditions of media queries. */
const RAW = /(?<!\w-?)\d*\.?\d+(?:px|rem|pt|cm|mm|in|pc|q)(?![\w-])|#[0-9a-f]{3,8}(?![\w-])|(?<![\w-])(?:rgba?|hsla?|hwb|lab|lch|oklab|oklch|light-dark)\(/gi
const CONDITION = /@(?:media|container)[^{]*\{/g
/** A line as thin as can be. */
const HAIRLINE = '1px'

const rawIn = (css: string) => [...css.replace(/\/\*[\s\S]*?\*\//g, '').replace(CONDITION, '{').matchAll(RAW)].map(([value]) => value).filter((value) => value !== HAIRLINE)

/** Of a component its style and what its markup sets by `style:`. */
function stylesOf(name: string, text: string): string {
  if (name.endsWith('.css')) return text
  return [...text.matchAll(/<style>([\s\S]*?)<\/style>|style:[\w-]+=("[^"]*")/g)].map((found) => found[1] ?? found[2]).join('\n')
}

describe('design tokens', () => {
  it('finds what is not one', () => {
    const css = '@media (max-width: 9px) { a { color: #fff; width: calc(2 * 12px); border: 1px solid rgb(0 0 0); margin: -2px -.5rem 0 var(--gap-1); /* 3px */ } }'
    expect(rawIn(css)).toEqual(['#fff', '12px', 'rgb(', '2px', '.5rem'])
    expect(rawIn('a { width: 50%; flex: 1; max-width: 12ch; line-height: 1.5; height: 100vh; background: var(--hue-1) }')).toEqual([])
  })

  it.each(texts)('%s has no value of its own', (name, text) => {
    expect(rawIn(stylesOf(name, text))).toEqual([])
  })

  it('names nothing that is not there, and nothing that nobody uses', () => {
    for (const [, text] of Object.entries(all)) expect(text).not.toBe('')
    const named = new Set([...tokens.matchAll(/(--[\w-]+):/g)].map(([, name]) => name))
    const rest = texts.map(([, text]) => text).join('\n')
    const used = new Set([...`${tokens}\n${rest}`.matchAll(/(?:var\(|getPropertyValue\(')(--[\w-]+)/g)].map(([, name]) => name))
    // What a component sets on its own elements.
    const own = new Set([...rest.matchAll(/(?:style:|setProperty\('|[\s{])(--[\w-]+)(?:=|:|')/g)].map(([, name]) => name))
    expect([...used].filter((name) => !named.has(name) && !own.has(name))).toEqual([])
    // `hue-N` are classes made from a name.
    expect([...named].filter((name) => !used.has(name))).toEqual([])
  })
})
