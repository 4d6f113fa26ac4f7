import { expect, it } from 'vitest'
import { find } from './palette'

const commands = ['Mark as unread', 'Go to the sessions', 'Settings', 'Star'].map((name) => ({ name, run: () => {} }))
const names = (typed: string) => find(commands, typed).map((c) => c.name)

it('the palette finds by letters in order, beginnings first', () => {
  expect(names('')).toEqual(commands.map((c) => c.name))
  expect(names('sess')[0]).toBe('Go to the sessions')
  expect(names('set')[0]).toBe('Settings')
  expect(names('mau')).toEqual(['Mark as unread'])
  expect(names('xyz')).toEqual([])
})
