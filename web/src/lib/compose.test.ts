import { describe, expect, it } from 'vitest'
import { addresses, build, EMPTY, encodeWords, envelopeOf, forward, reply } from './compose'
import { message } from './samples'

const date = new Date('2026-11-22T21:00:00Z')
const written = (more: object) => new TextDecoder().decode(build({ ...EMPTY, ...more }, date, 'b1'))

describe('a written message', () => {
  it('has the headers of a mail and its text', () => {
    const raw = written({ subject: 'Hi', text: 'Hello\n' })
    expect(raw).toContain('Date: Sun, 22 Nov 2026 21:00:00 +0000\r\nFrom: you@example.com\r\nTo: app@example.com\r\nSubject: Hi\r\n')
    expect(raw).toContain(btoa('Hello\r\n'))
  })

  it('cannot be given more headers through a field', () => expect(written({ subject: 'x\r\nBcc: y@z', from: 'a@b\nX: 1' })).not.toMatch(/^(?:Bcc|X):/m))

  it('encodes words, not addresses', () => {
    expect(encodeWords('Grüße')).toBe('=?utf-8?B?R3LDvMOfZQ==?=')
    expect(encodeWords('é'.repeat(60)).split('\r\n ').every((w) => w.length <= 75)).toBe(true)
    expect(written({ to: 'Jörg <j@x.example>, b@y.example' })).toContain('To: =?utf-8?B?SsO2cmc=?= <j@x.example>, b@y.example')
  })

  it('holds HTML and files', () => {
    const raw = written({ html: '<p>x', files: [{ name: 'ü.txt', type: 'text/plain', bytes: new Uint8Array([1]) }] })
    expect(raw).toContain('multipart/mixed; boundary="b1-m"')
    expect(raw).toContain('multipart/alternative; boundary="b1-a"')
    expect(raw).toContain("filename*=utf-8''%C3%BC.txt")
  })
})

describe('files', () => {
  const head = (file: object) => written({ files: [{ name: 'a', type: 'image/png', bytes: new Uint8Array([1]), ...file }] })
  it('that the HTML shows keep their name in it', () => {
    expect(head({ cid: 'logo@x' })).toContain("Content-ID: <logo@x>\r\nContent-Disposition: inline; filename*=utf-8''a")
    expect(head({ cid: 'a\r\nBcc: b' })).toContain('Content-ID: <a Bcc: b>\r\n')
    expect(head({ cid: null })).not.toContain('Content-ID')
  })
  it('of a mail are files, for no base64 may be in a message (RFC 2046, section 5.2.1)', () => {
    expect(head({ type: 'message/rfc822' })).toContain('Content-Type: application/octet-stream\r\n')
  })
})

describe('answers', () => {
  it('go back to who wrote, or where it says', () => {
    const m = message({ subject: 'Hi', message_id: 'a@b', text: 'one\ntwo' })
    expect(reply(m)).toMatchObject({ from: 'bob@example.com', to: 'Ann <ann@example.com>', subject: 'Re: Hi', inReplyTo: 'a@b' })
    expect(reply(m).text).toContain('> one\n> two')
    expect(reply({ ...m, subject: 'RE: x', reply_to: [{ name: '', address: 'desk@x' }] })).toMatchObject({ to: 'desk@x', subject: 'RE: x' })
    expect(forward(m, [])).toMatchObject({ to: '', subject: 'Fwd: Hi' })
  })
})

describe('addresses of a field', () => {
  it('are taken bare', () => expect(addresses('"Lee, Ann" <a@x>, b@y, ')).toEqual(['a@x', 'b@y']))
  it('come from the headers of a dropped file', () => {
    expect(envelopeOf('From: Ann <a@x>\r\nTo: b@y,\r\n c@z\r\n\r\nFrom: no')).toEqual({ from: 'a@x', to: 'b@y,c@z' })
    expect(envelopeOf('nonsense')).toEqual({ from: '', to: 'import@example.com' })
  })
})
