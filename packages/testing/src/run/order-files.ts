import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { FileResult } from './file-report.ts'

const timesFile = '.tap/times.json'
/** Estimates, in seconds, for a file that has not run here before. */
const withProcesses = 30
const withoutProcesses = 3

/** The longest first, so that no long file runs alone at the end. */
export async function orderFiles (root: string, files: string[]): Promise<string[]> {
  const times = await readTimes(root)
  const weighed = await Promise.all(files.map(async (file) => ({ file, seconds: times[file] ?? await guess(join(root, file)) })))
  return weighed.sort((one, other) => other.seconds - one.seconds).map(({ file }) => file)
}

/** Stores the times for the next run. */
export async function rememberTimes (root: string, results: FileResult[]): Promise<void> {
  const times = Object.fromEntries(results.map(({ file, seconds }) => [file, Math.round(seconds * 10) / 10]))
  await writeFile(join(root, timesFile), JSON.stringify({ ...await readTimes(root), ...times }, null, 2) + '\n')
}

async function readTimes (root: string): Promise<Record<string, number>> {
  const text = await readFile(join(root, timesFile), 'utf8').catch(() => '{}')
  try {
    return JSON.parse(text)
  } catch {
    return {} // two runs wrote the file at the same time
  }
}

/** Each mention of a process or of both queues probably starts an app. */
async function guess (path: string): Promise<number> {
  const mentions = (await readFile(path, 'utf8')).match(/spawn|startApps|backends\(|chromium|openHouse|openGround|ownPostgres/gi) ?? []
  return mentions.length > 0 ? withProcesses + mentions.length : withoutProcesses
}
