// Requests and answers, without a connection: what the client and the Cypress commands share.
import { ExpectationError, RestanteError, type Problem } from './errors.js'
import { Message, type Found } from './message.js'

export const DEFAULT = 'http://localhost:8025'
/** The server is given so much longer than it said it needs. */
export const SLACK = 10_000
/** Without a timeout in the question the server knows it, and none is longer. */
export const LONGEST = 300_000

export function address(url: string): string {
  if (!/^https?:\/\/[^/]/.test(url)) throw new RestanteError(`${JSON.stringify(url)} is no address of a server; RESTANTE_URL is one like ${DEFAULT}`)
  return url.replace(/\/+$/, '')
}

function json(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}

/** The JSON of an answer; what is no success is an error. */
export function read(status: number, body: string): unknown {
  const answer = json(body)
  if (status >= 200 && status < 300 && answer !== undefined) return answer
  if (status === 417 && typeof answer === 'object' && answer !== null) {
    const problem = answer as Problem
    throw new ExpectationError(String(problem.detail).trimEnd(), problem)
  }
  const error = (answer as { error?: { message?: string; field?: string } } | undefined)?.error
  const message = error?.message ?? `it answered ${status}, which is nothing that Restante says: ${body.slice(0, 200)}`
  throw new RestanteError(message, status, error?.field)
}

export function found(answer: unknown, server: string): Message | null {
  const told = answer as Found | { message: null }
  return told.message === null ? null : new Message(told, server)
}
