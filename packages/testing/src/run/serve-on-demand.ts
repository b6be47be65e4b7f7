import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { once } from 'node:events'
import type { Servers } from '../stores/servers.ts'

export interface ServersOnDemand {
  /** The socket at which test processes request the servers, in a folder that only this user can access. */
  socketPath: string
  /** The servers, if a test has requested them. */
  started: () => Promise<Servers> | undefined
  close: () => Promise<void>
}

/** Responds to test processes with the addresses of the servers, which start with the first request. */
export async function serveOnDemand (open: () => Promise<Servers>): Promise<ServersOnDemand> {
  let servers: Promise<Servers> | undefined
  const server = createServer((_request, response) => {
    servers ??= open()
    servers.then(({ databaseUrl, template, redisUrl }) => {
      response.end(JSON.stringify({ databaseUrl, template, redisUrl }))
    }, (error: unknown) => {
      response.statusCode = 503
      response.end(error instanceof Error ? error.message : String(error))
    })
  })
  const folder = await mkdtemp(join(tmpdir(), `carillon-test-${process.pid}-run-`))
  const socketPath = join(folder, 'servers.sock')
  server.listen(socketPath)
  await once(server, 'listening')
  return {
    socketPath,
    started: () => servers,
    close: async () => {
      server.closeAllConnections()
      server.close()
      await (await servers?.catch(() => undefined))?.close()
      await rm(folder, { recursive: true, force: true })
    }
  }
}
