/** The longest start of `text` that is at most `maxLength` units of UTF-16 and splits no character as people see it. */
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
