// One comparison, or one text, away from the page's thread. Whoever asked ends the worker.
import { facts, lines, unequal } from './diff'
import type { Asked, Tasks } from './differ'
import { entities, plain } from './plain'

const tasks: Tasks = { facts, lines, unequal, entities, plain }

onmessage = ({ data }: MessageEvent<Asked>) => {
  const run = tasks[data.task] as (...of: unknown[]) => unknown
  postMessage(run(...data.of))
}
