export { createPumpio } from './pumpio.ts'
