import { handClock } from '../../test/hand-clock.ts'
import { ledgerContract } from './ledger.contract.ts'
import { MemoryLedger } from './memory-ledger.ts'

ledgerContract('memory', async () => {
  const clock = handClock()
  const ledger = new MemoryLedger(clock.now)
  return {
    ledger,
    clock,
    load: (image) => ledger.load(image),
    amend: (terms, items) => ledger.amend(terms, items),
    settle: (saleId, moves) => ledger.settle(saleId, moves),
  }
})
