import { Parser } from 'tap-parser'
import type { Result } from 'tap-parser'
import { stringify } from 'yaml'

export interface Counts {
  passed: number
  failed: number
  skipped: number
}

/**
 * Reads tap's stream and prints what a log wants: a line per file, what was skipped and why, what failed with its details
 * and the comments of its test, and the counts of assertions last.
 */
export async function reportPlainly (lines: AsyncIterable<string>, print: (line: string) => void): Promise<Counts> {
  const total: Counts = { passed: 0, failed: 0, skipped: 0 }
  const parser = new Parser()
  let file = readFile(undefined)
  parser.on('child', (child: Parser) => { file = readFile(child) })
  parser.on('assert', (result: Result) => {
    const { counts, skips, failures, comments } = file
    file = readFile(undefined)
    const seconds = ((result.time ?? 0) / 1000).toFixed(1)
    print(`${result.ok ? 'ok  ' : 'FAIL'} ${result.name} (${summary(counts)}, ${seconds} s)`)
    skips.forEach((line) => print(`     skipped: ${line}`))
    const reasons = failures.length > 0 ? failures : [describe(result)]
    if (!result.ok) [...reasons, ...comments].forEach((text) => print(indent(text)))
    // A file that ends badly counts, even when all its assertions held.
    if (!result.ok && counts.failed === 0) counts.failed = 1
    for (const key of ['passed', 'failed', 'skipped'] as const) total[key] += counts[key]
  })
  for await (const line of lines) parser.write(line + '\n')
  parser.end()
  print(summary(total))
  return total
}

function readFile (parser: Parser | undefined) {
  const counts: Counts = { passed: 0, failed: 0, skipped: 0 }
  const found = { counts, skips: [] as string[], failures: [] as string[], comments: [] as string[] }
  if (parser) listen(parser)
  return found

  function listen (parser: Parser): void {
    let children = 0
    parser.on('child', (child: Parser) => {
      children++
      listen(child)
    })
    parser.on('comment', (comment: string) => {
      if (!/^# (Subtest|time=)/.test(comment)) found.comments.push(comment.trim())
    })
    parser.on('assert', (result: Result) => {
      // The line that closes a subtest only repeats it. One that was skipped has no subtest.
      if (children > 0) {
        children--
      } else if (result.skip || result.todo) {
        counts.skipped++
        found.skips.push(`${result.fullname}${typeof result.skip === 'string' && result.skip ? `: ${result.skip}` : ''}`)
      } else if (result.ok) {
        counts.passed++
      } else {
        counts.failed++
        found.failures.push(describe(result))
      }
    })
  }
}

function describe ({ fullname, diag }: Result): string {
  return `✖ ${fullname}\n${diag ? stringify(diag) : ''}`.trimEnd()
}

function indent (text: string): string {
  return text.replace(/^/gm, '     ')
}

function summary ({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`
}
