/** The end of an id, which is what differs: an id begins with the time it was made at. */
export const shortId = (id: string): string => `…${id.slice(-8)}`
