// The language that is spoken. English is always at hand; another one is loaded when it is wanted.
import { express } from './format'
import type { Language } from './prefs'
import { en, type Words } from './words/en'

let spoken: Words = $state.raw(en)
let turn = $state(0)

/** What `speak` chose: what reads from here while it is drawn is drawn again in another language. */
export const words: Words = new Proxy(en, { get: (_, name) => spoken[name as keyof Words] })

/** Grows with each change of language or time zone, after which everything is written anew. */
export const turns = () => turn

let asked = 0

export async function speak(language: Language, zone: string | null): Promise<void> {
  const ticket = (asked += 1)
  const next = language === 'en' ? en : (await import('./words/pt-BR')).pt
  // Somebody has changed their mind meanwhile.
  if (ticket !== asked) return
  express(language, zone)
  spoken = next
  turn += 1
  document.documentElement.lang = language
}
