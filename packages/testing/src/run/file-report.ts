import { Parser } from 'tap-parser'
import type { Result } from 'tap-parser'
import { stringify } from 'yaml'
import { createSourcePositions } from './source-positions.ts'

export interface FileResult {
  file: string
  seconds: number
  /** Of the file's process and of those that it started. PostgreSQL and Redis are not included, if all files share them. */
  cpuSeconds: number
  ok: boolean
  passed: number
  failed: number
  skipped: number
  /** Names of skipped tests, with the reasons. */
  skips: string[]
  /** Failed tests, with their details. */
  failures: string[]
  comments: string[]
}

export type Counts = Pick<FileResult, 'passed' | 'failed' | 'skipped'>

/** Parses the output of one test file, line by line. Bundles are in the folder `root`. */
export function createFileReport (root: string) {
  const positions = createSourcePositions(root)
  const counts: Counts = { passed: 0, failed: 0, skipped: 0 }
  const [skips, failures, comments]: [string[], string[], string[]] = [[], [], []]
  const parser = new Parser()
  listen(parser)
  return {
    write: (line: string) => { parser.write(line + '\n') },
    /** `problem` describes how the process ended, unless it succeeded. */
    end: (problem?: string): Omit<FileResult, 'file' | 'seconds' | 'cpuSeconds'> => {
      parser.end()
      const ok = parser.ok && problem === undefined
      // A file that fails counts as failed, even if all its assertions passed.
      if (!ok && counts.failed === 0) {
        counts.failed = 1
        failures.push(`✖ the file ${problem ?? 'did not write what tap expects of it'}`,
          ...parser.failures.map((failure) => stringify(failure).trimEnd()))
      }
      return { ok, ...counts, skips, failures, comments }
    }
  }

  function listen (parser: Parser): void {
    let children = 0
    parser.on('child', (child: Parser) => {
      children++
      listen(child)
    })
    parser.on('comment', (comment: string) => {
      if (!/^# (Subtest|time=|\{ total)/.test(comment)) comments.push(comment.trim())
    })
    parser.on('assert', (result: Result) => {
      // The line that ends a subtest only repeats its result. A skipped test has no subtest.
      if (children > 0) {
        children--
      } else if (result.skip || result.todo) {
        counts.skipped++
        skips.push(`${result.fullname}${typeof result.skip === 'string' && result.skip ? `: ${result.skip}` : ''}`)
      } else if (result.ok) {
        counts.passed++
      } else {
        counts.failed++
        failures.push(describe(result, positions))
      }
    })
  }
}

/** The lines of the log about one file. */
export function describeResult (result: FileResult): string[] {
  const { ok, file, seconds, cpuSeconds, skips, failures, comments } = result
  return [
    `${ok ? 'ok  ' : 'FAIL'} ${file} (${summary(result)}, ${seconds.toFixed(1)} s, CPU ${cpuSeconds.toFixed(1)} s)`,
    ...skips.map((line) => `     skipped: ${line}`),
    ...(ok ? [] : [...failures, ...comments].map(indent))
  ]
}

export function summary ({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`
}

function describe ({ fullname, diag }: Result, positions: ReturnType<typeof createSourcePositions>): string {
  return `✖ ${fullname}\n${diag ? positions.inText(stringify(positions.inDetails(diag))) : ''}`.trimEnd()
}

function indent (text: string): string {
  return text.replace(/^/gm, '     ')
}
