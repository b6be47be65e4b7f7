import { problemHelp } from '../problems/problem-help.ts'
import { problemTable } from '../problems/problem-table.ts'
import type { ProblemCode } from '../problems/problem-table.ts'

const introduction = `# Errors

This page lists the codes of all errors. It is generated from the API's table: \`npm run openapi -w @carillon/api\` writes it.

Every error is a problem (RFC 9457) of the type \`application/problem+json\`. Programs compare its \`code\`. Its \`type\` is a URL of the API with the
section below. Its \`detail\` describes the individual request, and its \`requestId\` is also in the log.`

/** docs/errors.md. */
export function errorsDocument (): string {
  const sections = problemCodes.map((code) => {
    const { status, title } = problemTable[code]
    const { cause, fix } = problemHelp[code]
    return `## ${code}\n\n**${status}: ${title}.** ${cause}\n\nWhat to do: ${fix}\n`
  })
  return [introduction, '', ...sections].join('\n')
}

export const problemCodes = Object.keys(problemTable) as ProblemCode[]
