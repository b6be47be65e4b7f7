/** What others wrote must not move the cursor, control the terminal, or change the direction of the text around it. */
export function printable (text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]+/gu, ' ')
}
