/** Whether an Accept header accepts a content type. Without the header, every type is accepted. */
export function accepts (accept: string | undefined, type: string): boolean {
  if (accept === undefined) return true
  const wanted = new Set([type, `${type.split('/')[0] ?? ''}/*`, '*/*'])
  return accept.split(',').some((range) => {
    const [name = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase())
    return wanted.has(name) && !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter))
  })
}
