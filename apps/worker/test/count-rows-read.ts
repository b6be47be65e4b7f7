/** The number of rows that the scans of a plan read, also those that a filter removed. For `explain (analyze, timing off)`. */
export function countRowsRead (lines: string[]): number {
  let read = 0
  let [isScan, loops] = [false, 0]
  for (const line of lines) {
    const node = /\(actual rows=([\d.]+) loops=(\d+)\)/.exec(line)
    if (node !== null) {
      isScan = line.includes(' Scan ') && !/(?:Subquery|CTE|Function|WorkTable|Values) Scan/.test(line)
      loops = Number(node[2])
      if (isScan) read += Number(node[1]) * loops
    }
    const removed = /Rows Removed by (?:Filter|Index Recheck): ([\d.]+)/.exec(line)
    if (isScan && removed !== null) read += Number(removed[1]) * loops
  }
  return Math.round(read)
}
