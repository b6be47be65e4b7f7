import type { Browser, Page } from '../browser.ts'

/** The addresses of a running Carillon, with the content of `up.json`. */
export interface Addresses {
  apiUrl: string
  sandboxUrl: string
  [simulatorUrl: `${string}Url`]: string | null | undefined
  operatorKey: string
}

export interface InboxEntry {
  id: string
  account: string
  /** When it arrived. */
  at: string
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

/** A website that uses Carillon, and its users. It only uses public interfaces. */
export interface Site {
  api: <Result>(method: string, path: string, options?: { token?: string, body?: object, expect?: number }) => Promise<Result>
  control: <Result>(method: string, path: string, body?: object) => Promise<Result>
  mintToken: (userId: string) => Promise<string>
  /** Performs a handshake with the provider of examples like a user, up to the last page. */
  walk: (userId: string, options?: { answer?: 'allow' | 'deny', account?: string, browser?: Browser }) => Promise<Page>
  /** Connects the user's account of the same name there, and returns the connection's id. */
  connect: (userId: string) => Promise<string>
  /** Messages that one account or all accounts received, at the provider of examples or at `provider`. */
  inbox: (account?: string, provider?: string) => Promise<InboxEntry[]>
  notify: (userIds: string[], title: string) => Promise<string>
  /** The delivery, once it is in this state. */
  delivery: (notificationId: string, connectionId: string, state: string) => Promise<DeliveryResponse>
}
