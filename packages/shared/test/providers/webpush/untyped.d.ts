declare module 'http_ece' {
  import type { ECDH } from 'node:crypto'
  interface Parameters { version: 'aes128gcm', privateKey: ECDH, authSecret?: Buffer, dh?: string }
  const ece: {
    decrypt: (body: Buffer, parameters: Parameters) => Buffer
    encrypt: (body: Buffer, parameters: Parameters) => Buffer
  }
  export default ece
}

declare module 'web-push' {
  interface RequestDetails { method: string, headers: Record<string, string>, body: Buffer }
  const webPush: {
    generateVAPIDKeys: () => { publicKey: string, privateKey: string }
    generateRequestDetails: (subscription: object, payload: string, options: object) => RequestDetails
    sendNotification: (subscription: object, payload: string, options: object) => Promise<{ statusCode: number }>
  }
  export default webPush
}

declare module 'web-push-testing/src/PushApiModel.js' {
  interface Subscribed { endpoint: string, keys: { p256dh: string, auth: string }, clientHash: string }
  const model: {
    PushApiModel: new () => {
      notifyUrl: string
      subscribe: (options: { applicationServerKey: string }) => Promise<Subscribed>
      expireSubscription: (clientHash: string) => void
      handleNotification: (clientHash: string, headers: Record<string, string | undefined>, body: Buffer) => Promise<void>
      getNotifications: (body: { clientHash: string }) => { messages: string[] }
    }
  }
  export default model
}
