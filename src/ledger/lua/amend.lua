-- Changes window, limit, pauses and allotments of a sale of the same epoch: all or nothing.
-- KEYS    as sale.lua names them
-- ARGV[1] incarnation of the server
-- ARGV[2] to ARGV[7] epoch, start, end, limit, paused by the operator (0 or 1), paused for recovery (0 or 1)
-- ARGV[8] and on, 2 for each item: product, allotment
-- Returns amended | refused | lost
local sale = known()
if not sale then return 'lost' end
if sale.epoch ~= tonumber(ARGV[2]) then return 'refused' end
local fields = {}
for i = 8, #ARGV, 2 do
  for _, ending in ipairs({ '', ':held', ':sold' }) do fields[#fields + 1] = ARGV[i] .. ending end
end
local items = fetch(KEYS[1], fields)
local changes = {
  start = ARGV[3], ['end'] = ARGV[4], limit = ARGV[5], paused_by_operator = ARGV[6], paused_for_recovery = ARGV[7],
}
for i = 8, #ARGV, 2 do
  local product, allotment = ARGV[i], tonumber(ARGV[i + 1])
  if not items[product] then return 'refused' end
  local remaining = allotment - items[product .. ':held'] - items[product .. ':sold']
  if remaining < 0 then return 'refused' end
  changes[product], changes[product .. ':allotment'] = int(remaining), int(allotment)
end
store(KEYS[1], changes)
return 'amended'
