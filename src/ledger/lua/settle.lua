-- Moves holds by order id, each guarded by its state: a second time nothing moves.
-- KEYS    as sale.lua names them
-- ARGV[1] incarnation of the server
-- ARGV[2] and on, 2 for each move: order, `commit` or `release` or `return`
-- Returns `lost`, or for each move: moved | unchanged | unknown
local sale = known()
if not sale then return 'lost' end

local fields = {}
for i = 2, #ARGV, 2 do fields[#fields + 1] = 'order:' .. ARGV[i] end
local records = fetch(KEYS[2], fields)
local orders, buyerFields, itemFields = {}, {}, {}
for field, record in pairs(records) do
  if record then
    local order = split(record, '\n')
    orders[field] = order
    buyerFields[#buyerFields + 1] = 'buyer:' .. order[4]
    for _, ending in ipairs({ '', ':held', ':sold' }) do itemFields[#itemFields + 1] = order[5] .. ending end
  end
end
local buyers = fetch(KEYS[2], buyerFields)
local items = fetch(KEYS[1], itemFields)
local orderChanges, itemChanges = {}, {}

local function add(field, units)
  items[field] = items[field] + units
  itemChanges[field] = int(items[field])
end

-- The buyer's units without those of this order.
local function free(id, buyer, quantity)
  local parts = split(buyers[buyer], ' ')
  local left = { int(parts[1] - quantity) }
  for i = 2, #parts do if parts[i] ~= id then left[#left + 1] = parts[i] end end
  buyers[buyer] = table.concat(left, ' ')
  orderChanges[buyer] = buyers[buyer]
end

local STATES = { commit = 'COMMITTED', release = 'CANCELLED', ['return'] = 'RETURNED' }

local function move(id, to)
  local order = orders['order:' .. id]
  if not order or not items[order[5]] then return 'unknown' end
  local isPending = order[1] == 'PENDING'
  if not (isPending or to == 'return' and isLive(order[1])) then return 'unchanged' end
  local product, quantity = order[5], tonumber(order[6])
  add(product .. (isPending and ':held' or ':sold'), -quantity)
  if to == 'commit' then
    add(product .. ':sold', quantity)
  else
    add(product, quantity)
    free(id, 'buyer:' .. order[4], quantity)
  end
  order[1] = STATES[to]
  orderChanges['order:' .. id] = table.concat(order, '\n')
  return 'moved'
end

local words = {}
for i = 2, #ARGV, 2 do words[#words + 1] = move(ARGV[i], ARGV[i + 1]) end
store(KEYS[2], orderChanges)
store(KEYS[1], itemChanges)
return words
