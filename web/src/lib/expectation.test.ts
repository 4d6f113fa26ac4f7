import { describe, expect, it } from 'vitest'
import { asked, expectations } from './expectation'

const mail = (subject: string, to: string[] = ['ann@example.com'], from = 'app@example.com') => ({ subject, to: [], from: [{ name: '', address: from }], envelope: { from, to, params: { from: [], to: [] } } })
const code = (name: string, m = mail('Your code'), page = 'http://localhost:8025') => expectations(m, page).find((call) => call.name === name)?.code

describe('a message as a question', () => {
  it('is told by whom it went to and its subject, else by who sent it', () => {
    expect(asked(mail('Your code'))).toEqual([['to', 'ann@example.com'], ['subject', 'Your code']])
    expect(asked(mail('', ['ann@example.com']))).toEqual([['to', 'ann@example.com'], ['from', 'app@example.com']])
    expect(asked(mail('x', []))).toEqual([['subject', 'x'], ['from', 'app@example.com']])
  })

  it('means its words, also where they begin with a sign', () => {
    expect(asked(mail('~50% off', ['a*b@example.com']))).toEqual([['to', '=a*b@example.com'], ['subject', '=~50% off']])
  })

  it('is a command', () => {
    expect(code('curl')).toBe("curl -sS --fail-with-body -G http://localhost:8025/v1/expect \\\n  --data-urlencode to=ann@example.com \\\n  --data-urlencode 'subject=Your code'")
    expect(code('restante')).toBe("restante expect \\\n  --to=ann@example.com \\\n  --subject='Your code'")
    expect(code('restante', mail("it's"), 'http://mail.test')).toBe("RESTANTE_URL=http://mail.test restante expect \\\n  --to=ann@example.com \\\n  --subject='it'\\''s'")
  })

  it('is a line of a test, with what is quoted quoted', () => {
    expect(code('Rust', mail('say "hi" \\ \u0001'))).toBe('let message = mail.expect(to("ann@example.com").subject("say \\"hi\\" \\\\ \\u{1}")).within(secs(10)).await?;')
    expect(code('Python', mail('say "hi"'))).toBe('from restante import Restante\n\nmail = Restante().expect(to="ann@example.com", subject="say \\"hi\\"")')
    expect(code('Python', mail(''), 'http://mail.test')).toContain('Restante("http://mail.test").expect(to="ann@example.com", from_="app@example.com")')
    expect(code('TypeScript', mail('Grüße'))).toBe('import { Restante } from "restante"\n\nconst mail = await new Restante().expect({ to: "ann@example.com", subject: "Grüße" })')
    expect(code('TypeScript', mail(''), 'http://mail.test')).toContain('new Restante("http://mail.test").expect({ to: "ann@example.com", from: "app@example.com" })')
  })
})
