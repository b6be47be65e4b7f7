import { Writable } from 'node:stream'
import { Command } from 'commander'
import type { CommandContext } from '../src/command-context.ts'
import { createColors } from '../src/colors.ts'
import { describeError } from '../src/describe-error.ts'
import { ExitError } from '../src/exit-error.ts'
import type { Environment, Exit } from './run-carillon.ts'

type AddCommand = (program: Command, context: CommandContext) => void

export interface RunningCommand {
  /** The lines of standard output so far. */
  printed: string[]
  /** The texts of standard error so far. */
  written: string[]
  /** Ctrl-C. */
  interrupt: () => void
  exited: Promise<Exit>
}

/** Runs a command in this process, because each process would take seconds. */
export function runInProcess (addCommand: AddCommand, args: string[], env: Environment): RunningCommand {
  const printed: string[] = []
  const written: string[] = []
  let interrupt = (): void => {}
  const write = (chunk: unknown, _encoding: unknown, done: () => void): void => {
    written.push(String(chunk))
    done()
  }
  const output = new Writable({ write }) as unknown as NodeJS.WriteStream // commands only write to it
  const program = new Command('carillon').exitOverride().configureOutput({ writeErr: (text) => { written.push(text) } })
  const colors = createColors(output, {})
  addCommand(program, {
    env,
    envFile: undefined,
    print: (line) => { printed.push(line) },
    colors,
    named: (text) => text,
    terminal: { input: process.stdin, output, colors },
    onInterrupt: (stop) => { interrupt = stop },
    announce: () => {}
  })
  const ended = program.parseAsync(args, { from: 'user' }).then(() => 0, (error: unknown) => {
    written.push(...describeError(error))
    return error instanceof ExitError ? error.exitCode : 1
  })
  const exited = ended.then((code) => ({ code, stdout: printed.join('\n'), stderr: written.join('') }))
  return { printed, written, interrupt: () => interrupt(), exited }
}
