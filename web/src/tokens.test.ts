// Colours and lengths are named in tokens.css, those that scripts need in lib/measures.ts, and nowhere else.
import { describe, expect, it } from 'vitest'
import { BAD_FILL, NARROW, ON_ACCENT, ROW, ROW_COMPACT, ROW_SESSION } from './lib/measures'

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

const scripts = Object.entries(import.meta.glob<string>(['./**/*.ts', './**/*.svelte', '!./**/*.test.ts', '!./lib/measures.ts', '!./lib/words/*'], { query: '?raw', import: 'default', eager: true }))
/** Where a script sets a length, a colour or a time: with `px`, in a style, as a measure of a component, by a timer. */
const IN_SCRIPT = [
  /(?<![\w.])\d*\.?\d+px/g,
  /['"`]#(?:[0-9a-f]{3}){1,2}['"`]/gi,
  /style:[\w-]+=\{[^}]*(?<![\w./]|\/ )[1-9]\d+(?![%\w])[^}]*\}/g,
  /\.style\.[\w-]+ = [^;\n]*[1-9]\d/g,
  /\b(?:rowHeight|width|height)=\{?[1-9]\d*\}/g,
  /\b(?:scroll|client|offset)(?:Top|Left|Width|Height)\b[^;\n]*[<>=+-] ?[1-9]\d/g,
  /setTimeout\([^;\n]*, [\d_]{2,}\)|timeStamp[^;\n]*[<>] \d+/g,
]
/** Signs are drawn on a grid of 16, and in these sizes. */
const SIGN = /<(?:Icon|Tool)\b[^>]*?\bsize=\{(\d+)\}/g
const SIGNS = ['12', '13', '14', '16']

/** Of a file what runs or is markup, without its styles and comments. */
const codeOf = (text: string) => text.replace(/<style>[\s\S]*<\/style>/, '').replace(/\/\*[\s\S]*?\*\/|<!--[\s\S]*?-->|(?<=^|\s)\/\/ .*/gm, '')
const rawInScript = (text: string) => IN_SCRIPT.flatMap((form) => [...codeOf(text).matchAll(form)].map(([found]) => found))

describe('measures', () => {
  it('finds what is not named', () => {
    const code = [
      "pen.font = '15px sans'", "fill('#b3261e')", '<i style:width={far ? 120 : null}></i>', "box.style.height = a + 20", '<List rowHeight={52} />',
      'if (box.scrollTop > 40) {}', 'setTimeout(() => done(), 1_500)', 'if (e.timeStamp - at < 700) {}',
    ]
    for (const line of code) expect([line, rawInScript(line).length]).toEqual([line, 1])
    const named = ['`${box.width}px`', '<i style:zoom={zoom / 100} style:left={share}></i>', "find('#complete')", '// 12px', '<List rowHeight={ROW} />', 'setTimeout(run, ms)', '<style>a { width: 3px }</style>', 'box.scrollTop > 0']
    for (const line of named) expect([line, rawInScript(line)]).toEqual([line, []])
  })

  it.each(scripts)('%s has none of its own', (_, text) => {
    expect(rawInScript(text)).toEqual([])
    expect([...text.matchAll(SIGN)].map(([, size]) => size).filter((size) => size !== undefined && !SIGNS.includes(size))).toEqual([])
  })

  it('are those of the style sheets where both need one', () => {
    const [sizes = '', compact = ''] = tokens.split("[data-density='compact']")
    expect([sizes, sizes, compact].map((text, i) => new RegExp(`${i === 1 ? '--row-session' : '--row'}: (\\d+)px`).exec(text)?.[1])).toEqual([ROW, ROW_SESSION, ROW_COMPACT].map(String))
    expect(tokens).toContain(`--bad-fill: light-dark(${BAD_FILL},`)
    for (const name of ['./tokens.css', './parts/Split.svelte']) expect(all[name]).toContain(`@media ${NARROW}`)
    expect(tokens).toContain(`--on-accent: ${ON_ACCENT};`)
  })
})

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
