// Which keys belong to the page: none while somebody types, and none inside what has its own meaning for them.

export const OWN_KEYS = 'input, textarea, select, [data-keys]'

export function isTyping(event: KeyboardEvent): boolean {
  return event.target instanceof Element && event.target.closest(OWN_KEYS) !== null
}

/** The place that a key leads to in a list of `count` rows; `null` for any other key. */
export function step(key: string, at: number, count: number): number | null {
  if (key === 'ArrowDown') return Math.min(at + 1, count - 1)
  if (key === 'ArrowUp') return Math.max(at - 1, 0)
  if (key === 'Home') return 0
  return key === 'End' ? count - 1 : null
}
