import { fileURLToPath } from 'node:url'
import { createConfig, formatProblems, getTotals, lint } from '@redocly/openapi-core'

/** `npm run openapi:lint`: checks docs/openapi.json with Redocly's recommended rules. Warnings fail too. */
const ref = fileURLToPath(new URL('../../../docs/openapi.json', import.meta.url))
/** No provider has the name of a resource, so this path matches no other one. */
const unambiguous = '`/v1/{provider}/key`'
const found = await lint({ ref, config: await createConfig({ extends: ['recommended'] }) })
const problems = found.filter(({ ruleId, message }) => ruleId !== 'no-ambiguous-paths' || !message.includes(unambiguous))
const totals = getTotals(problems)
formatProblems(problems, { totals, version: '' })
if (totals.errors + totals.warnings > 0) process.exitCode = 1
