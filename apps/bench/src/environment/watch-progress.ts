import { request } from 'undici'
import type { Carillon, NotificationProgress } from './carillon.ts'

/** Reads the stream of a notification's progress, and returns all of its events at the end. */
export async function watchProgress ({ apiUrl, key }: Carillon, id: string): Promise<NotificationProgress[]> {
  const response = await request(`${apiUrl}/v1/notifications/${id}/events`, { headers: { authorization: `Bearer ${key}` }, bodyTimeout: 0 })
  const text = await response.body.text()
  if (response.statusCode !== 200) throw new Error(`The events of ${id} were answered with ${response.statusCode}: ${text.slice(0, 500)}`)
  return text.split('\n').filter((line) => line.startsWith('data: ')).map((line) => JSON.parse(line.slice('data: '.length)) as NotificationProgress)
}
