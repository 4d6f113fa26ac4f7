import { afterEach, describe, expect, it } from 'vitest'
import { bytes, count, duration, express, hue, longTime, offset, relative, shortTime, since, size } from './format'

describe('numbers and times', () => {
  afterEach(() => express('en', null))
  it.each([[0, '0 B'], [1023, '1023 B'], [1024, '1.0 KiB'], [10_240, '10 KiB'], [1_048_575, '1.0 MiB'], [5 * 2 ** 30, '5.0 GiB']])('%i bytes', (n, text) =>
    expect(size(n)).toBe(text),
  )
  it.each([[0, '0.0'], [1250, '1.3'], [999_900, '999.9'], [1_204_000, '1,204']])('%i µs', (us, text) => expect(offset(us)).toBe(text))
  it('count one byte as one', () => expect([bytes(1), bytes(1234)]).toEqual(['1 byte', '1,234 bytes']))
  it('give a duration its fitting unit', () => {
    const from = '2026-11-22T21:00:00.000Z'
    expect(['00.038', '02.500'].map((s) => duration(from, `2026-11-22T21:00:${s}Z`))).toEqual(['38 ms', '2.5 s'])
    expect(duration(from, '2026-11-22T22:05:00.000Z')).toBe('1 h 5 min')
  })
  it('show the time today and the day before', () => {
    const now = new Date('2026-11-22T21:00:00')
    expect(shortTime('2026-11-22T14:02:03', now)).toBe('14:02:03')
    expect(shortTime('2026-11-20T14:02:03', now)).toBe('20 Nov')
    expect(shortTime('2025-11-20T14:02:03', now)).toBe('2025-11-20')
    expect(shortTime('never', now)).toBe('')
    expect(since('2026-11-22T14:02:03', '2026-11-22T14:02:09')).toBe('14:02:09')
  })
  it('say how long ago, then when', () => {
    const words = { now: 'now', s: (n: number) => `${n} s`, min: (n: number) => `${n} min`, h: (n: number) => `${n} h` }
    const now = new Date('2026-11-22T21:00:00Z')
    const ago = (seconds: number) => relative(new Date(now.getTime() - seconds * 1000).toISOString(), now, words)
    expect([0, 12, 200, 7300].map(ago)).toEqual(['now', '12 s', '3 min', '2 h'])
    expect(ago(400 * 86_400)).toMatch(/^2025-/)
  })
  it('give a name one colour', () => {
    expect(hue('default')).toBe(hue('default'))
    expect(new Set(['a', 'b', 'c', 'd'].map(hue)).size).toBeGreaterThan(2)
  })
  it('follow the language', () => {
    express('pt-BR', 'UTC')
    expect([size(1300), count(12_345), offset(1250), bytes(1234)]).toEqual(['1,3 KiB', '12.345', '1,3', '1.234 bytes'])
    expect(longTime('2026-11-22T14:02:03Z')).toBe('22/11/2026 14:02:03 +00:00')
    expect(shortTime('2026-03-20T14:02:03Z', new Date('2026-11-22T21:00:00Z'))).toBe('20 de mar.')
    expect(shortTime('2025-03-20T14:02:03Z', new Date('2026-11-22T21:00:00Z'))).toBe('20/03/2025')
  })
  it.each([
    ['America/Sao_Paulo', '2026-11-21 23:30:00 -03:00'],
    ['Asia/Kathmandu', '2026-11-22 08:15:00 +05:45'],
    ['UTC', '2026-11-22 02:30:00 +00:00'],
  ])('follow the time zone %s', (zone, text) => {
    express('en', zone)
    expect(longTime('2026-11-22T02:30:00.999Z')).toBe(text)
  })
  it('say today by the day of the time zone', () => {
    const [iso, now] = ['2026-11-22T02:30:00Z', new Date('2026-11-22T04:00:00Z')]
    express('en', 'UTC')
    expect(shortTime(iso, now)).toBe('02:30:00')
    express('en', 'America/Sao_Paulo')
    expect(shortTime(iso, now)).toBe('21 Nov')
  })
})
