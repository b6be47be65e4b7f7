export { truncate } from './truncate.ts'
