export { createReadiness } from './readiness.ts'
export { StoreError } from './store-error.ts'
export { startStores } from './start-stores.ts'
