import { truncate } from '@carillon/shared/text'

/** A number that a double may round has at least sixteen digits or an exponent. Most bodies have no such number. */
const candidate = /(?:^|[[:,\s])-?\d(?:[\d.]{15}|[\d.]*[eE])/

interface Container {
  /** For an array: the index of the current item. */
  index: number | undefined
  /** For an object: the range of the current field's name in the text, with its quotes. */
  nameAt: [start: number, end: number]
}

/**
 * The path, such as `data.ids.3`, of the first number in `json` whose value changes when it is parsed and written again:
 * 9007199254740993 and 1e400, but not 1.50 or 1e2. `json` must be valid JSON.
 */
export function findInexactNumber (json: string): string | undefined {
  if (!candidate.test(json)) return undefined
  const containers: Container[] = []
  let lastString: Container['nameAt'] = [0, 0]
  for (let position = 0; position < json.length; position++) {
    const character = json[position]
    const container = containers.at(-1)
    if (character === '"') {
      const end = endOfString(json, position)
      lastString = [position, end]
      position = end - 1
    } else if (character === ':' && container !== undefined) container.nameAt = lastString
    else if (character === ',' && container?.index !== undefined) container.index++
    else if (character === '[' || character === '{') containers.push({ index: character === '[' ? 0 : undefined, nameAt: [0, 0] })
    else if (character === ']' || character === '}') containers.pop()
    else if (character === '-' || isDigit(character)) {
      const end = endOfNumber(json, position)
      if (!isExact(json.slice(position, end))) return pathOf(json, containers)
      position = end - 1
    }
  }
}

function endOfString (json: string, start: number): number {
  let end = json.indexOf('"', start + 1)
  while (isEscaped(json, end)) end = json.indexOf('"', end + 1)
  return end + 1
}

/** A quote after an odd number of backslashes belongs to the string. */
function isEscaped (json: string, position: number): boolean {
  let first = position
  while (json[first - 1] === '\\') first--
  return (position - first) % 2 === 1
}

function endOfNumber (json: string, start: number): number {
  let end = start + 1
  while (isDigit(json[end]) || isPartOfNumber(json[end])) end++
  return end
}

function isDigit (character: string | undefined): boolean {
  return character !== undefined && character >= '0' && character <= '9'
}

function isPartOfNumber (character: string | undefined): boolean {
  return character === '.' || character === 'e' || character === 'E' || character === '+' || character === '-'
}

function isExact (text: string): boolean {
  if (text.length < 16 && !/e/i.test(text)) return true
  const value = Number(text)
  return Number.isFinite(value) && normalize(text) === normalize(String(value))
}

/** The same text for the same decimal value: its digits without zeros around them, and the exponent of the last digit. */
function normalize (number: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/i.exec(number) ?? []
  const digits = `${whole}${fraction}`.replace(/^0+/, '')
  if (digits === '') return '0'
  const significant = withoutTrailingZeros(digits)
  return `${sign}${significant}e${Number(exponent) - fraction.length + digits.length - significant.length}`
}

function withoutTrailingZeros (digits: string): string {
  let end = digits.length
  while (digits[end - 1] === '0') end--
  return digits.slice(0, end)
}

function pathOf (json: string, containers: Container[]): string {
  const names = containers.map(({ index, nameAt: [start, end] }) => index ?? String(JSON.parse(json.slice(start, end))))
  return truncate(names.join('.'), 200)
}
