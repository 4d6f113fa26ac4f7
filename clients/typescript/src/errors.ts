// What can go wrong.

/** As docs/expect.md has it under "When it fails". */
export interface Problem {
  detail: string
  reason: string
  [name: string]: unknown
}

/** The server cannot do what it was asked. `field` is what was wrong in a question. */
export class RestanteError extends Error {
  override name = 'RestanteError'

  constructor(
    message: string,
    readonly status?: number,
    readonly field?: string,
  ) {
    super(message)
  }
}

/** Nobody answers at the address. */
export class NoServerError extends RestanteError {
  override name = 'NoServerError'
}

/** The mail did not come as expected. It says what came instead, and why that is not it; `problem` is the same as data. */
export class ExpectationError extends Error {
  override name = 'ExpectationError'

  constructor(
    text: string,
    readonly problem?: Problem,
  ) {
    super(text)
  }
}

/** The stack of who called `from`: a failure is the test's, not of a line in here. */
export function caller(from: (...args: never[]) => unknown): (error: unknown) => never {
  const here: { stack?: string } = {}
  Error.captureStackTrace?.(here, from)
  const frames = here.stack?.slice(here.stack.indexOf('\n'))
  return (error) => {
    if (error instanceof Error && frames !== undefined) error.stack = `${error.name}: ${error.message}${frames}`
    throw error
  }
}
