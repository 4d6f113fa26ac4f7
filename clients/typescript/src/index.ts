// Waits for mail in a test: the client of Restante, an SMTP sandbox for developers.
export { Inbox, Restante, type Made, type Server } from './client.js'
export { ExpectationError, NoServerError, RestanteError, type Problem } from './errors.js'
export { Message, type Address, type Attachment, type Link, type MessageJson } from './message.js'
export type { Open, Question, Span, Test, Tests } from './question.js'
