export { handleNotice } from './handle-notice.ts'
export { handleWaiting } from './handle-waiting.ts'
export { findDeletion, storeMessage } from './store-message.ts'
