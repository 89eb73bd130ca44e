import assert from 'node:assert/strict'
import { it } from 'node:test'
import { handClock } from '../../test/hand-clock.ts'
import { askFor, newId, openTerms } from '../../test/samples.ts'
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

it('does not know what was loaded into another incarnation, until it is loaded anew', async () => {
  const clock = handClock()
  let run = 'run 1'
  const ledger = new MemoryLedger(clock.now, () => run)
  const productId = newId()
  const terms = openTerms(clock, { incarnation: 'run 1' })
  const items = [{ productId, allotment: 1 }]
  assert.equal(await ledger.load({ terms: { ...terms, incarnation: 'run 0' }, items, holds: [] }), false)
  assert.equal(await ledger.load({ terms, items, holds: [] }), true)
  const ask = askFor(clock, productId)
  run = 'run 2'
  assert.deepEqual(await ledger.reserve(terms.id, 1, [ask]), [{ kind: 'lost' }])
  assert.equal(await ledger.look(terms.id, 0, 0), null)
  assert.equal(await ledger.amend(terms, items), false)
  assert.equal(await ledger.load({ terms: { ...terms, epoch: 2, incarnation: 'run 2' }, items, holds: [] }), true)
  assert.equal((await ledger.reserve(terms.id, 2, [ask]))[0]?.kind, 'reserved')
})
