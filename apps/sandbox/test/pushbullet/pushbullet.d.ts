/** The used part of a client without types. */
declare module 'pushbullet' {
  export default class PushBullet {
    static API_BASE: string
    constructor (apiKey: string)
    me (): Promise<TestResponse>
    devices (): Promise<TestResponse>
    note (target: object, title: string, body: string): Promise<TestResponse>
    link (target: object, title: string, url: string, body: string): Promise<TestResponse>
    file (target: object, path: string, body: string): Promise<TestResponse>
    push (target: object, bullet: object): Promise<TestResponse>
    history (options?: object): Promise<TestResponse>
    dismissPush (iden: string): Promise<TestResponse>
    deletePush (iden: string): Promise<TestResponse>
  }

  interface TestResponse {
    status: number
    json: () => Promise<unknown>
  }
}
