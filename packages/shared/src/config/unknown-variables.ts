import { definitions as registered } from '../providers/index.ts'
import type { ProviderDefinition } from '../providers/index.ts'
import { variablesOf } from './variables.ts'

export interface UnknownVariable {
  name: string
  /** A message for the operator, without the variable's value. */
  warning: string
}

/** Prefixes that no other program uses. */
const ownFamilies = ['CARILLON_', 'DELIVER_']
/** The variables that Kubernetes sets for a service named `carillon`, and those that our own tests read. */
const foreign = /_SERVICE_(?:HOST|PORT)|_PORT(?:_\d+_(?:TCP|UDP))?(?:_(?:ADDR|PORT|PROTO))?$|^CARILLON_REQUIRE_/
/** Shorter names, such as HOST, are too similar to other programs' variables. */
const minLength = 8

/**
 * Finds variables that Carillon does not read and that are probably mistakes: names similar to one of ours, or with one of our
 * prefixes.
 */
export function findUnknownVariables (
  env: Record<string, string | undefined>, definitions: readonly ProviderDefinition[] = registered
): UnknownVariable[] {
  const known = Object.keys(variablesOf(definitions))
  const families = [...ownFamilies, ...definitions.map(({ prefix }) => prefix)]
  return Object.entries(env).flatMap(([name, value]) => {
    if (value === undefined || value === '' || known.includes(name) || foreign.test(name)) return []
    const meant = findSimilar(name, known)
    if (meant === undefined && !families.some((family) => name.startsWith(family))) return []
    const question = meant === undefined ? '' : `; did you mean ${meant}?`
    return [{ name, warning: `${name} is not a variable of Carillon and is ignored${question}` }]
  })
}

/** The variable whose name differs only in case and underscores, or else in one or two characters. */
function findSimilar (name: string, known: string[]): string | undefined {
  const plain = plainOf(name)
  const same = known.find((other) => plainOf(other) === plain)
  if (same !== undefined || plain.length < minLength) return same
  const [closest] = known.filter((other) => plainOf(other).length >= minLength)
    .map((other) => ({ other, distance: distanceBetween(plain, plainOf(other)) }))
    .sort((one, another) => one.distance - another.distance)
  // Two different characters of eight make another word, but of twelve they are a typing error.
  return closest !== undefined && closest.distance <= (plain.length < 12 ? 1 : 2) ? closest.other : undefined
}

function plainOf (name: string): string {
  return name.toUpperCase().replaceAll('_', '')
}

/** The Levenshtein distance: how many characters are inserted, deleted or replaced. */
function distanceBetween (one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index)
  for (const [i, character] of [...one].entries()) {
    const next = [i + 1]
    for (const [j, wanted] of [...other].entries()) {
      next.push(Math.min((row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1, (row[j] ?? 0) + (character === wanted ? 0 : 1)))
    }
    row = next
  }
  return row.at(-1) ?? 0
}
