/** Aligns columns; those in `right` are right-aligned. */
export function table (rows: string[][], right: number[] = []): string[] {
  const widths: number[] = []
  for (const row of rows) row.forEach((cell, column) => { widths[column] = Math.max(widths[column] ?? 0, cell.length) })
  return rows.map((row) => row.map((cell, column) => {
    const width = widths[column] ?? 0
    return right.includes(column) ? cell.padStart(width) : cell.padEnd(width)
  }).join('  ').trimEnd())
}
