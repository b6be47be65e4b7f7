import { stripVTControlCharacters } from 'node:util'
import pc from 'picocolors'

export type Colors = ReturnType<typeof pc.createColors>

type Paint = (text: string) => string

/**
 * The colors of what is written to `output`: only a terminal gets any, since pipes and files keep the escape sequences. NO_COLOR
 * turns them off everywhere, and FORCE_COLOR turns them on. picocolors itself would also color the logs of CI.
 */
export function createColors (output: { isTTY?: boolean }, env: Record<string, string | undefined>): Colors {
  const { NO_COLOR: refused = '', FORCE_COLOR: forced = '', TERM: terminal } = env
  if (refused !== '') return pc.createColors(false)
  if (forced !== '') return pc.createColors(forced !== '0' && forced !== 'false')
  return pc.createColors(output.isTTY === true && terminal !== 'dumb')
}

const words: Record<'good' | 'bad', readonly string[]> = {
  good: ['ok', 'works', 'active', 'sent', 'yes'],
  bad: ['error', 'failing', 'paused', 'needsReauth', 'revoked', 'failed', 'expired', 'no']
}

/** The color of a state, a level or a severity: green, red, or yellow for what waits or may need attention. */
export function colorOf (state: string, { green, red, yellow }: Colors): Paint {
  return words.good.includes(state) ? green : words.bad.includes(state) ? red : yellow
}

/** The number of columns that a text takes, without its colors. */
export function visibleLength (text: string): number {
  return stripVTControlCharacters(text).length
}
