/** PostgreSQL has no year 0, and JavaScript writes the year 10000 in an extended format. */
const firstMoment = Date.UTC(1970, 0, 1)
const lastMoment = Date.UTC(9999, 11, 31, 23, 59, 59, 999)

/** Whether a text in the format of RFC 3339 is a time that exists and that the database stores. */
export function isMoment (text: string): boolean {
  const time = Date.parse(text)
  return time >= firstMoment && time <= lastMoment
}
