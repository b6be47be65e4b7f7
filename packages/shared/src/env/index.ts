export { acceptsUrl, emails, hosts, integer, isUrl, list, oneOf, port, secretText, secretUrl, text, url } from './readers.ts'
export type { Reader } from './readers.ts'
export type { ValuesOf, Variable, VariableTable } from './variable.ts'
