import { startOfGrapheme } from './truncate.ts'

export interface Space {
  /** The maximum size of the result, in the unit of `measure`. Unlimited when absent. */
  max?: number
  /** The size of a text where the provider counts it, such as its bytes after escaping. Defaults to UTF-16 code units. */
  measure?: (text: string) => number
  /** The lines that follow the text, most important first: the link of the message, then its actions. */
  links?: readonly string[]
}

export interface FittedText {
  text: string
  /** The text itself was cut. It then ends in "…", and the links follow. */
  isCut: boolean
  /** How many links follow the text. A link is never cut: the result contains it or leaves it out. */
  links: number
}

/**
 * Fits `text` and the links after it into `max`. The first link comes before the end of the text, and further links may use half
 * of the space. Cuts at the end of a grapheme.
 */
export function fitText (text: string, { max = Infinity, measure = codeUnits, links = [] }: Space): FittedText {
  const visible = chooseLinks()
  const whole = [text, ...visible].filter((line) => line !== '').join('\n')
  if (measure(whole) <= max) return { text: whole, isCut: false, links: visible.length }
  return { text: cut(text, (kept) => measure(withLinks(kept)) <= max, withLinks), isCut: true, links: visible.length }

  function withLinks (kept: string): string {
    return [`${kept.trimEnd()}…`, ...visible].join('\n')
  }

  function chooseLinks (): string[] {
    let chosen: string[] = []
    for (const link of links) {
      const longer = [...chosen, link]
      const space = chosen.length === 0 ? max : max / 2
      if (measure(['…', ...longer].join('\n')) > space && measure([text, ...longer].join('\n')) > max) break
      chosen = longer
    }
    return chosen
  }
}

/** The longest prefix of `text` that `fits`, as `finish` completes it. Empty when not even the ellipsis fits. */
function cut (text: string, fits: (kept: string) => boolean, finish: (kept: string) => string): string {
  if (!fits('')) return ''
  let [low, high] = [0, text.length]
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (fits(text.slice(0, middle))) low = middle
    else high = middle
  }
  return finish(text.slice(0, startOfGrapheme(text, low)))
}

function codeUnits (text: string): number {
  return text.length
}
