import { execa } from 'execa'
import { createCpuMeter } from './children-cpu.ts'
import { createFileReport } from './file-report.ts'
import type { FileResult } from './file-report.ts'

export interface TestCommand {
  file: string
  command: string
  args: string[]
}

export interface RunFilesOptions {
  cwd: string
  env: Record<string, string>
  jobs: number
  timeoutMs: number
  /** The extra time for a file to report what it was waiting for. 15 seconds by default. */
  graceMs?: number
  bail: boolean
  signal: AbortSignal
  onResult: (result: FileResult) => void
}

/** Runs test files as processes in their order, `jobs` at a time. */
export async function runFiles (
  commands: TestCommand[], { jobs, bail, signal, onResult, ...how }: RunFilesOptions
): Promise<void> {
  const waiting = [...commands]
  const measureCpu = createCpuMeter()
  const stop = new AbortController()
  const ended = AbortSignal.any([signal, stop.signal])
  await Promise.all(Array.from({ length: jobs }, async () => {
    for (let next = waiting.shift(); next && !ended.aborted; next = waiting.shift()) {
      const result = await runFile(next, { ...how, bail, signal: ended, measureCpu })
      // A file that ended together with the run has not failed.
      if (ended.aborted) return
      onResult(result)
      if (bail && !result.ok) stop.abort()
    }
  }))
}

type RunFileOptions = Omit<RunFilesOptions, 'jobs' | 'onResult'> & { measureCpu: () => number }

async function runFile (
  { file, command, args }: TestCommand, { cwd, env, timeoutMs, graceMs = 15_000, bail, signal, measureCpu }: RunFileOptions
): Promise<FileResult> {
  const startedAt = performance.now()
  const report = createFileReport(cwd)
  const child = execa(command, args, {
    cwd,
    env: { TAP: '1', TAP_TIMEOUT: String(timeoutMs / 1000), ...(bail ? { TAP_BAIL: '1' } : {}), ...env },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'inherit',
    buffer: false,
    reject: false,
    // tap reports the timeout that a file chooses as a message to its parent.
    ipc: true,
    serialization: 'json',
    cancelSignal: signal,
    forceKillAfterDelay: graceMs
  })
  let cpuSeconds = 0
  child.once('exit', () => { cpuSeconds = measureCpu() })
  // A test file ends itself at its timeout. This timer is for one that hangs.
  let limitMs = timeoutMs
  let isLate = false
  const wait = () => setTimeout(() => {
    isLate = true
    child.kill()
  }, limitMs + graceMs)
  let timer = wait()
  child.on('message', (message: unknown) => {
    if (!isOwnTimeout(message)) return
    clearTimeout(timer)
    limitMs = message.setTimeout
    timer = wait()
  })
  for await (const line of child.iterable()) report.write(line)
  const { exitCode, signal: killedBy } = await child
  clearTimeout(timer)
  const ending = isLate ? `did not end within ${limitMs / 1000} s` : `ended with ${killedBy ?? `code ${exitCode}`}`
  return { file, seconds: (performance.now() - startedAt) / 1000, cpuSeconds, ...report.end(exitCode === 0 ? undefined : ending) }
}

function isOwnTimeout (message: unknown): message is { setTimeout: number } {
  return typeof message === 'object' && message !== null && 'setTimeout' in message && typeof message.setTimeout === 'number' &&
    message.setTimeout > 0
}
