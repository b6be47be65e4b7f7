/** One mutation of a line: its name, and the resulting line. */
export interface Breakage {
  name: string
  line: string
}

interface Operator {
  pattern: RegExp
  replace: (match: RegExpExecArray) => string | undefined
}

const operators: Operator[] = [
  // A conjunct of an SQL condition, as far as it continues on this line.
  { pattern: / and (?!.*\bbetween\b)/g, replace: dropConjunct },
  { pattern: /\b(where|on) (?=[^`]* and )/g, replace: dropFirst },
  { pattern: / for (?:no key )?update(?: of \w+)?(?: skip locked)?/g, replace: () => '' },
  { pattern: / skip locked/g, replace: () => '' },
  { pattern: / is not null/g, replace: () => ' is null' },
  { pattern: / is null/g, replace: () => ' is not null' },
  { pattern: / <> /g, replace: () => ' = ' },
  { pattern: / (<=?|>) now\(\)/g, replace: ([, sign]) => sign === '>' ? ' <= now()' : ' > now()' },
  { pattern: /\b(greatest|least)\(/g, replace: ([, name]) => name === 'least' ? 'greatest(' : 'least(' },
  // TypeScript.
  { pattern: / === /g, replace: () => ' !== ' },
  { pattern: / !== /g, replace: () => ' === ' },
  { pattern: / && /g, replace: () => ' || ' },
  { pattern: / \|\| /g, replace: () => ' && ' },
  { pattern: / (<=?|>=?) (?!now\(\))/g, replace: ([, sign = '']) => ` ${opposites[sign] ?? sign} ` },
  { pattern: /\bif \(/g, replace: ({ input, index }) => input.includes('`') ? undefined : dropIf(input, index) },
  { pattern: /(?<!\?: )\b(true|false)\b/g, replace: ([word]) => word === 'true' ? 'false' : 'true' }
]

const opposites: Record<string, string> = { '<': '>=', '<=': '>', '>': '<=', '>=': '<' }

/** All mutations of one line. A line without code (a comment, an import, a type) has none. */
export function breakLine (line: string): Breakage[] {
  if (/^\s*(?:\/\/|\/?\*|--|import |export (?:type|interface|\{)|interface |type |@)/.test(line)) return []
  const broken = operators.flatMap(({ pattern, replace }) => [...line.matchAll(pattern)].flatMap((match) => {
    const replaced = replace(match)
    if (replaced === undefined) return []
    const rest = line.slice(match.index + match[0].length)
    // A replacement that ends with NUL already contains the rest of the line.
    const whole = replaced.endsWith('\0') ? line.slice(0, match.index) + replaced.slice(0, -1) : line.slice(0, match.index) + replaced + rest
    return [nameOf(line, whole)]
  }))
  const call = /^(\s*)(?:await )?[a-z][\w.]*\([^{]*\)$/.exec(line)
  return call === null || /=>|=/.test(line.split('(')[0] ?? '') ? broken : [...broken, { name: `drop "${line.trim()}"`, line: '' }]
}

function nameOf (before: string, after: string): Breakage {
  return { name: `"${before.trim()}" → "${after.trim()}"`, line: after }
}

/** Removes ` and …` up to the next conjunct, the closing parenthesis or the end of the line. */
function dropConjunct ({ input, index, 0: word }: RegExpExecArray): string | undefined {
  if (!isSql(input) || /\bbetween\b/.test(input.slice(0, index))) return undefined
  const end = endOfConjunct(input, index + word.length)
  return end === undefined ? undefined : input.slice(end) + '\0'
}

function dropFirst ({ input, index, 0: word }: RegExpExecArray): string | undefined {
  if (!isSql(input)) return undefined
  const end = endOfConjunct(input, index + word.length)
  if (end === undefined || !input.startsWith(' and ', end)) return undefined
  return word + input.slice(end + ' and '.length) + '\0'
}

function endOfConjunct (text: string, start: number): number | undefined {
  let depth = 0
  for (let at = start; at < text.length; at++) {
    const char = text[at]
    if (char === '(' || char === '{') depth++
    if (char === ')' || char === '}') depth--
    if (depth < 0) return at
    if (depth === 0 && /^(?: and | or | then | order by | group by | for update| for no key| limit | as |[`,])/.test(text.slice(at))) return at
  }
  return depth === 0 ? text.length : undefined
}

function isSql (line: string): boolean {
  return !line.includes('&&') && !/\/\//.test(line)
}

/** `if (…)` becomes `if (false)`, which disables the check. */
function dropIf (line: string, index: number): string | undefined {
  let depth = 0
  for (let at = index + 'if '.length; at < line.length; at++) {
    if (line[at] === '(') depth++
    if (line[at] === ')' && --depth === 0) return `if (false)${line.slice(at + 1)}\0`
  }
  return undefined
}
