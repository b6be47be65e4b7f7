/** Removes control and bidi characters from a text of others: it must not control the terminal or reorder the text around it. */
export function printable (text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]+/gu, ' ')
}
