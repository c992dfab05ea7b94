/**
 * The limit of intake: a bare node:http server that reads the same requests and JSON-parses them, in one process.
 * Started with `fork`; sends its port.
 */

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

const ANSWER = Buffer.from('{}')

const server = createServer({ noDelay: true }, (request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    JSON.parse(Buffer.concat(chunks).toString('utf8'))
    response.setHeader('Content-Type', 'application/x-amz-json-1.1')
    response.setHeader('Content-Length', ANSWER.length)
    response.end(ANSWER)
  })
})
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))
process.on('disconnect', () => process.exit())
