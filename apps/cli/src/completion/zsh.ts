import type { CommandNode, Values } from './command-tree.ts'

/** A script for zsh, with the descriptions of commands and options. */
export function zshScript (commands: CommandNode[]): string {
  return `#compdef carillon
# Completion of carillon for zsh. Load it with: source <(carillon completion zsh)
_carillon () {
  local path_='' word previous="$words[CURRENT-1]" prefix=''
  local -i position=0 index
  for ((index = 2; index < CURRENT; index++)); do
    word="$words[index]"
    case "$path_/$word" in
      ${patterns(commands.flatMap(({ path, commands: children }) => children.map(({ name }) => `${path}/${name}`)))}) path_="\${path_:+$path_ }$word"; position=0; continue ;;
    esac
    case "$path_ $word" in
      ${patterns(commands.flatMap(({ path, options }) => options.filter(({ values }) => values.kind !== 'none').flatMap(({ names }) => names.map((name) => `${path} ${name}`))))}) ((index++)) ;;
      *\\ -*) ;;
      *) ((position++)) ;;
    esac
  done
  if [[ "$words[CURRENT]" == --*=* ]]; then
    previous="\${words[CURRENT]%%=*}"
    compset -P '*='
  fi
  case "$path_ $previous" in
${commands.flatMap(({ path, options }) => options.flatMap(({ names, values }) => values.kind === 'none' ? [] : [branch(names.map((name) => `${path} ${name}`), values)])).join('\n')}
  esac
  local -a found
  if [[ "$words[CURRENT]" == -* ]]; then
    case "$path_" in
${commands.map(({ path, options }) => `      '${path}') found=(${options.flatMap(({ names, summary }) => names.map((name) => quote(`${name}:${summary}`))).join(' ')}) ;;`).join('\n')}
    esac
    _describe -o option found
    return
  fi
  case "$path_ $position" in
${commands.flatMap(({ path, commands: children, arguments: all }) => [
  ...children.length === 0
    ? []
    : [`    ${quote(`${path} 0`)}) found=(${children.map(({ name, summary }) => quote(`${name}:${summary}`)).join(' ')}); _describe command found; return ;;`],
  ...all.map((values, position) => branch([`${path} ${position}`], values))
]).join('\n')}
  esac
}
if [[ "$funcstack[1]" == _carillon ]]; then _carillon "$@"; else compdef _carillon carillon; fi`
}

function patterns (texts: string[]): string {
  return texts.map(quote).join('|')
}

function branch (texts: string[], values: Values): string {
  const head = `    ${patterns(texts)})`
  if (values.kind === 'choices') return `${head} compadd -- ${values.choices.map(quote).join(' ')}; return ;;`
  return values.kind === 'file' ? `${head} _files; return ;;` : `${head} return ;;`
}

function quote (text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
