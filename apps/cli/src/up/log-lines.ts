import type { Colors } from '../colors.ts'
import type { PartLine } from './process-part.ts'

const warn = 40
const levels: Record<number, string> = { 10: 'trace', 20: 'debug', 30: 'info', 40: 'warn', 50: 'error', 60: 'fatal' }
/** Fields of a pino line that are not shown. */
const hiddenFields = new Set(['level', 'time', 'pid', 'hostname', 'name', 'msg', 'err'])

/** A pino line as text for the terminal, after the part's name. Undefined if it is below a warning and not `verbose`. */
export function readableLine (
  { part, stream, text }: PartLine, { verbose, colors }: { verbose: boolean, colors: Colors }
): string | undefined {
  const name = colors.dim(part.padEnd(8))
  const entry = parse(text)
  if (!entry) return verbose || stream === 'stderr' ? `${name} ${text}` : undefined
  if (!verbose && entry.level < warn) return undefined
  const rest = Object.entries(entry).filter(([key]) => !hiddenFields.has(key)).map(([key, value]) => `${key}=${brief(value)}`)
  const error = entry.err?.message === entry.msg ? undefined : entry.err?.message
  const words = [levelOf(entry, colors), entry.msg, error, colors.dim(rest.join(' '))].filter(Boolean).join(' ')
  return `${name} ${words}${verbose && entry.err?.stack ? `\n${entry.err.stack}` : ''}`
}

interface Entry {
  level: number
  msg?: string
  err?: { message?: string, stack?: string }
}

function levelOf ({ level }: Entry, { red, yellow }: Colors): string {
  const word = levels[level] ?? String(level)
  return level > warn ? red(word) : level === warn ? yellow(word) : word
}

function parse (text: string): Entry | undefined {
  if (!text.startsWith('{')) return undefined
  try {
    const entry: unknown = JSON.parse(text)
    return typeof entry === 'object' && entry !== null && 'level' in entry && typeof entry.level === 'number' ? entry as Entry : undefined
  } catch {
    return undefined
  }
}

function brief (value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value) ?? ''
}
