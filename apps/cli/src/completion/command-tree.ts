import type { Command } from 'commander'

/** What a word of the command line may be. */
export type Values = { kind: 'none' | 'any' | 'file' } | { kind: 'choices', choices: readonly string[] }

interface OptionNode {
  /** `--json`, and `-V` if there is a short one. */
  names: string[]
  summary: string
  /** `none` for a switch. */
  values: Values
}

/** A command with everything that may follow it. */
export interface CommandNode {
  /** `connections list`. Empty for the program. */
  path: string
  commands: Array<{ name: string, summary: string }>
  options: OptionNode[]
  /** What the arguments may be, by position. */
  arguments: Values[]
}

/** All commands below `command`, with the choices for placeholders that have a fixed set, such as `provider`. */
export function listCommands (command: Command, choicesOf: Record<string, readonly string[]>, path = ''): CommandNode[] {
  const help = command.createHelp()
  const children = help.visibleCommands(command)
  // The default command follows without its name.
  const standIn = children.find((child) => child.summary().endsWith('(the default)'))
  const options = [command, ...standIn === undefined ? [] : [standIn]].flatMap((one) => help.visibleOptions(one))
  return [
    {
      path,
      commands: children.map((child) => ({ name: child.name(), summary: help.subcommandDescription(child) })),
      options: uniqueByName(options.map(({ long, short, description, flags, argChoices, required, optional }) => ({
        names: [long, short].filter((name): name is string => typeof name === 'string'),
        summary: description,
        values: required || optional ? valuesOf(placeholderIn(flags), argChoices, choicesOf) : { kind: 'none' }
      }))),
      arguments: command.registeredArguments.map((argument) => valuesOf(argument.name(), argument.argChoices, choicesOf))
    },
    ...children.filter((child) => child.name() !== 'help')
      .flatMap((child) => listCommands(child, choicesOf, path === '' ? child.name() : `${path} ${child.name()}`))
  ]
}

function valuesOf (
  placeholder: string, choices: readonly string[] | undefined, choicesOf: Record<string, readonly string[]>
): Values {
  const fixed = choices ?? choicesOf[placeholder]
  if (fixed !== undefined) return { kind: 'choices', choices: fixed }
  return { kind: placeholder === 'path' || placeholder === 'file' ? 'file' : 'any' }
}

/** `provider` in `--provider <provider...>`. */
function placeholderIn (flags: string): string {
  return /[<[]([\w-]+)/.exec(flags)?.[1] ?? ''
}

function uniqueByName (options: OptionNode[]): OptionNode[] {
  return [...new Map(options.map((option) => [option.names[0], option])).values()]
}
