// Completes a query while it is typed: which field or value stands at the caret, and the text with a choice in it.
import { quote } from './search'

export interface Field {
  name: string
  about: string
  /** All values, where there are only some. */
  values: readonly string[]
}

/** What is being typed at the caret. */
export interface Gap {
  from: number
  to: number
  /** `null` while it is a word, which may become a field. */
  field: string | null
  typed: string
}

export interface Choice {
  text: string
  about: string
}

/** What stands at the caret; `null` where nothing can be completed, as in a phrase or a regular expression. */
export function gapAt(text: string, caret: number): Gap | null {
  let from = 0
  let quoted = false
  for (let i = 0; i < caret; i += 1) {
    const c = text[i] ?? ''
    if (quoted && c === '\\') i += 1
    else if (c === '"') quoted = !quoted
    else if (!quoted && /[\s()]/.test(c)) from = i + 1
  }
  if (text[from] === '-') from += 1
  const head = text.slice(from, caret)
  const rest = quoted ? (/^[^"]*"?/.exec(text.slice(caret))?.[0] ?? '') : (/^[^\s()"]*/.exec(text.slice(caret))?.[0] ?? '')
  const named = /^([a-z]+\.?):(.*)$/is.exec(head)
  if (!named) return quoted ? null : { from, to: caret + rest.length, field: null, typed: head.toLowerCase() }
  const [, field = '', value = ''] = named
  if (/^[=~]/.test(value)) return null
  const typed = value.startsWith('"') ? value.slice(1).replace(/\\(.)/g, '$1') : value
  return { from: from + field.length + 1, to: caret + rest.length, field: field.toLowerCase(), typed }
}

/** Fields that begin so. One that is already whole, but for its colon, is offered last. */
export function fieldsFor(gap: Gap, fields: readonly Field[]): Choice[] {
  if (gap.field !== null) return []
  return fields.filter((f) => f.name.startsWith(gap.typed)).map((f) => ({ text: f.name.endsWith('.') ? f.name : `${f.name}:`, about: f.about }))
}

/** The values of a field that are known without asking the server; `null` if it has to be asked. */
export function valuesFor(gap: Gap, fields: readonly Field[]): Choice[] | null {
  const field = fields.find((f) => f.name === gap.field)
  if (!field) return []
  if (field.values.length === 0) return null
  return field.values.filter((v) => v.startsWith(gap.typed.toLowerCase())).map((text) => ({ text, about: '' }))
}

/** The text with a choice in the gap, and where the caret goes: behind a value comes a space, behind a field its value. */
export function fill(text: string, gap: Gap, choice: Choice): { text: string; caret: number } {
  const rest = text.slice(gap.to)
  const put = gap.field === null ? choice.text : `${quote(choice.text)}${/^\s/.test(rest) ? '' : ' '}`
  const caret = gap.from + put.length + (gap.field !== null && /^\s/.test(rest) ? 1 : 0)
  return { text: text.slice(0, gap.from) + put + rest, caret }
}
