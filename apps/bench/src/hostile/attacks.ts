/** One request to send. */
export interface Attack {
  name: string
  /** Appended to the path, including `?`. */
  query?: string
  headers?: Record<string, string>
  body?: Buffer | string
}

const mib = 1024 * 1024
const json = { 'content-type': 'application/json' }

/** Repeats `part` between `start` and `end`, up to a total of `bytes`. */
function filled (start: string, part: string, end: string, bytes: number): string {
  return `${start}${part.repeat(Math.floor((bytes - start.length - end.length) / part.length))}${end}`
}

function fields (count: number, name: (index: number) => string): string {
  return `{${Array.from({ length: count }, (_, index) => `${JSON.stringify(name(index))}:1`).join(',')}}`
}

/** Attacks on every route, with or without a body in its schema. */
export const generalAttacks: Attack[] = [
  { name: '1 MiB of unknown fields', headers: json, body: fields(90_000, (index) => `f${index}`) },
  { name: '4 MiB of {}', headers: json, body: filled('[', '{},', '{}]', 4 * mib) },
  { name: '1 MiB of [', headers: json, body: '['.repeat(mib) },
  { name: '1 MiB of nested objects', headers: json, body: '{"a":'.repeat(mib / 5) },
  { name: '1 MiB of one string', headers: json, body: filled('{"a":"', 'x', '"}', mib) },
  { name: '1 MiB of escaped quotes', headers: json, body: filled('{"a":"', '\\"', '"}', mib) },
  { name: '1 MiB of \\u0000', headers: json, body: filled('{"a":"', '\\u0000', '"}', mib) },
  { name: '1 MiB of one number', headers: json, body: filled('{"a":', '9', '}', mib) },
  { name: '1 MiB of 1e400', headers: json, body: filled('{"a":[', '1e400,', '1]}', mib) },
  { name: '1 MiB that is not UTF-8', headers: json, body: Buffer.alloc(mib, 0xff) },
  { name: '1 MiB of spaces', headers: json, body: ' '.repeat(mib) },
  { name: '1 MiB of __proto__', headers: json, body: filled('[', '{"__proto__":{}},', '1]', mib) },
  { name: '60 KiB of unknown fields', headers: json, body: fields(5_500, (index) => `f${index}`) },
  { name: '60 KiB of fields with long names', headers: json, body: fields(15, (index) => `${index}${'~/'.repeat(2_000)}`) },
  { name: '60 KiB of {}', headers: json, body: filled('[', '{},', '{}]', 60_000) },
  { name: '60 KiB of one string', headers: json, body: filled('{"a":"', '\u00e9', '"}', 30_000) },
  { name: 'an empty JSON body', headers: json, body: '' },
  { name: '1 MiB of text', headers: { 'content-type': 'text/plain' }, body: 'x'.repeat(mib) },
  { name: '1 MiB of a form', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: filled('', 'a=%41&', '', mib) },
  { name: '4 KiB of a form', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: filled('', 'a=%41&', '', 4_096) },
  { name: '1 MiB of multipart', headers: { 'content-type': 'multipart/form-data; boundary=x' }, body: filled('', '--x\r\n\r\n\r\n', '--x--', mib) },
  { name: '1 MiB without a type', body: 'x'.repeat(mib) },
  { name: 'a malformed type', headers: { 'content-type': ';,="' }, body: '{}' },
  { name: '3,000 query parameters', query: `?${Array.from({ length: 3_000 }, (_, index) => `${index.toString(36)}=`).join('&')}` },
  { name: '3,000 times one query parameter', query: `?${'limit=1e9&'.repeat(1_300)}` },
  { name: 'a query of %00', query: `?cursor=${'%00'.repeat(4_000)}` },
  { name: '10,000 query parameters', query: `?${'a=1&'.repeat(10_000)}` },
  { name: '2,000 cookies', headers: { cookie: 'a=b; '.repeat(2_000) } },
  { name: 'a token of 12 KiB', headers: { authorization: `Bearer ${'a.'.repeat(6_000)}` } }
]

/** Bodies that the schema of a route partly accepts: each of its fields contains too much, or invalid data. */
export function attacksOn (properties: string[]): Attack[] {
  return properties.flatMap((property) => {
    const inside = (name: string, value: string): Attack => ({
      name: `${name} in ${property}`, headers: json, body: `{${JSON.stringify(property)}:${value}}`
    })
    return [
      inside('4 MiB of {}', filled('[', '{},', '{}]', 4 * mib)),
      inside('1,000 times {}', filled('[', '{},', '{}]', 3_000)),
      inside('20,000 empty strings', filled('[', '"",', '""]', 60_000)),
      inside('1,000 times 50 unknown fields', `[${Array(1_000).fill(fields(50, (index) => `f${index}`)).join(',')}]`),
      inside('25,000 unknown fields', fields(25_000, (index) => `f${index}`)),
      inside('1 MiB of a string', JSON.stringify('x'.repeat(mib))),
      inside('1 MiB of a string of surrogate pairs', JSON.stringify('\u{1f514}'.repeat(mib / 4))),
      inside('9,000 users with empty ids', `{"userIds":${filled('[', '"",', '""]', 27_000)}}`),
      inside('9,000 times the same user', `{"userIds":${filled('[', '"a",', '"a"]', 36_000)}}`)
    ]
  })
}
