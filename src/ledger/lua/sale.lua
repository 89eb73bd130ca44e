-- What every script that looks at a live sale begins with.
-- KEYS[1] flash_sale_inventory:{saleId}  hash: the terms of the sale, the last sequence, the units of each item
-- KEYS[2] flash_sale_orders:{saleId}     hash: each order, each key of a buyer, the units of each buyer; `epoch`
-- KEYS[3] flash_sale_outbox:{saleId}     stream: what was reserved, by id epoch-seq; first of all 0-1, so that it is never empty
-- ARGV[1] incarnation of the server at the other end of this connection

-- An integer in full: Lua would write a large one as 1.8e+12.
local function int(number)
  return string.format('%.0f', number)
end

-- The values of many fields by their names, false where there is none. In slices, as the stack holds some thousands.
local function fetch(key, fields)
  local found = {}
  for from = 1, #fields, 1000 do
    local to = math.min(from + 999, #fields)
    local values = redis.call('HMGET', key, unpack(fields, from, to))
    for i = from, to do found[fields[i]] = values[i - from + 1] end
  end
  return found
end

local function store(key, values)
  local list = {}
  for field, value in pairs(values) do
    list[#list + 1] = field
    list[#list + 1] = value
    if #list == 2000 then
      redis.call('HSET', key, unpack(list))
      list = {}
    end
  end
  if #list > 0 then redis.call('HSET', key, unpack(list)) end
end

local function split(text, separator)
  local parts = {}
  for part in string.gmatch(text .. separator, '([^' .. separator .. ']*)' .. separator) do parts[#parts + 1] = part end
  return parts
end

-- An order: state, epoch, seq, buyer, product, quantity, method, time of the reserve, key digest, body digest; a line each.
local function isLive(state)
  return state == 'PENDING' or state == 'COMMITTED'
end

-- The sale, or nil where its keys are not all there, not of one piece, or were loaded into another incarnation: one key that
-- is gone, of another kind or older than the others is found before anything is written, so that nothing is ever half done.
local function known()
  local read = redis.pcall('HMGET', KEYS[1], 'epoch', 'incarnation', 'seq', 'start', 'end', 'limit', 'paused_by_operator',
    'paused_for_recovery', 'quiet_until', 'quiet_start', 'products')
  local mark = redis.pcall('HMGET', KEYS[2], 'epoch')
  local last = redis.pcall('XREVRANGE', KEYS[3], '+', '-', 'COUNT', 1)
  if read.err or mark.err or last.err then return nil end
  if not read[1] or read[2] ~= ARGV[1] or mark[1] ~= read[1] or not last[1] then return nil end
  local sale = {
    epoch = tonumber(read[1]), incarnation = read[2], seq = tonumber(read[3]), starts = tonumber(read[4]),
    ends = tonumber(read[5]), limit = tonumber(read[6]), byOperator = read[7], forRecovery = read[8],
    quietUntil = tonumber(read[9]), quietStart = read[10], products = split(read[11], ' '),
  }
  local id = split(last[1][1], '-')
  local isWhole = sale.seq == 0 and tonumber(id[1]) < sale.epoch or last[1][1] == read[1] .. '-' .. read[3]
  return isWhole and sale or nil
end

-- Why it is closed before its end: `paused`, `not-started`, or nil.
local function closedBy(sale, time)
  if sale.byOperator == '1' or sale.forRecovery == '1' then return 'paused' end
  return time < sale.starts and 'not-started' or nil
end
