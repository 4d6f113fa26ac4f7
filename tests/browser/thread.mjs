// How long one task holds the page's thread, in time of the processor. What other programs do to
// the machine meanwhile is not in it, so a bound on it holds wherever the tests run; and no frame
// can come while a task runs.

const TASK = 'ThreadControllerImpl::RunTask'

/**
 * Begins to watch. `end()` tells what each task of the page took, in milliseconds, the longest
 * first. Frames with mail may have a process of their own; their tasks count too.
 */
export async function watchThread(page) {
  const browser = await page.context().newCDPSession(page)
  const events = []
  browser.on('Tracing.dataCollected', ({ value }) => events.push(...value.filter((e) => e.name === 'thread_name' || e.name === TASK)))
  await browser.send('Tracing.start', { transferMode: 'ReportEvents', traceConfig: { includedCategories: ['toplevel'], excludedCategories: ['*'] } })
  return {
    async end() {
      const complete = new Promise((done) => browser.once('Tracing.tracingComplete', done))
      await browser.send('Tracing.end')
      await complete
      await browser.detach()
      const threads = new Set(events.filter((e) => e.args?.name === 'CrRendererMain').map((e) => e.tid))
      const tasks = events.filter((e) => e.name === TASK && threads.has(e.tid) && e.tdur !== undefined)
      return tasks.map((e) => e.tdur / 1000).sort((a, b) => b - a)
    },
  }
}

/** The longest tasks, for a message. */
export function told(tasks) {
  return `${tasks.length} tasks, the longest ${tasks.slice(0, 5).map((t) => t.toFixed(0)).join(' ')} ms of the processor's time`
}
