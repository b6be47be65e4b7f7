/** How often the user may enter a code or verifier again. */
export function describeTriesLeft (triesLeft: number): string {
  return `You can try again ${triesLeft === 1 ? 'once more' : `${triesLeft} more times`}`
}
