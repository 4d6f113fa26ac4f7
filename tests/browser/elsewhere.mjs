// Another server than ours, of whom mails want something.
import { once } from 'node:events'
import { createServer } from 'node:http'
import { PNG } from './mails.mjs'

/** It has pictures, and notes what was asked for. */
export async function elsewhere(stage) {
  const asked = []
  const server = createServer((request, response) => {
    asked.push(request.url)
    response.writeHead(200, { 'content-type': 'image/png', 'cache-control': 'no-store' }).end(PNG)
  }).listen(0, 'localhost')
  await once(server, 'listening')
  stage.later(() => {
    server.closeAllConnections()
    server.close()
  })
  return { asked, url: `http://localhost:${server.address().port}` }
}
