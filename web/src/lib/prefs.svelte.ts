// The reader's choices as a rune: kept in the browser, and put where style sheets and words follow them.
import { languageOf, parsePrefs, type Prefs } from './prefs'
import { speak } from './words.svelte'

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

export async function choose(change: Partial<Prefs>): Promise<void> {
  prefs.now = { ...prefs.now, ...change }
  try {
    // Another tab may have chosen something else since this one began.
    localStorage.setItem(NAME, JSON.stringify({ ...load(), ...change }))
  } catch {
    // Then it holds until the page goes.
  }
  show()
  if (change.language !== undefined || change.zone !== undefined) await talk()
}

export function show(): void {
  const { density, theme } = prefs.now
  document.documentElement.dataset['density'] = density
  document.documentElement.dataset['theme'] = theme
}

/** Speaks as was chosen. */
export async function talk(): Promise<void> {
  const { language, zone } = prefs.now
  await speak(languageOf(language, navigator.languages), zone === 'auto' ? null : zone)
}
