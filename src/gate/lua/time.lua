-- Microseconds since 1970, of the server that all processes ask; the same throughout a script.
local function now()
  local time = redis.call('TIME')
  return time[1] * 1000000 + time[2]
end
