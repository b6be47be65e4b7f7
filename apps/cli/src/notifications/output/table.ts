import { visibleLength } from '../../colors.ts'

/** Aligns columns; those in `right` are right-aligned. Cells may have colors. */
export function table (rows: string[][], right: number[] = []): string[] {
  const widths: number[] = []
  for (const row of rows) row.forEach((cell, column) => { widths[column] = Math.max(widths[column] ?? 0, visibleLength(cell)) })
  return rows.map((row) => row.map((cell, column) => {
    const padding = ' '.repeat((widths[column] ?? 0) - visibleLength(cell))
    return right.includes(column) ? `${padding}${cell}` : `${cell}${padding}`
  }).join('  ').trimEnd())
}
