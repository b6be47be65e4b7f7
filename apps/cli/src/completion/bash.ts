import type { CommandNode, Values } from './command-tree.ts'

/** A script for bash, without bash-completion. It needs no process at each Tab. */
export function bashScript (commands: CommandNode[]): string {
  return `# Completion of carillon for bash. Load it with: source <(carillon completion bash)
_carillon () {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" path='' position=0 index word values
  # bash makes a word of its own of the = in --option=value.
  if [ "$current" = = ]; then current=''
  elif [ "$previous" = = ]; then previous="\${COMP_WORDS[COMP_CWORD-2]}"; fi
  COMPREPLY=()
  for ((index = 1; index < COMP_CWORD; index++)); do
    word="\${COMP_WORDS[index]}"
    case "$path/$word" in
${patterns(commands.flatMap(({ path, commands: children }) => children.map(({ name }) => `${path}/${name}`)))}) path="\${path:+$path }$word"; position=0; continue ;;
    esac
    case "$path $word" in
${patterns(commands.flatMap(({ path, options }) => options.filter(({ values }) => values.kind !== 'none').flatMap(({ names }) => names.map((name) => `${path} ${name}`))))})
        [ "\${COMP_WORDS[index+1]}" = = ] && ((index++))
        ((index++)) ;;
      *\\ -*) ;;
      *) ((position++)) ;;
    esac
  done
  case "$path $previous" in
${commands.flatMap(({ path, options }) => options.flatMap(({ names, values }) => values.kind === 'none' ? [] : [branch(names.map((name) => `${path} ${name}`), values)])).join('\n')}
  esac
  case "$current" in -*)
    case "$path" in
${commands.map(({ path, options }) => `      '${path}') values='${options.flatMap(({ names }) => names).join(' ')}' ;;`).join('\n')}
    esac
    COMPREPLY=($(compgen -W "$values" -- "$current"))
    return ;;
  esac
  case "$path $position" in
${commands.flatMap(({ path, commands: children, arguments: all }) => [
  ...children.length === 0 ? [] : [branch([`${path} 0`], { kind: 'choices', choices: children.map(({ name }) => name) })],
  ...all.map((values, position) => branch([`${path} ${position}`], values))
]).join('\n')}
  esac
}
complete -F _carillon carillon`
}

function patterns (texts: string[]): string {
  return `      ${texts.map((text) => `'${text}'`).join('|')}`
}

function branch (texts: string[], values: Values): string {
  const head = `    ${texts.map((text) => `'${text}'`).join('|')})`
  if (values.kind === 'choices') return `${head} COMPREPLY=($(compgen -W '${values.choices.join(' ')}' -- "$current")); return ;;`
  if (values.kind === 'file') return `${head} compopt -o filenames 2> /dev/null; COMPREPLY=($(compgen -f -- "$current")); return ;;`
  return `${head} return ;;`
}
