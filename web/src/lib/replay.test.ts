import { expect, test } from 'vitest'
import { nc, shell, swaks, type Where } from './replay'
import type { Entry } from './wire'

const WHERE: Where = { smtp: { host: 'localhost', port: 1025 }, page: 'http://localhost:8025' }
const say = (text: string): Entry => ({ at: 0, from: 'client', text })
const hear = (text: string): Entry => ({ at: 0, from: 'server', text })
const content = (size: number, message_id: string | null, text = '.'): Entry => ({ at: 0, from: 'client', text, content: { size, message_id } })

const MAIL = [hear('220 hi'), say('EHLO app.local'), hear('250 ok'), say('MAIL FROM:<a@x.example> SIZE=3'), say("RCPT TO:<o'hara@y.example>"), say('RCPT TO: c@y.example'), say('DATA'), content(300, 'M1'), say('QUIT')]

test('a word of a shell stands in quotes where it must', () => {
  expect(['a@x', "it's", '$HOME `x`', ''].map(shell)).toEqual(['a@x', `'it'\\''s'`, "'$HOME `x`'", "''"])
})

test('nc says every line, and the content as it was sent', () => {
  expect(nc(MAIL, WHERE)).toBe(`{
  printf '%s\\r\\n' 'EHLO app.local'
  printf '%s\\r\\n' 'MAIL FROM:<a@x.example> SIZE=3'
  printf '%s\\r\\n' 'RCPT TO:<o'\\''hara@y.example>'
  printf '%s\\r\\n' 'RCPT TO: c@y.example'
  printf '%s\\r\\n' DATA
  curl -s http://localhost:8025/v1/messages/M1/raw | sed 's/^\\./../'
  printf '%s\\r\\n' .
  printf '%s\\r\\n' QUIT
} | nc -w 5 localhost 1025`)
})

test('nc cuts the content into the chunks of BDAT, and leaves STARTTLS out', () => {
  const said = nc([say('STARTTLS'), say('BDAT 10'), content(10, null, 'chunk'), say('BDAT 5 LAST'), content(5, 'M1')], WHERE)
  expect(said.split('\n').slice(1, -1).map((s) => s.trim())).toEqual([
    "printf '%s\\r\\n' 'BDAT 10'", 'curl -s http://localhost:8025/v1/messages/M1/raw | tail -c +1 | head -c 10',
    "printf '%s\\r\\n' 'BDAT 5 LAST'", 'curl -s http://localhost:8025/v1/messages/M1/raw | tail -c +11 | head -c 5', "printf '%s\\r\\n' QUIT",
  ])
})

test('nc writes bytes that are no text', () => {
  expect(nc([say('MAIL FROM:<\\xe4@x>')], WHERE)).toContain("printf '%b\\r\\n' 'MAIL FROM:<\\0344@x>'")
  expect(nc([content(7, null)], WHERE)).toContain('# 7 bytes that were not kept')
})

test('swaks sends each message, or stops where the client did', () => {
  expect(swaks(MAIL, WHERE)).toBe("{ curl -s http://localhost:8025/v1/messages/M1/raw | sed 's/^\\./../'; printf '.\\r\\n'; } | swaks --server localhost:1025 --helo app.local --from a@x.example --to 'o'\\''hara@y.example,c@y.example' --no-data-fixup --data -")
  expect(swaks([say('EHLO a'), say('STARTTLS'), say('EHLO b'), say('AUTH PLAIN ********'), say('MAIL FROM:<>')], WHERE)).toBe("swaks --server localhost:1025 --tls --helo b --auth PLAIN --from '<>' --quit-after MAIL")
  expect(swaks([], WHERE)).toBe('swaks --server localhost:1025 --quit-after BANNER')
})
