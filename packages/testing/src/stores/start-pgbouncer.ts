import { freePort } from '@carillon/local'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { findProgram, startProgram } from '../start-program.ts'

/**
 * Starts a PgBouncer in transaction mode in front of the database at `url`, and resolves to its URL. Without pgbouncer, skips
 * the test and resolves to undefined.
 */
export async function startPgBouncer (
  t: Test, url: string, settings: Record<string, string> = {}
): Promise<{ url: string } | undefined> {
  const command = await findProgram(t, ['pgbouncer', '/usr/sbin/pgbouncer'], 'CARILLON_REQUIRE_PGBOUNCER')
  if (command === undefined) return
  const folder = await mkdtemp(join(tmpdir(), `carillon-test-${process.pid}-pgbouncer-`))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const { hostname, port: serverPort, username, password, pathname } = new URL(url)
  const port = await freePort()
  const file = join(folder, 'pgbouncer.ini')
  await writeFile(file, [
    '[databases]',
    `* = host=${hostname} port=${serverPort} user=${username} password=${decodeURIComponent(password)}`,
    '[pgbouncer]',
    ...Object.entries({
      listen_addr: '127.0.0.1',
      listen_port: String(port),
      unix_socket_dir: '',
      auth_type: 'any',
      pool_mode: 'transaction',
      // Fewer than our connections, so they share sessions.
      default_pool_size: '4',
      ...settings
    }).map(([name, value]) => `${name} = ${value}`)
  ].join('\n'))
  const isRoot = process.getuid?.() === 0
  // Root's PgBouncer runs as the user postgres.
  if (isRoot) await Promise.all([chmod(folder, 0o755), chmod(file, 0o644)])
  await startProgram(t, { command, args: [...isRoot ? ['-u', 'postgres'] : [], file], cwd: folder, readyWhen: 'process up' })
  return { url: `postgres://carillon@127.0.0.1:${port}${pathname}` }
}
