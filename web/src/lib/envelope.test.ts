import { describe, expect, it } from 'vitest'
import { compare } from './envelope'
import { message } from './samples'

describe('the envelope beside the headers', () => {
  const story = compare(
    message({
      to: [{ name: 'Bob', address: 'Bob@Example.com' }, { name: '', address: 'lost@example.com' }],
      cc: [{ name: '', address: 'carol@example.com' }],
      envelope: {
        from: 'bounce@example.com',
        to: ['bob@example.com', 'carol@example.com', 'audit@example.com'],
        params: { from: [], to: [[{ name: 'NOTIFY', value: 'NEVER' }]] },
      },
    }),
  )
  it('finds who got it without being named', () => expect(story.envelopeOnly.map((r) => r.address)).toEqual(['audit@example.com']))
  it('finds who is named and got nothing', () => expect([...story.headerOnly]).toEqual(['lost@example.com']))
  it('sees another return path', () => expect(story.from.differs).toBe(true))
  it('keeps parameters with their recipient', () => expect(story.recipients.map((r) => r.params.length)).toEqual([1, 0, 0]))
})
