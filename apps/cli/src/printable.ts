/** What others wrote must not move the cursor, or say something to the terminal. */
export function printable (text: string): string {
  return text.replaceAll(/\p{Cc}+/gu, ' ')
}
