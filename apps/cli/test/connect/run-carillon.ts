import { fileURLToPath } from 'node:url'
import { execa } from 'execa'

export const carillon = fileURLToPath(new URL('../../bin/carillon.js', import.meta.url))

export interface Ended {
  code: number | undefined
  stdout: string
  stderr: string
}

export type Environment = Record<string, string>

export interface Attendance {
  /** All that comes in. */
  input?: string
  /** Instead: hears all that went to standard error so far, and may type. */
  onSaid?: (said: string, type: (text: string) => void) => void
}

/** Where there is no terminal. */
export async function runCarillon (args: string[], env: Environment, { input = '', onSaid }: Attendance = {}): Promise<Ended> {
  const child = execa(process.execPath, [carillon, ...args], {
    env: clean(env), extendEnv: false, reject: false, ...onSaid === undefined ? { input } : { stdin: 'pipe' as const }
  })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text
    onSaid?.(said, (typed) => { child.stdin.write(typed) })
  })
  const { exitCode, stdout, stderr } = await child
  return { code: exitCode, stdout, stderr }
}

/** Nothing of the environment is inherited but where programs are: tap puts options for Node into it. */
export function clean (env: Environment): Environment {
  return { PATH: process.env['PATH'] ?? '', ...env }
}
