// The command palette: which commands fit what was typed, the best first.

export interface Command {
  name: string
  keys?: string
  run: () => void
}

/** How well letters fit in order into a name; `null` when they do not. Beginnings of words count most. */
export function fit(name: string, typed: string): number | null {
  const [hay, needle] = [name.toLowerCase(), typed.toLowerCase().replace(/\s+/g, '')]
  let score = 0
  let at = -1
  for (const c of needle) {
    const next = hay.indexOf(c, at + 1)
    if (next < 0) return null
    const begins = next === 0 || /\W/.test(hay[next - 1] ?? '')
    score += next === at + 1 ? 3 : begins ? 2 : 0
    score -= next - at > 8 ? 1 : 0
    at = next
  }
  return score
}

export function find(commands: readonly Command[], typed: string): Command[] {
  return commands
    .map((command, i) => ({ command, i, score: fit(command.name, typed) }))
    .filter((c): c is typeof c & { score: number } => c.score !== null)
    .sort((a, b) => b.score - a.score || a.i - b.i)
    .map((c) => c.command)
}
