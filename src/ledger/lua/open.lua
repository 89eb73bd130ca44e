-- Puts what was staged in the place of the live sale, if that is of a lower epoch and the new one adds up.
-- KEYS[1] KEYS[2] KEYS[3] as in sale.lua
-- KEYS[4] KEYS[5] KEYS[6] the same, staged
-- ARGV[1] incarnation of the server
-- ARGV[2] to ARGV[7] epoch, start, end, limit, paused by the operator (0 or 1), paused for recovery (0 or 1)
-- ARGV[8] orders staged
-- ARGV[9] units of them that are held or sold
-- ARGV[10] and on, 2 for each item: product, allotment
-- Returns opened | present | unbalanced | gone, where not all is there that was staged
local present = redis.pcall('HMGET', KEYS[1], 'epoch')
if not present.err and present[1] and tonumber(present[1]) >= tonumber(ARGV[2]) then
  redis.call('UNLINK', KEYS[4], KEYS[5], KEYS[6])
  return 'present'
end
local products, fields = {}, {}
for i = 10, #ARGV, 2 do
  products[#products + 1] = ARGV[i]
  fields[#fields + 1] = ARGV[i] .. ':held'
  fields[#fields + 1] = ARGV[i] .. ':sold'
end
local staged = fetch(KEYS[4], fields)
local values = {
  incarnation = ARGV[1], seq = 0, start = ARGV[3], ['end'] = ARGV[4], limit = ARGV[5], paused_by_operator = ARGV[6],
  paused_for_recovery = ARGV[7], quiet_until = 0, quiet_start = '', products = table.concat(products, ' '),
}
if redis.call('XLEN', KEYS[6]) ~= tonumber(ARGV[8]) + 1 then return 'gone' end
local units, isBalanced = 0, true
for i, product in ipairs(products) do
  local allotment = tonumber(ARGV[9 + 2 * i])
  local held, sold = tonumber(staged[product .. ':held'] or 0), tonumber(staged[product .. ':sold'] or 0)
  units = units + held + sold
  isBalanced = isBalanced and held + sold <= allotment
  values[product], values[product .. ':allotment'] = int(allotment - held - sold), int(allotment)
  values[product .. ':held'], values[product .. ':sold'], values[product .. ':quiet_until'] = int(held), int(sold), 0
end
if not isBalanced or units ~= tonumber(ARGV[9]) then
  redis.call('UNLINK', KEYS[4], KEYS[5], KEYS[6])
  return 'unbalanced'
end
store(KEYS[4], values)
redis.call('UNLINK', KEYS[1], KEYS[2], KEYS[3])
for i = 1, 3 do
  redis.call('RENAME', KEYS[i + 3], KEYS[i])
  redis.call('PERSIST', KEYS[i])
end
return 'opened'
