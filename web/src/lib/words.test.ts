// Every language says everything in its own words, and no sentence stands in a component.
import { parse } from 'svelte/compiler'
import { describe, expect, it } from 'vitest'
import { en } from './words/en'
import { pt } from './words/pt-BR'

/** Names that are the same everywhere, keys among them. */
const NAMES = /^(?:SMTP|HTTP|HTML|TLS|STARTTLS|EHLO|HELO|SHA-256|AUTH|MAIL|FROM|RCPT|TO|ms|Esc|Del)$/
/** What Portuguese says as English does. */
const SHARED = new Set([
  'Restante', 'SMTP', 'TLS', 'STARTTLS', 'HTML', 'Links', 'Zoom', 'Desktop', 'Tablet', 'Cc', 'Envelope', 'Charset', 'Host', 'Login', 'ms', 'Ctrl K', 'English', 'Português (Brasil)',
])

type Leaf = [path: string, value: unknown]
const leaves = (value: unknown, path = ''): Leaf[] =>
  typeof value === 'object' && value !== null ? Object.entries(value).flatMap(([name, inner]) => leaves(inner, `${path}.${name}`)) : [[path, value]]

describe('the words', () => {
  const other = new Map(leaves(pt))

  it('are the same set in each language', () => expect([...other.keys()]).toEqual(leaves(en).map(([path]) => path)))

  it('are translated', () => {
    const keys = (path: string, text: string) => path.startsWith('.keys.list.') && path.endsWith('.0') && text.length < 20
    const same = leaves(en).filter(([path, text]) => typeof text === 'string' && text === other.get(path) && !keys(path, text) && !SHARED.has(text))
    expect(same).toEqual([])
  })

  it('are translated where they have numbers and names in them', () => {
    const asked = (say: unknown) => String((say as (...a: unknown[]) => unknown)(2, 3)).replace('Restante', '')
    const same = leaves(en).filter(([path, say]) => typeof say === 'function' && /[a-z]{4}/i.test(asked(say)) && asked(say) === asked(other.get(path)))
    expect(same.map(([path]) => path)).toEqual([])
  })

  it('tell of what is counted up to a bound that there may be more', () => {
    expect([en.list.found(10_000, true), en.list.found(1, true), en.list.found(1, false)]).toEqual(['10,000+ messages', '1+ messages', '1 message'])
    expect([pt.list.found(10_000, true), pt.list.found(1, true), pt.list.found(1, false)]).toEqual(['10,000+ mensagens', '1+ mensagens', '1 mensagem'])
  })
})

describe('components', () => {
  const sources = import.meta.glob<string>(['../App.svelte', '../parts/*.svelte', '../views/*.svelte'], { query: '?raw', import: 'default', eager: true })
  const SPOKEN = new Set(['title', 'aria-label', 'placeholder', 'alt', 'label', 'aria-description', 'aria-roledescription'])

  /** Literal text that a reader would see or hear, in a template. */
  function spoken(node: unknown, within: 'seen' | 'silent'): string[] {
    if (Array.isArray(node)) return node.flatMap((n) => spoken(n, within))
    if (typeof node !== 'object' || node === null) return []
    const { type, ...rest } = node as Record<string, unknown>
    if (type === 'Attribute') return spoken(rest['value'], SPOKEN.has(String(rest['name'])) ? 'seen' : 'silent')
    if (type === 'Component') return [...spoken(rest['attributes'], 'silent'), ...spoken(rest['fragment'], 'seen')]
    if (type === 'Text') return within === 'silent' ? [] : [String(rest['data'])]
    if (type === 'Literal') return within === 'silent' || typeof rest['value'] !== 'string' ? [] : [rest['value']]
    if (type === 'TemplateElement') return within === 'silent' ? [] : [String((rest['value'] as { raw: string }).raw)]
    // Conditions, keys and arguments are not shown.
    if (type === 'BinaryExpression' || type === 'CallExpression' || type === 'MemberExpression' || type === 'ImportExpression') return []
    if (type === 'IfBlock') return [...spoken(rest['consequent'], within), ...spoken(rest['alternate'], within)]
    if (type === 'EachBlock') return [...spoken(rest['body'], within), ...spoken(rest['fallback'], within)]
    if (type === 'ConditionalExpression') return [...spoken(rest['consequent'], within), ...spoken(rest['alternate'], within)]
    if (type === 'RenderTag' || type === 'ConstTag' || type === 'OnDirective' || type === 'ClassDirective' || type === 'StyleDirective') return []
    return Object.values(rest).flatMap((value) => spoken(value, within))
  }

  it.each(Object.entries(sources))('%s speaks only through the words', (_, source) => {
    const found = spoken(parse(source, { modern: true }).fragment, 'seen').flatMap((text) => text.match(/[\p{L}][\p{L}\d-]+/gu) ?? [])
    expect(found.filter((word) => !NAMES.test(word))).toEqual([])
  })

  it('are found out when they do not', () => {
    const source = '<p title="Hello">{x ? `World ${y}` : "Moon"} plain{#if z}<Thing name="quiet">Sun</Thing>{/if}</p>'
    expect(spoken(parse(source, { modern: true }).fragment, 'seen').map((t) => t.trim()).filter(Boolean)).toEqual(['Hello', 'World', 'Moon', 'plain', 'Sun'])
  })
})
