// What a reader has chosen, as it is kept in the browser. Reading is total: what is not understood is the default.
import { SORTS, type Sort } from './sort'

export type Language = 'en' | 'pt-BR'

export interface Prefs {
  density: 'comfortable' | 'compact'
  order: Sort
  theme: 'auto' | 'light' | 'dark'
  language: 'auto' | Language
  /** A name of the IANA's time zones, or `auto`. */
  zone: string
  notify: boolean
  sound: boolean
}

export const DEFAULTS: Prefs = { density: 'comfortable', order: 'newest', theme: 'auto', language: 'auto', zone: 'auto', notify: false, sound: false }

const oneOf = (...values: unknown[]) => (value: unknown) => values.includes(value)
const CHOICES: { [K in keyof Prefs]: (value: unknown) => boolean } = {
  density: oneOf('comfortable', 'compact'),
  order: oneOf(...SORTS),
  theme: oneOf('auto', 'light', 'dark'),
  language: oneOf('auto', 'en', 'pt-BR'),
  zone: (value) => value === 'auto' || (typeof value === 'string' && known(value)),
  notify: oneOf(false, true),
  sound: oneOf(false, true),
}

/** Browsers know different time zones, and one that is not known would break every date. */
function known(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone })
    return true
  } catch {
    return false
  }
}

export function parsePrefs(text: string | null): Prefs {
  let kept: unknown = null
  try {
    kept = JSON.parse(text ?? 'null')
  } catch {
    // Somebody else's text under our name.
  }
  const from = (typeof kept === 'object' && kept !== null ? kept : {}) as Record<string, unknown>
  const chosen = Object.entries(CHOICES).filter(([name, fits]) => fits(from[name]))
  return { ...DEFAULTS, ...Object.fromEntries(chosen.map(([name]) => [name, from[name]])) }
}

/** The language to speak: the chosen one, else the first of the browser's that is spoken here. */
export function languageOf(chosen: Prefs['language'], browser: readonly string[]): Language {
  if (chosen !== 'auto') return chosen
  const first = browser.map((tag) => tag.toLowerCase().split('-')[0]).find((tag) => tag === 'en' || tag === 'pt')
  return first === 'pt' ? 'pt-BR' : 'en'
}
