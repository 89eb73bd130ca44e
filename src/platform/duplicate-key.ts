import { Fault } from '../core/fault.ts'

/** A row with this unique key is there already. The caller's transaction ends without effect; what stands there can be read anew. */
export class DuplicateKey extends Fault {
  constructor(message: string) {
    super('store-failed', 'refused', message)
  }
}
