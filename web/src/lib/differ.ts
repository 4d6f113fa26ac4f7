// What takes long is done by a worker: comparing, and making text of HTML. The page answers meanwhile, and
// what is no longer asked for ends.
import type * as diff from './diff'
import { meanings } from './plain'
import type * as text from './plain'
import type { Message } from './wire'

export type Facts = Pick<Message, 'envelope' | 'headers' | 'parts'>

/** What the worker can do, by name. */
export type Tasks = Pick<typeof diff, 'facts' | 'lines' | 'unequal'> & Pick<typeof text, 'entities' | 'plain'>

export interface Asked<K extends keyof Tasks = keyof Tasks> {
  task: K
  of: Parameters<Tasks[K]>
}

export function inWorker<K extends keyof Tasks>(task: K, of: Parameters<Tasks[K]>, signal: AbortSignal): Promise<ReturnType<Tasks[K]>> {
  return new Promise((done, fail) => {
    if (signal.aborted) return fail(signal.reason)
    const worker = new Worker(new URL('./diff.worker.ts', import.meta.url), { type: 'module' })
    const end = () => (worker.terminate(), fail(signal.reason))
    signal.addEventListener('abort', end)
    const ended = () => (worker.terminate(), signal.removeEventListener('abort', end))
    worker.onmessage = ({ data }: MessageEvent<ReturnType<Tasks[K]>>) => (ended(), done(data))
    worker.onerror = (event) => (ended(), fail(new Error(event.message)))
    worker.postMessage({ task, of } satisfies Asked<K>)
  })
}

/** HTML as text. */
export async function textOf(html: string, signal: AbortSignal): Promise<string> {
  const found = await inWorker('entities', [html], signal)
  return inWorker('plain', [html, meanings(found)], signal)
}
