-- Reserves a batch for one sale: each ask is decided in turn, then all that was granted is written, the outbox first.
-- KEYS    as sale.lua names them
-- ARGV[1] incarnation of the server
-- ARGV[2] epoch that the caller knows
-- ARGV[3] and on, 8 for each ask: order, buyer, product, quantity, method, key digest, body digest, deadline
-- Returns `lost`; `epoch-passed`; or the time and a list for each ask:
--   reserved seq remaining | replayed order record | key-reused | late | ended | paused | not-started time | not-found |
--   limit-reached limit [order record] | sold-out remaining
local sale = known()
if not sale then return 'lost' end
if sale.epoch ~= tonumber(ARGV[2]) then return 'epoch-passed' end
local time = now()

local asks, orderFields, itemFields = {}, {}, {}
for i = 3, #ARGV, 8 do
  local ask = {
    order = ARGV[i], buyer = ARGV[i + 1], product = ARGV[i + 2], quantity = tonumber(ARGV[i + 3]), method = ARGV[i + 4],
    key = ARGV[i + 5], body = ARGV[i + 6], deadline = tonumber(ARGV[i + 7]),
  }
  ask.keyField = 'key:' .. ask.buyer .. ':' .. ask.key
  ask.buyerField = 'buyer:' .. ask.buyer
  asks[#asks + 1] = ask
  orderFields[#orderFields + 1] = ask.keyField
  orderFields[#orderFields + 1] = ask.buyerField
  itemFields[#itemFields + 1] = ask.product
  itemFields[#itemFields + 1] = ask.product .. ':held'
  itemFields[#itemFields + 1] = ask.product .. ':quiet_until'
end
local orders = fetch(KEYS[2], orderFields)
local items = fetch(KEYS[1], itemFields)
local granted, orderChanges, itemChanges = {}, {}, {}

local function recordOf(order)
  return orderChanges['order:' .. order] or redis.call('HGET', KEYS[2], 'order:' .. order)
end

-- What a probe heard may be said from memory for a while; a start that was not moved opens the sale to the millisecond.
local function saidFromMemory()
  if time >= sale.quietUntil then return nil end
  if sale.quietStart == '' then return { 'paused' } end
  return time < tonumber(sale.quietStart) and { 'not-started', tonumber(sale.quietStart) } or nil
end

local function grant(ask, taken, live)
  sale.seq = sale.seq + 1
  granted[#granted + 1] = { id = int(sale.epoch) .. '-' .. int(sale.seq), ask = ask }
  local record = table.concat({ 'PENDING', int(sale.epoch), int(sale.seq), ask.buyer, ask.product, int(ask.quantity),
    ask.method, int(time), ask.key, ask.body }, '\n')
  local buyer = int(taken + ask.quantity) .. live .. ' ' .. ask.order
  orders[ask.keyField], orders[ask.buyerField] = ask.order, buyer
  orderChanges['order:' .. ask.order], orderChanges[ask.keyField], orderChanges[ask.buyerField] = record, ask.order, buyer
  local held = ask.product .. ':held'
  items[ask.product], items[held] = items[ask.product] - ask.quantity, items[held] + ask.quantity
  itemChanges[ask.product], itemChanges[held] = int(items[ask.product]), int(items[held])
  return { 'reserved', sale.seq, items[ask.product] }
end

local function decide(ask)
  local knownOrder = orders[ask.keyField]
  if knownOrder then
    local record = recordOf(knownOrder)
    if split(record, '\n')[10] ~= ask.body then return { 'key-reused' } end
    return { 'replayed', knownOrder, record }
  end
  if time > ask.deadline then return { 'late' } end
  if time >= sale.ends then return { 'ended' } end
  local closed = closedBy(sale, time)
  if closed == 'paused' then return { 'paused' } end
  if closed then return { 'not-started', sale.starts } end
  local said = saidFromMemory()
  if said then return said end
  if not items[ask.product] then return { 'not-found' } end
  -- Of a buyer: units, then the live orders, oldest first.
  local taken, live = string.match(orders[ask.buyerField] or '0', '^(%d+)(.*)$')
  if taken + ask.quantity > sale.limit then
    local newest = string.match(live, '([^ ]+)$')
    if not newest then return { 'limit-reached', sale.limit } end
    return { 'limit-reached', sale.limit, newest, recordOf(newest) }
  end
  local remaining = tonumber(items[ask.product])
  if time < tonumber(items[ask.product .. ':quiet_until']) then return { 'sold-out', 0 } end
  if remaining < ask.quantity then return { 'sold-out', remaining } end
  return grant(ask, taken, live)
end

local replies = { int(time) }
for i, ask in ipairs(asks) do replies[i + 1] = decide(ask) end
if #granted > 0 then
  -- Of all that is written only this may be refused, for want of memory; then the rest is not begun.
  for _, one in ipairs(granted) do redis.call('XADD', KEYS[3], one.id, 'order', one.ask.order, 'buyer', one.ask.buyer) end
  store(KEYS[2], orderChanges)
  itemChanges.seq = int(sale.seq)
  store(KEYS[1], itemChanges)
end
return replies
