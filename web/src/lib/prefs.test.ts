import { describe, expect, it } from 'vitest'
import { DEFAULTS, parsePrefs } from './prefs'

describe('what is kept in the browser', () => {
  it('comes back as it was', () => {
    const kept = { ...DEFAULTS, density: 'compact' as const, sound: true }
    expect(parsePrefs(JSON.stringify(kept))).toEqual(kept)
  })

  it('is the default where it makes no sense', () => {
    for (const text of [null, '', '{', '7', 'null', '{"density":"huge","x":1}']) expect(parsePrefs(text)).toEqual(DEFAULTS)
  })
})
