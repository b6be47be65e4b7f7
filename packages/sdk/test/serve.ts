import { createServer } from 'node:http'
import type { IncomingHttpHeaders, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'

interface Received {
  method: string
  url: string
  headers: IncomingHttpHeaders
  body: string
}

export interface ScriptedServer {
  url: string
  received: Received[]
}

interface ProblemFields {
  headers?: Record<string, string>
  errors?: object[]
  reason?: string
}

type Reply = (response: ServerResponse, request: Received) => void

/** A server that uses the replies in their order, and the last one for all further requests. */
export async function serve (t: Test, ...replies: [Reply, ...Reply[]]): Promise<ScriptedServer> {
  const received: Received[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk) => { chunks.push(chunk) })
    request.on('end', () => {
      const { method = '', url = '', headers } = request
      const one = { method, url, headers, body: Buffer.concat(chunks).toString() }
      received.push(one)
      const reply = replies[received.length - 1] ?? replies.at(-1)
      reply?.(response, one)
    })
  })
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, received }
}

export function json (status: number, body: object, headers: Record<string, string> = {}): Reply {
  return (response) => { response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body)) }
}

export function problem (status: number, code: string, { headers = {}, ...more }: ProblemFields = {}): Reply {
  const body = { type: `https://notify.example/problems#${code}`, title: code, status, detail: `It is ${code}`, instance: 'urn:uuid:1f', code, ...more }
  return json(status, body, { 'content-type': 'application/problem+json', ...headers })
}
