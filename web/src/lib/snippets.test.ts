import { describe, expect, it } from 'vitest'
import { snippets, target } from './snippets'

const NAMES = { environment: 'Environment', shell: 'Shell' }

describe('settings to copy', () => {
  it('take the listener’s address, or the page’s host when it listens everywhere', () => {
    expect(target('127.0.0.1:1025', 'h')).toEqual({ host: '127.0.0.1', port: 1025 })
    expect(target('0.0.0.0:2525', 'dev.local')).toEqual({ host: 'dev.local', port: 2525 })
    expect(target('[::]:25', 'dev.local')).toEqual({ host: 'dev.local', port: 25 })
    expect(target('[::1]:25', 'h').host).toBe('::1')
  })
  it('name host and port in each', () => {
    for (const { code } of snippets({ host: 'h.example', port: 2525 }, NAMES).slice(0, -1)) expect(code).toMatch(/h\.example[^]*2525/)
    expect(snippets({ host: '::1', port: 25 }, NAMES)[0]?.code).toContain('smtp://[::1]:25')
  })
})
