import type { Browser, Page } from './browser.ts'

/** Where a running Carillon is, as `up.json` says. */
export interface Addresses {
  apiUrl: string
  sandboxUrl: string
  [simulatorUrl: `${string}Url`]: string | null | undefined
  operatorKey: string
}

export interface InboxEntry {
  id: string
  account: string
  item: { guid?: string, type?: string, title?: string, body?: string }
}

export interface ConnectionResponse {
  id: string
  status: string
  statusReason: string | null
  account: { id: string, name: string }
  revocation: { state: string, attempts: number, reason: string | null } | null
  events: Array<{ event: string, reason: string | null }>
}

export interface DeliveryResponse {
  connectionId: string
  state: string
  attempts: number
  history: Array<{ event: string, outcome?: string, reason?: string }>
  explanation?: string
}

/** A website that uses Carillon, and its users: everything goes through the doors they would use. */
export interface Site {
  api: <Answer>(method: string, path: string, options?: { token?: string, body?: object, expect?: number }) => Promise<Answer>
  control: <Answer>(method: string, path: string, body?: object) => Promise<Answer>
  mintToken: (userId: string) => Promise<string>
  /** Walks a handshake with the provider of examples as the user would, up to the page it ends on. */
  walk: (userId: string, options?: { answer?: 'allow' | 'deny', account?: string, browser?: Browser }) => Promise<Page>
  /** Connects the user's account there (of the same name) and answers the connection's id. */
  connect: (userId: string) => Promise<string>
  /** What has reached an account, or all of them; at the provider of examples unless `provider` names another. */
  inbox: (account?: string, provider?: string) => Promise<InboxEntry[]>
  notify: (userIds: string[], title: string) => Promise<string>
  /** The delivery, once it is in this state. */
  delivery: (notificationId: string, connectionId: string, state: string) => Promise<DeliveryResponse>
}
