import { describe, expect, it } from 'vitest'
import { cards, moment } from './cards'

describe('calendars and vCards', () => {
  it('are unfolded, unescaped and told apart', () => {
    const ics = 'BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nSUMMARY:Lunch\\, with\r\n  Ann\r\nDTSTART;TZID=Europe/Berlin:20261123T120000\r\nBEGIN:VALARM\r\nACTION:x\r\nEND:VALARM\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n'
    expect(cards(ics, ['VEVENT'])).toEqual([
      { type: 'VEVENT', properties: [{ name: 'SUMMARY', params: '', value: 'Lunch, with Ann' }, { name: 'DTSTART', params: ';TZID=Europe/Berlin', value: '20261123T120000' }] },
    ])
    expect(cards('BEGIN:VCARD\nitem1.EMAIL;TYPE="a:b":x@y.example\nEND:VCARD', ['VCARD'])[0]?.properties[0]).toEqual({ name: 'EMAIL', params: ';TYPE="a:b"', value: 'x@y.example' })
  })

  it('make nothing of nonsense', () => expect(cards('END:X\nfoo\nBEGIN:VEVENT\n:::', ['VEVENT'])).toEqual([]))

  it('tell the time', () => {
    expect(moment('20261123T090000Z', '')).toBe('2026-11-23 09:00 UTC')
    expect(moment('20261123', ';VALUE=DATE')).toBe('2026-11-23')
    expect(moment('20261123T120000', ';TZID=Europe/Berlin')).toBe('2026-11-23 12:00 Europe/Berlin')
    expect(moment('soon', '')).toBe('soon')
  })
})
