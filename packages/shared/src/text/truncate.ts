/** The longest prefix of `text` with at most `maxLength` UTF-16 code units that splits no grapheme. */
export function truncate (text: string, maxLength: number): string {
  if (text.length <= maxLength) return text
  let end = 0
  for (const { index, segment } of graphemes.segment(text)) {
    if (index + segment.length > maxLength) break
    end = index + segment.length
  }
  return text.slice(0, end)
}

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })
