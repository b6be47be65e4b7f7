/**
 * Parses the `options` of a connection, which are switches of the server: `-c name=value`, `-cname=value` or `--name=value`. A
 * backslash escapes the next character. Throws an Error for every other switch.
 */
export function parseOptions (options: string): Record<string, string> {
  const words = [...options.matchAll(/(?:\\.|[^\s\\])+/g)].map(([word]) => word.replace(/\\(.)/g, '$1'))
  const settings: Record<string, string> = {}
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? ''
    const setting = word === '-c' ? words[++index] : /^(?:-c|--)(.+)$/.exec(word)?.[1]
    const [, name, value] = /^([\w.-]+)=(.*)$/s.exec(setting ?? '') ?? []
    if (name === undefined || value === undefined) throw new Error('has parameter options with something else than -c name=value in it')
    settings[name.replaceAll('-', '_')] = value
  }
  return settings
}

/** The inverse of `parseOptions`. */
export function formatOptions (settings: Readonly<Record<string, string>>): string {
  return Object.entries(settings).map(([name, value]) => `-c ${name}=${value.replace(/[\s\\]/g, '\\$&')}`).join(' ')
}
