import { fileURLToPath } from 'node:url'
import { nodeArguments } from '@carillon/testing'
import { execa } from 'execa'

/** The arguments with which Node runs `carillon`. */
export const carillon = nodeArguments(fileURLToPath(new URL('../src/main.ts', import.meta.url)))

export interface Exit {
  code: number | undefined
  stdout: string
  stderr: string
}

export type Environment = Record<string, string>

export interface RunOptions {
  /** The whole standard input. */
  input?: string
  /** Replaces `input`: receives the standard error so far, and may type. */
  onStderr?: (stderrText: string, type: (text: string) => void) => void
}

/** Runs `carillon` without a terminal. */
export async function runCarillon (args: string[], env: Environment, { input = '', onStderr }: RunOptions = {}): Promise<Exit> {
  const child = execa(process.execPath, [...carillon, ...args], {
    env: clean(env), extendEnv: false, reject: false, ...onStderr === undefined ? { input } : { stdin: 'pipe' as const }
  })
  let stderrText = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderrText += text
    onStderr?.(stderrText, (typed) => { child.stdin.write(typed) })
  })
  const { exitCode, stdout, stderr } = await child
  return { code: exitCode, stdout, stderr }
}

/** Inherits only PATH, because tap adds options for Node.js to the environment. The developer's .env is not read. */
export function clean (env: Environment): Environment {
  return { PATH: process.env['PATH'] ?? '', CARILLON_ENV_FILE: '', ...env }
}
