/** Bytes over a socket of their own, and all that comes back until the server ends the connection or says nothing more. */

import { createConnection } from 'node:net'

/** An answer to bytes that are not HTTP must come without waiting for any time-out of the server. */
const ANSWER_MS = 5000

/** Sends pieces one after the other, then ends its side. Rejects when the server neither answers nor closes. */
export function exchange(url: string, pieces: readonly Buffer[]): Promise<string> {
  const { hostname: host, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const socket = createConnection({ host, port: Number(port) })
    let answer = ''
    const timer = setTimeout(() => {
      socket.destroy()
      reject(
        new Error(`neither an answer nor an end within ${ANSWER_MS} ms; so far: ${answer.slice(0, 200)}`),
      )
    }, ANSWER_MS)
    const end = () => {
      clearTimeout(timer)
      resolve(answer)
    }
    socket.on('connect', () => {
      for (const piece of pieces) socket.write(piece)
      socket.end()
    })
    socket.on('data', (chunk: Buffer) => {
      answer += chunk.toString('latin1')
    })
    // The server may close while we still send: what it said before counts.
    socket.on('error', end)
    socket.on('close', end)
  })
}
