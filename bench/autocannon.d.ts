/** What the bench uses of it; the package brings no types. */
declare module 'autocannon' {
  type Call = { method: 'GET' | 'POST'; path: string; headers: Record<string, string>; body?: string }
  type Options = {
    url: string
    connections: number
    /** Seconds; `amount` goes before it. */
    duration?: number
    amount?: number
    /** Milliseconds between two looks whether it is time to stop. */
    sampleInt: number
    verifyBody(body: string): boolean
    /** For each connection, before it connects. */
    setupClient(client: { setRequests(calls: Call[]): void }): void
  }
  type Outcome = { errors: number; mismatches: number }
  type Run = Promise<Outcome> & {
    on(event: 'response', heard: (client: unknown, status: number, bytes: number, ms: number) => void): void
  }
  export default function autocannon(options: Options): Run
}
