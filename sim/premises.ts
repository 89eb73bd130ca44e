import type { MemoryProduct, MemoryRecord } from '../src/books/memory-record.ts'
import type { Id } from '../src/core/ids.ts'
import type { Hold, LedgerView } from '../src/ledger/ledger.ts'
import type { CardGateway } from './card-gateway.ts'
import type { Stores } from './house.ts'
import type { Process } from './process.ts'

/** All that a ledger knows of a sale. */
export type Known = { view: LedgerView; holds: Hold[] } | null

/** Where a world's stores are, and what a witness sees of them without asking through a process. */
export interface Premises {
  /** The books as they are. */
  readonly record: MemoryRecord
  /** The ledger has forgotten something, or was two. */
  readonly hasLost: boolean
  readonly gateway: CardGateway
  portsOf(process: Process): Stores
  addProduct(product: Partial<MemoryProduct> & { id: Id }): void
  openWallet(userId: Id, amount: number): void
  /** Something changed: once `record` shows it, `look` may look. */
  changed(look: () => void): void
  /** What the ledger that counts says of a sale, if one does. */
  view(saleId: Id, epoch: number): Promise<LedgerView | null>
  /** All that the ledger knows to which this process is connected, and its time. */
  known(process: Process, saleId: Id): Promise<{ now: number; known: Known }>
  /** Events that nobody has handled, and what was told of each order. */
  events(): Promise<{ waiting: number; told: Map<Id, string[]> }>
  /** From now on nothing fails. */
  calm(): void
}
