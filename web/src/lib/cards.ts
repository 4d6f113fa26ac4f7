// What calendars (RFC 5545) and vCards (RFC 6350) say, read far enough to show it: both are folded
// lines of NAME;PARAMS:VALUE between BEGIN and END. Total: what is not understood is left out.

import { date } from './format'

export interface Property {
  name: string
  params: string
  value: string
}

export interface Card {
  type: string
  properties: Property[]
}

/** The innermost BEGIN … END blocks of some types, in order. */
export function cards(text: string, types: readonly string[]): Card[] {
  const found: Card[] = []
  const open: Card[] = []
  for (const line of text.replace(/\r?\n[ \t]/g, '').split(/\r?\n/)) {
    const match = /^(?:[\w-]+\.)?([\w-]+)((?:;(?:"[^"]*"|[^":])*)?):(.*)$/.exec(line)
    if (!match) continue
    const [, name = '', params = '', value = ''] = match
    const upper = name.toUpperCase()
    if (upper === 'BEGIN') open.push({ type: value.trim().toUpperCase(), properties: [] })
    else if (upper === 'END') {
      const card = open.pop()
      if (card && types.includes(card.type)) found.push(card)
    } else open.at(-1)?.properties.push({ name: upper, params, value: unescape(value) })
  }
  return found
}

function unescape(value: string): string {
  return value.replace(/\\([nN,;\\])/g, (_, c: string) => (c.toLowerCase() === 'n' ? '\n' : c))
}

/** `20261123T090000Z` as `2026-11-23 09:00 UTC`; other values as they are. */
export function moment(value: string, params: string): string {
  const match = /^(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)(Z?))?$/.exec(value)
  if (!match) return value
  const [, year = '', month = '', day = '', hour, minute, , utc] = match
  const zone = utc ? ' UTC' : (/TZID="?([^";:]+)/.exec(params)?.[1] ?? '')
  return `${date({ year, month, day })}${hour === undefined ? '' : ` ${hour}:${minute}${zone && !utc ? ` ${zone}` : zone}`}`
}
