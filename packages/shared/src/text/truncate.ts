/** The longest prefix of `text` with at most `maxLength` UTF-16 code units that splits no grapheme. */
export function truncate (text: string, maxLength: number): string {
  return text.length <= maxLength ? text : text.slice(0, startOfGrapheme(text, maxLength))
}

/** The start of the grapheme that contains the code unit at `index`. */
export function startOfGrapheme (text: string, index: number): number {
  return graphemes.segment(text).containing(index)?.index ?? text.length
}

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })
