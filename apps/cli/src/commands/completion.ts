import { Argument } from 'commander'
import type { Command } from 'commander'
import { readDefinitions } from '@carillon/shared/config'
import type { CommandContext } from '../command-context.ts'
import { bashScript } from '../completion/bash.ts'
import { listCommands } from '../completion/command-tree.ts'
import { fishScript } from '../completion/fish.ts'
import { zshScript } from '../completion/zsh.ts'

const scripts = { bash: bashScript, zsh: zshScript, fish: fishScript }

export function addCompletion (program: Command, { env, print }: CommandContext): void {
  program.command('completion')
    .summary('print a script that completes commands in your shell')
    .description('Prints a script for a shell. It completes commands, options, providers, statuses and file names after `carillon`.')
    .addArgument(new Argument('<shell>', 'the shell').choices(Object.keys(scripts)))
    .addHelpText('after', more)
    .action((shell: keyof typeof scripts) => {
      const providers = readDefinitions(env).definitions.map(({ id }) => id)
      print(scripts[shell](listCommands(program, { provider: providers })))
    })
}

const more = `
Examples:
  source <(carillon completion bash)       in ~/.bashrc
  source <(carillon completion zsh)        in ~/.zshrc, after compinit
  carillon completion fish | source        in ~/.config/fish/config.fish`
