import type { Command } from 'commander'
import { loadConfig } from '@carillon/shared/config'
import type { CommandContext } from '../command-context.ts'

export function addMigrate (program: Command, { env, print }: CommandContext): void {
  program.command('migrate')
    .summary('bring the database up to date')
    .description('Brings the tables at DATABASE_URL up to date: Carillon\'s own, and those of the queue that are used when there ' +
      'is no REDIS_URL. Safe to run again, and from several places at once. `carillon up` does this by itself.')
    .action(async () => {
      // Loaded when needed: they take as long as everything else.
      const [{ migrateDatabase }, { migrateQueue }] = await Promise.all([import('@carillon/shared/db'), import('@carillon/shared/queue')])
      const { DATABASE_URL: url } = loadConfig(env, ['DATABASE_URL'])
      await migrateDatabase({ url })
      print('tables are up to date')
      await migrateQueue({ url })
      print('queue tables are up to date')
    })
}
