-- Shows a sale. A probe that may be answered from memory also keeps sold out what is, and closed what is, for that long.
-- KEYS    as sale.lua names them
-- ARGV[1] incarnation of the server
-- ARGV[2] buyers with an order above this sequence; 0: also of earlier epochs
-- ARGV[3] milliseconds to keep quiet; 0: nothing is written
-- ARGV[4] buyers at most
-- Returns `lost`, or four lists: time, epoch, seq, start, end, limit, the two pauses (0 or 1), incarnation | 5 for each item:
--   product, allotment, remaining, held, sold | buyers | the id of the last entry that was read, where there may be more
local sale = known()
if not sale then return 'lost' end
local time, quietMs = now(), tonumber(ARGV[3])

local fields = {}
for _, product in ipairs(sale.products) do
  for _, ending in ipairs({ '', ':allotment', ':held', ':sold' }) do fields[#fields + 1] = product .. ending end
end
local found = fetch(KEYS[1], fields)
local items, changes = {}, {}
for _, product in ipairs(sale.products) do
  for _, value in ipairs({ product, found[product .. ':allotment'], found[product], found[product .. ':held'],
    found[product .. ':sold'] }) do items[#items + 1] = value end
  if quietMs > 0 and found[product] == '0' then changes[product .. ':quiet_until'] = int(time + quietMs) end
end
local closed = closedBy(sale, time)
if quietMs > 0 and closed then
  changes.quiet_until = int(time + quietMs)
  changes.quiet_start = closed == 'paused' and '' or int(sale.starts)
end
store(KEYS[1], changes)

local buyers, last = {}, {}
local after = tonumber(ARGV[2])
if after < sale.seq or after == 0 then
  local from = after == 0 and '(0-1' or '(' .. int(sale.epoch) .. '-' .. ARGV[2]
  local entries = redis.call('XRANGE', KEYS[3], from, '+', 'COUNT', ARGV[4])
  for i, entry in ipairs(entries) do buyers[i] = entry[2][4] end
  if #entries == tonumber(ARGV[4]) then last = { entries[#entries][1] } end
end
return {
  { int(time), int(sale.epoch), int(sale.seq), int(sale.starts), int(sale.ends), int(sale.limit), sale.byOperator,
    sale.forRecovery, sale.incarnation },
  items, buyers, last,
}
