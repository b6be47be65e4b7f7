import { visibleLength } from '../colors.ts'

/** Breaks a text into lines of at most `width` characters, each after `indent`. Never breaks a word or a command in backticks. */
export function wrapText (text: string, { indent = '', width = 80 }: { indent?: string, width?: number } = {}): string[] {
  const lines: string[] = []
  let line = ''
  for (const [word] of text.matchAll(/[^\s`]*`[^`]*`[^\s`]*|\S+/g)) {
    const longer = line === '' ? word : `${line} ${word}`
    if (line !== '' && indent.length + visibleLength(longer) > width) {
      lines.push(`${indent}${line}`)
      line = word
    } else line = longer
  }
  return line === '' ? lines : [...lines, `${indent}${line}`]
}
