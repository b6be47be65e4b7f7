import { setTimeout as sleep } from 'node:timers/promises'

import type { PostgresHome } from './postgres-home.ts'
import { startServerProcess } from './server-process.ts'
import type { Exit } from './server-process.ts'

export interface PostgresServer {
  exited: Promise<Exit>
  close (): Promise<void>
  kill (): void
}

export interface PostgresServerOptions extends PostgresHome {
  port: number
  durable: boolean
  onLog (line: string): void
}

const startPatienceMs = 120_000
const stopPatienceMs = 10_000

/** Starts `postgres` with an initialized cluster. Resolves when it accepts connections. */
export async function startPostgres (options: PostgresServerOptions): Promise<PostgresServer> {
  const deadline = Date.now() + startPatienceMs
  for (;;) {
    const outcome = await tryStart(options, deadline)
    if (!('lastLines' in outcome)) return outcome
    // The backends of a killed server take a moment to end.
    const lingers = outcome.lastLines.some((line) => line.includes('pre-existing shared memory block'))
    if (!lingers || Date.now() > deadline) throw new Error(`the embedded PostgreSQL did not start: ${complaint(outcome)}`)
    await sleep(200)
  }
}

async function tryStart ({ cluster, account, binaries, port, durable, onLog }: PostgresServerOptions, deadline: number) {
  const settings = {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: '',
    // With jobs in PostgreSQL, a worker has two connections for each provider.
    max_connections: 500,
    timezone: 'UTC',
    log_timezone: 'UTC',
    lc_messages: 'C',
    ...(durable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' })
  }
  const server = startServerProcess({
    command: binaries.postgres,
    args: ['-D', cluster, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    cwd: cluster,
    account,
    readyWhen: 'database system is ready to accept connections',
    onLine: onLog
  })
  // A fast shutdown, then an immediate one (with recovery at the next start) if the server hangs.
  const stop = () => server.stop(['SIGINT', 'SIGQUIT', 'SIGKILL'], stopPatienceMs)
  const timer = setTimeout(stop, deadline - Date.now())
  const ready = await server.ready
  clearTimeout(timer)
  if (!ready) return server.exited
  return { exited: server.exited, async close () { await stop() }, kill: () => server.kill('SIGQUIT') }
}

function complaint ({ lastLines, code, signal }: Exit): string {
  const line = lastLines.findLast((line) => /FATAL|PANIC|ERROR/.test(line)) ?? lastLines.at(-1)
  return line?.replace(/^.*?(FATAL|PANIC|ERROR): */, '') ?? `it ended with ${signal ?? `code ${code}`}`
}
