import type { Command } from 'commander'
import type { CommandContext } from '../command-context.ts'

export function addDemo (program: Command, { env, print, terminal: { output } }: CommandContext): void {
  const demo = program.command('demo')
    .summary('connect a simulated account, send a notification, and show what arrived')
    .description('Connects a simulated account of a user, sends the user a notification, and shows what arrived at the simulator. ' +
      'It needs a running `carillon up` with simulators.')
  addUser(demo.command('send', { isDefault: true }).summary('run the demo (the default)').description(demo.description()))
    .action(async ({ user }: { user: string }) => {
      const { runDemo } = await import('../demo/run-demo.ts')
      await runDemo(env, user, { print, explain: (line) => output.write(`${line}\n`) })
    })
  addUser(demo.command('link').summary('print a page on which a user connects accounts'), 'bob')
    .description('Creates a token of a user and prints the address of the page on which the user connects accounts. Open it in a browser.')
    .action(async ({ user }: { user: string }) => {
      const { createLink } = await import('../demo/create-link.ts')
      print(await createLink(env, user))
    })
}

function addUser (command: Command, example = 'alice'): Command {
  return command.option('--user <id>', 'your id of the user', example)
}
