/** What an API key may do. A route names the one scope it asks for; `admin` manages keys and implies no other. */
export const scopes = [
  'users:write',
  'teams:write',
  'connections:read',
  'connections:write',
  'connections:import',
  'connections:proxy',
  'notifications:read',
  'notifications:write',
  'notifications:broadcast',
  'admin'
] as const

export type Scope = typeof scopes[number]
