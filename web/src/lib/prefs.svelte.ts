// The reader's choices as a rune: kept in the browser, and put where the style sheets see them.
import { parsePrefs, type Prefs } from './prefs'

const NAME = 'restante'

function load(): Prefs {
  try {
    return parsePrefs(localStorage.getItem(NAME))
  } catch {
    // A browser that keeps nothing.
    return parsePrefs(null)
  }
}

export const prefs: { now: Prefs } = $state({ now: load() })

export function choose(change: Partial<Prefs>): void {
  prefs.now = { ...prefs.now, ...change }
  try {
    localStorage.setItem(NAME, JSON.stringify(prefs.now))
  } catch {
    // Then it holds until the page goes.
  }
  show()
}

export function show(): void {
  const { density, theme } = prefs.now
  document.documentElement.dataset['density'] = density
  document.documentElement.dataset['theme'] = theme
}
