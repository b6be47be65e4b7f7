import type { CommandNode, Values } from './command-tree.ts'

/** A script for fish, with the descriptions of commands and options. */
export function fishScript (commands: CommandNode[]): string {
  const withValue = commands.flatMap(({ path, options }) => options.flatMap(({ names, values }) =>
    values.kind === 'none' ? [] : names.map((name) => quote(`${path} ${name}`))))
  const paths = commands.flatMap(({ path, commands: children }) => children.map(({ name }) => quote(`${path}/${name}`)))
  return `# Completion of carillon for fish. Load it with: carillon completion fish | source
# Prints the command of the line so far, a slash, and the number of its arguments.
function __carillon_place
  set -l path ''
  set -l position 0
  set -l skip 0
  for word in (commandline -opc)[2..-1]
    if test $skip = 1
      set skip 0
    else if contains -- "$path/$word" ${paths.join(' ')}
      set path (string trim -- "$path $word")
      set position 0
    else if contains -- "$path $word" ${withValue.join(' ')}
      set skip 1
    else if not string match -q -- '-*' $word
      set position (math $position + 1)
    end
  end
  echo "$path/$position"
end
function __carillon_at
  string match -q -- "$argv[1]" (__carillon_place)
end
complete -c carillon -f
${commands.flatMap(linesOf).join('\n')}`
}

function linesOf ({ path, commands, options, arguments: all }: CommandNode): string[] {
  return [
    ...commands.map(({ name, summary }) => line(`${path}/0`, `-a ${name} -d ${quote(summary)}`)),
    ...all.flatMap((values, position) => values.kind === 'none' || values.kind === 'any' ? [] : [line(`${path}/${position}`, valuesOption(values))]),
    ...options.map(({ names, summary, values }) => {
      const flags = names.map((name) => name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`).join(' ')
      // Without a file, -x: -r alone would offer files.
      const value = { none: '', file: ' -r -F', any: ' -x', choices: ` -x ${valuesOption(values)}` }[values.kind]
      return line(`${path}/*`, `${flags}${value} -d ${quote(summary)}`)
    })
  ]
}

function line (place: string, what: string): string {
  return `complete -c carillon -n ${quote(`__carillon_at ${quote(place)}`)} ${what}`
}

function valuesOption (values: Values): string {
  if (values.kind === 'choices') return `-a ${quote(values.choices.join(' '))}`
  return values.kind === 'file' ? '-F' : ''
}

/** fish knows two escapes in single quotes. */
function quote (text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}
