/** The message of every measurement. */
export const message = { type: 'note', title: 'A broadcast', body: 'Ding dong, this goes to everybody who is connected.' } as const
