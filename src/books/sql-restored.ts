import type { Sql } from '../platform/sql.ts'

/** Of a record that was carried here from another database: no ledger is level with it, and nothing that anybody still holds of the
 *  epochs before may be booked. In one transaction with the record. */
export async function raiseEveryEpoch(sql: Sql): Promise<void> {
  await sql.run(
    `UPDATE sales SET epoch = epoch + 1, seq = 0, incarnation = NULL, paused_for_recovery = 0, recovery_since = NULL
     WHERE settled_at IS NULL`,
  )
  await sql.run(
    `UPDATE sale_items SET epoch = (SELECT epoch FROM sales WHERE sales.id = sale_items.sale_id)
     WHERE sale_id IN (SELECT id FROM sales WHERE settled_at IS NULL)`,
  )
}
