// What a reader has chosen, as it is kept in the browser. Reading is total: what is not understood is the default.

export interface Prefs {
  density: 'comfortable' | 'compact'
  order: 'newest' | 'oldest'
  theme: 'auto' | 'light' | 'dark'
  notify: boolean
  sound: boolean
}

export const DEFAULTS: Prefs = { density: 'comfortable', order: 'newest', theme: 'auto', notify: false, sound: false }

const CHOICES: { [K in keyof Prefs]: readonly Prefs[K][] } = {
  density: ['comfortable', 'compact'],
  order: ['newest', 'oldest'],
  theme: ['auto', 'light', 'dark'],
  notify: [false, true],
  sound: [false, true],
}

export function parsePrefs(text: string | null): Prefs {
  let kept: unknown = null
  try {
    kept = JSON.parse(text ?? 'null')
  } catch {
    // Somebody else's text under our name.
  }
  const from = (typeof kept === 'object' && kept !== null ? kept : {}) as Record<string, unknown>
  const chosen = Object.entries(CHOICES).filter(([name, values]) => (values as readonly unknown[]).includes(from[name]))
  return { ...DEFAULTS, ...Object.fromEntries(chosen.map(([name]) => [name, from[name]])) }
}
