import { describe, expect, it } from 'vitest'
import { createApi, query } from './api'

describe('the API', () => {
  const answer = (status: number, body: unknown) => createApi(() => Promise.resolve(new Response(JSON.stringify(body), { status })))
  it('leaves out what is not set', () => expect(query({ inbox: null, limit: 50, q: undefined, x: 'a b' })).toBe('?limit=50&x=a+b'))
  it('gives errors their code', async () => {
    const call = answer(404, { error: { code: 'not_found', message: 'gone' } }).message('x')
    await expect(call).rejects.toMatchObject({ code: 'not_found', status: 404, missing: true, message: 'gone' })
  })
  it('reads no more bytes than wanted', async () => {
    const api = createApi(() => Promise.resolve(new Response('0123456789')))
    expect(await api.head('/x', 4)).toMatchObject({ whole: false, bytes: new TextEncoder().encode('0123') })
    expect((await api.head('/x', 10)).whole).toBe(true)
  })
})
