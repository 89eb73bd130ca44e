/**
 * A bug is not an outcome and not a fault: the program is not what it claims to be. Assertions stay on in production;
 * the process ends, is started again, and goes on from what is on disk, because every step may be repeated.
 */
export class Bug extends Error {
  override name = 'Bug'
}

export function assert(holds: unknown, because: string): asserts holds {
  if (!holds) throw new Bug(because)
}

/** Closes a `switch` over a union: a new member fails the type check in every place that must learn it. */
export function never(value: never): never {
  throw new Bug(`unexpected value: ${JSON.stringify(value)}`)
}
