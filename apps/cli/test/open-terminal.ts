import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import type { Test } from 'tap'
import { until } from '@carillon/testing'
import { carillon, clean } from './run-carillon.ts'
import type { Environment } from './run-carillon.ts'

export interface TerminalSession {
  /** Everything that was written to the screen, without control sequences. */
  screen: () => string
  /** The same with them. */
  output: () => string
  /** Resolves to the match as soon as the screen contains the pattern. */
  see: (pattern: RegExp) => Promise<RegExpExecArray>
  /** Presses keys: `\r` is Return, `\x03` is Ctrl-C. */
  type: (keys: string) => void
  /** The exit code, and whether the terminal echoes and reads lines again, as a shell expects. */
  ended: () => Promise<{ code: number | null, isRestored: boolean }>
}

/** The reason to skip tests that need a terminal. False if there is one. */
export const terminalMissing: string | false = reasonToSkip()

/** Runs `carillon ARGS` in a pseudo-terminal of util-linux's `script`. */
export async function openTerminal (t: Test, args: string[], env: Environment): Promise<TerminalSession> {
  const folder = await mkdtemp(join(tmpdir(), 'carillon-terminal-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const settings = join(folder, 'stty')
  const command = [process.execPath, ...carillon, ...args].map(quote).join(' ')
  // The shell gets Ctrl-C too. It must continue, so that it returns the exit code.
  const line = `stty cols 120 rows 40; trap : INT; ${command}; code=$?; stty -a > ${quote(settings)}; exit $code`
  const child = spawn('script', ['-qfec', line, '/dev/null'], {
    env: clean({ SHELL: '/bin/sh', TERM: 'xterm', ...env }),
    stdio: ['pipe', 'pipe', 'inherit']
  })
  const exited = once(child, 'exit')
  let written = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => { written += text })
  t.teardown(async () => {
    child.kill()
    await exited
    if (!t.passing()) t.comment(`the screen showed:\n${screen()}`)
  })
  const screen = () => stripVTControlCharacters(written).replaceAll('\r', '\n')

  return {
    screen,
    output: () => written,
    see: async (pattern) => await until(() => pattern.exec(screen()), { what: `${pattern} on the screen` })
      .catch((error: Error) => { throw new Error(`${error.message}\n${screen()}`) }),
    type: (keys) => { child.stdin.write(keys) },
    async ended () {
      const [code] = await exited as [number | null]
      const stty = await readFile(settings, 'utf8')
      return { code, isRestored: / icanon /.test(stty) && /\secho /.test(stty) }
    }
  }
}

function quote (text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

function reasonToSkip (): string | false {
  if (process.env['CARILLON_REQUIRE_TERMINAL'] === '1') return false
  if (`${spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout}`.includes('util-linux')) return false
  return 'util-linux\'s `script` is not installed (apt-get install bsdutils); CARILLON_REQUIRE_TERMINAL=1 makes this a failure'
}
