import { openEmbeddedPostgres } from '@carillon/local'
import type { Part } from './part.ts'

export interface PostgresPartOptions {
  dataDir: string
  onLog: (line: string) => void
}

export function createPostgresPart ({ dataDir, onLog }: PostgresPartOptions): Part {
  // The other parts know the address, so a restart must use the same port.
  let port: number | undefined
  return {
    name: 'postgres',
    async start () {
      const server = await openEmbeddedPostgres({ dataDir, port, onLog })
      port = server.port
      return {
        url: server.url,
        exited: server.exited.then(({ code, signal }) => signal ?? `code ${code}`),
        stop: () => server.close(),
        kill: () => server.kill()
      }
    }
  }
}
