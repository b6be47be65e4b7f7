export { fitText } from './fit-text.ts'
export type { FittedText, Space } from './fit-text.ts'
export { truncate } from './truncate.ts'
