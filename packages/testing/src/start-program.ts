import { execa } from 'execa'
import { createInterface } from 'node:readline'
import type { Test } from 'tap'

export interface Program {
  command: string
  args: string[]
  cwd: string
  /** A part of the output line that reports readiness. */
  readyWhen: string
}

/** Starts a server that ends with the test, and resolves when it is ready. `stop` ends it earlier. */
export async function startProgram (t: Test, { command, args, cwd, readyWhen }: Program): Promise<{ stop: () => Promise<void> }> {
  const child = execa(command, args, { cwd, reject: false, buffer: false, all: true, stdin: 'ignore', forceKillAfterDelay: 10_000 })
  const stop = async (): Promise<void> => {
    child.kill()
    await child
  }
  t.teardown(stop)
  const lines: string[] = []
  await new Promise<void>((resolve, reject) => {
    createInterface(child.all).on('line', (line) => {
      lines.push(line)
      if (line.includes(readyWhen)) resolve()
    })
    child.then(() => reject(new Error(`${command} ended before it was ready:\n${lines.slice(-20).join('\n')}`)))
  })
  return { stop }
}

/** The first of these commands that exists. Without one, skips the test, or fails it if `variable` is 1. */
export async function findProgram (t: Test, commands: string[], variable: string): Promise<string | undefined> {
  for (const command of commands) {
    // The output does not matter: some programs exist and still return an error.
    const { code } = await execa(command, ['--version'], { reject: false, stdin: 'ignore' })
    if (code !== 'ENOENT') return command
  }
  const missing = `there is no ${commands[0]} on PATH`
  if (process.env[variable] === '1') throw new Error(`${variable} is set, but ${missing}`)
  t.pass(missing, { skip: missing })
}
