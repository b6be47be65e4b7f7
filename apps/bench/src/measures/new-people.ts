/** A user whose token at Pushbullet the site already has. */
export interface NewPerson {
  userId: string
  accessToken: string
}

export function newPeople (prefix: string, count: number): NewPerson[] {
  return Array.from({ length: count }, (_, index) => ({ userId: `${prefix}-${index}`, accessToken: `o.${prefix}${String(index).padStart(24, '0')}` }))
}

/** The item of an import. With an account, Carillon does not ask Pushbullet for it. */
export function toImport ({ userId, accessToken }: NewPerson): object {
  return { userId, provider: 'pushbullet', credentials: { accessToken }, account: { id: userId, name: userId } }
}
