import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** A program that a measurement needs besides Node.js. */
export type Program = 'redis' | 'openssl'

export const missingReasons: Record<Program, string> = {
  redis: 'there is no redis-server on PATH', openssl: 'there is no openssl on PATH'
}

export async function hasOpenssl (): Promise<boolean> {
  return await promisify(execFile)('openssl', ['version']).then(() => true, () => false)
}
