/** `REQUIRES` names, with commas between, what must be on this machine: without it its tests fail, in place of being
 *  left out. */
export function requires(name: string): boolean {
  return (process.env.REQUIRES ?? '').split(',').includes(name)
}
