/** `A`, `A and B`, `A, B and C` */
export function listWords (words: string[]): string {
  return [words.slice(0, -1).join(', '), ...words.slice(-1)].filter((part) => part !== '').join(' and ')
}
