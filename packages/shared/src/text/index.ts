export { fitText } from './fit-text.ts'
export type { Space } from './fit-text.ts'
export { truncate } from './truncate.ts'
