import type { Command } from 'commander'
import { loadConfig } from '@carillon/shared/config'
import type { CommandContext } from '../command-context.ts'

export function addMigrate (program: Command, { env, print }: CommandContext): void {
  program.command('migrate')
    .summary('update the tables of the database')
    .description('Updates the tables at DATABASE_URL: Carillon\'s own, and those of the queue, which are used without REDIS_URL. ' +
      'It is safe to run again, and to run several at once. `carillon up` does this by itself.')
    .action(async () => {
      // Loaded only if needed, because loading them is slow.
      const [{ migrateDatabase }, { migrateQueue }] = await Promise.all([import('@carillon/shared/db'), import('@carillon/shared/queue')])
      const { DATABASE_URL: url } = loadConfig(env, ['DATABASE_URL'])
      await migrateDatabase({ url })
      print('tables are up to date')
      await migrateQueue({ url })
      print('queue tables are up to date')
    })
}
