export type Canary = { name: string; seeds: number; changes: { file: string; find: string; replace: string }[] }
export const canaries: Canary[] = []
