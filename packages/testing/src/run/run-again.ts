import type { FileResult } from './file-report.ts'

/** More files than these do not fail because the machine is busy. */
const maxFiles = 8

/**
 * Runs the files that failed again, and returns the results of all files. `unstable` are those that passed then: one that fails
 * beside others and passes alone shows a fault of the test or of the code.
 */
export async function runAgain (
  results: FileResult[], run: (files: string[]) => Promise<FileResult[]>
): Promise<{ results: FileResult[], unstable: string[] }> {
  const failed = results.filter(({ ok }) => !ok).map(({ file }) => file)
  if (failed.length === 0 || failed.length > maxFiles) return { results, unstable: [] }
  const again = new Map((await run(failed)).map((result) => [result.file, result]))
  return {
    results: results.map((result) => again.get(result.file) ?? result),
    unstable: failed.filter((file) => again.get(file)?.ok)
  }
}
