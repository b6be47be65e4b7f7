import { readFileSync } from 'node:fs'
import { SourceMap } from 'node:module'
import { dirname, relative, resolve } from 'node:path'

interface Position {
  fileName: string
  lineNumber: number
  columnNumber: number
}

type Details = Record<string, unknown>

/** Lines before and after the one that failed. */
const contextLines = 2
const position = /((?:[^\s():]+\/)?\.tap\/bundles\/[^\s():]+\.js):(\d+):(\d+)/g

/**
 * Finds the positions of a bundle in the sources, with its source maps. Node can do so too (`--enable-source-maps`), but then
 * every process reads all its maps when it starts.
 */
export function createSourcePositions (root: string) {
  const maps = new Map<string, SourceMap | undefined>()

  return {
    /** The details of a failure: `at` and `source` are of the source. */
    inDetails (details: Details): Details {
      const at = isPosition(details['at']) ? find(details['at']) : undefined
      return at === undefined ? details : { ...details, at: { ...details['at'] as Position, ...at }, source: excerpt(at) }
    },
    /** The positions in a stack trace. */
    inText: (text: string): string => text.replaceAll(position, (original, fileName: string, line: string, column: string) => {
      const found = find({ fileName, lineNumber: Number(line), columnNumber: Number(column) })
      return found === undefined ? original : `${found.fileName}:${found.lineNumber}:${found.columnNumber}`
    })
  }

  function find ({ fileName, lineNumber, columnNumber }: Position): Position | undefined {
    const bundle = resolve(root, fileName)
    const entry = mapOf(bundle)?.findEntry(lineNumber - 1, columnNumber - 1)
    if (entry === undefined || !('originalSource' in entry)) return undefined
    return {
      fileName: relative(root, resolve(dirname(bundle), entry.originalSource)),
      lineNumber: entry.originalLine + 1,
      columnNumber: entry.originalColumn + 1
    }
  }

  function mapOf (bundle: string): SourceMap | undefined {
    if (!maps.has(bundle)) maps.set(bundle, readMap(`${bundle}.map`))
    return maps.get(bundle)
  }

  function excerpt ({ fileName, lineNumber, columnNumber }: Position): string {
    const lines = readFileSync(resolve(root, fileName), 'utf8').split('\n')
    const before = lines.slice(Math.max(0, lineNumber - 1 - contextLines), lineNumber)
    return [...before, `${'-'.repeat(columnNumber - 1)}^`, ...lines.slice(lineNumber, lineNumber + contextLines)].join('\n')
  }
}

function readMap (path: string): SourceMap | undefined {
  try {
    return new SourceMap(JSON.parse(readFileSync(path, 'utf8')))
  } catch {
    return undefined
  }
}

function isPosition (value: unknown): value is Position {
  return typeof value === 'object' && value !== null && 'fileName' in value && typeof value.fileName === 'string' &&
    'lineNumber' in value && 'columnNumber' in value
}
