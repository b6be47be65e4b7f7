/** Those that can be connected in a terminal. */
export const providerIds = ['pushbullet', 'pumpio', 'blotre'] as const
