export { acceptsUrl, emails, hosts, integer, isUrl, list, oneOf, port, secretText, secretUrl, text, url } from './readers.ts'
export type { Reader } from './readers.ts'
export type { ValuesOf, VariableTable } from './variable.ts'
