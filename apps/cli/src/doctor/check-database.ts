import { checkDatabase, inspectDatabase } from '@carillon/shared/db'
import type { Database } from '@carillon/shared/db'
import { describeError } from '../describe-error.ts'
import { checkClock } from './check-clock.ts'
import { fault, ok, warning } from './finding.ts'
import type { Finding } from './finding.ts'

/** Whether Carillon can use the database: reachable, version, migrations, settings, a write, clock. */
export async function checkPostgres (database: Database): Promise<{ findings: Finding[], isUsable: boolean }> {
  const facts = await inspectDatabase(database).catch((error: unknown) => describeError(error).join(' '))
  if (typeof facts === 'string') {
    return { findings: [fault('database', `PostgreSQL does not respond: ${sentence(facts)}`, 'Check DATABASE_URL, the server and the network.')], isUsable: false }
  }
  const { version, clockAheadMs, migrations: { applied, missing, isNewer } } = facts
  const found = [ok('database', `PostgreSQL ${version} responds.`), checkClock('PostgreSQL', clockAheadMs)]
  if (missing.length > 0) {
    const names = missing.length > 3 ? `${missing.length} migrations` : missing.join(', ')
    return { findings: [...found, fault('migrations', `The database lacks ${names}.`, 'Run `carillon migrate`.')], isUsable: false }
  }
  const refusal = await checkDatabase(database).then(() => undefined, (error: unknown) => describeError(error).join(' '))
  if (refusal !== undefined) {
    return { findings: [...found, fault('database', sentence(refusal), 'Correct what the message names.')], isUsable: false }
  }
  return {
    findings: [...found, isNewer
      ? warning('migrations', 'The tables are those of a newer Carillon, which this version can use.', 'Upgrade this installation.')
      : ok('migrations', `${applied} are applied, and none is missing.`)],
    isUsable: true
  }
}

function sentence (text: string): string {
  return text.endsWith('.') ? text : `${text}.`
}
