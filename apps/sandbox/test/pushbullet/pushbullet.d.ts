/** The part that we use of a client that brings no types. */
declare module 'pushbullet' {
  export default class PushBullet {
    static API_BASE: string
    constructor (apiKey: string)
    me (): Promise<Answer>
    devices (): Promise<Answer>
    note (target: object, title: string, body: string): Promise<Answer>
    link (target: object, title: string, url: string, body: string): Promise<Answer>
    file (target: object, path: string, body: string): Promise<Answer>
    push (target: object, bullet: object): Promise<Answer>
    history (options?: object): Promise<Answer>
    dismissPush (iden: string): Promise<Answer>
    deletePush (iden: string): Promise<Answer>
  }

  interface Answer {
    status: number
    json: () => Promise<unknown>
  }
}
