import { describe, expect, it } from 'vitest'
import { DEFAULTS, languageOf, parsePrefs } from './prefs'

describe('what is kept in the browser', () => {
  it('comes back as it was', () => {
    const kept = { ...DEFAULTS, density: 'compact' as const, order: 'sender' as const, zone: 'America/Sao_Paulo', sound: true }
    expect(parsePrefs(JSON.stringify(kept))).toEqual(kept)
  })

  it('is the default where it makes no sense', () => {
    for (const text of [null, '', '{', '7', 'null', '{"density":"huge","x":1}', '{"zone":"Mars/Olympus","language":"xx","order":"colour"}']) expect(parsePrefs(text)).toEqual(DEFAULTS)
  })
})

describe('the language', () => {
  it.each([
    [['pt-BR', 'en'], 'pt-BR'],
    [['pt-PT'], 'pt-BR'],
    [['de-DE', 'pt', 'en-US'], 'pt-BR'],
    [['en-GB', 'pt-BR'], 'en'],
    [['fr'], 'en'],
    [[], 'en'],
  ])('of a browser that wants %j is %s', (wanted, language) => expect(languageOf('auto', wanted)).toBe(language))

  it('is the chosen one whatever the browser wants', () => expect([languageOf('en', ['pt-BR']), languageOf('pt-BR', ['en'])]).toEqual(['en', 'pt-BR']))
})
