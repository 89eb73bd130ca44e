-- The ledger's time, which alone opens and closes a sale: milliseconds since 1970, the same throughout a script.
local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
