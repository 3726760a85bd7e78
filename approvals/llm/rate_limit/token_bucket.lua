-- SPDX-License-Identifier: Apache-2.0
-- One credential's token bucket, shared by processes: the same as MemoryTokenBucket (token_bucket.py), on Redis's
-- clock in microseconds, plus a FIFO queue of processes, each of which asks for its own first waiter. Redis runs the
-- whole script as one step.
--
-- KEYS  1 state {at, requests, tokens, paused_until, seats}   2 line {process: "seat tokens until"}
--       3 seen (sorted set of processes by the time they last asked)
-- ARGV  1 operation   2 process   3 rpm   4 tpm   5 depth of requests   6 depth of tokens (both in units)
--       take:    7 tokens   8 "1" after an outage: the burst counts as used
--       adjust:  7 requests   8 tokens (signed)
--       pause:   7 microseconds
--       leave:   nothing
-- take answers {1 admitted or 0, microseconds to wait, cause, now, processes seen}; the others answer nothing.

local UNITS = 60000000            -- one request or token; a limit of n a minute refills n units a microsecond
local MOST_ELAPSED = 600000000    -- microseconds after which any bucket is empty; keeps products exact
local SEAT_HELD = 300000          -- microseconds; who does not ask for so long has gone and loses its seat
local SEEN_FOR = 600000000        -- microseconds; how long a process counts as one that shares the limits
local KEEP_FOR = 1200             -- seconds until an unused key disappears

local operation, process = ARGV[1], ARGV[2]
local rates = {requests = tonumber(ARGV[3]), tokens = tonumber(ARGV[4])}
local depths = {requests = tonumber(ARGV[5]), tokens = tonumber(ARGV[6])}

local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local saved = redis.call('HMGET', KEYS[1], 'at', 'requests', 'tokens', 'paused_until')
local elapsed = math.min(math.max(0, now - (tonumber(saved[1]) or now)), MOST_ELAPSED)
local used = {
  requests = math.max(0, (tonumber(saved[2]) or 0) - elapsed * rates.requests),
  tokens = math.max(0, (tonumber(saved[3]) or 0) - elapsed * rates.tokens),
}
local paused_until = tonumber(saved[4]) or 0

local function save()
  redis.call('HSET', KEYS[1], 'at', now, 'requests', used.requests, 'tokens', used.tokens,
             'paused_until', paused_until)
  redis.call('EXPIRE', KEYS[1], KEEP_FOR)
end

local function charge(requests, tokens)
  used.requests = used.requests + requests * UNITS
  used.tokens = used.tokens + tokens * UNITS
end

-- Microseconds until `cost` fits once those ahead have been served.
local function wait_for(bucket, ahead, cost)
  local room = math.max(0, depths[bucket] - cost * UNITS)
  return math.max(0, math.ceil((used[bucket] + ahead * UNITS - room) / rates[bucket]))
end

-- Our seat, if we have one, and what the processes with an earlier one ask for.
local function look_ahead()
  local seats, mine = {}, nil
  local line = redis.call('HGETALL', KEYS[2])
  for i = 1, #line, 2 do
    local seat, tokens, held_until = string.match(line[i + 1], '^(%d+) (%d+) (%d+)$')
    if tonumber(held_until) < now then
      redis.call('HDEL', KEYS[2], line[i])
    elseif line[i] == process then
      mine = tonumber(seat)
    else
      seats[#seats + 1] = {seat = tonumber(seat), tokens = tonumber(tokens)}
    end
  end
  local requests_ahead, tokens_ahead = 0, 0
  for _, other in ipairs(seats) do
    if not mine or other.seat < mine then
      requests_ahead = requests_ahead + 1
      tokens_ahead = tokens_ahead + other.tokens
    end
  end
  return mine, requests_ahead, tokens_ahead
end

local function keep_seat(seat, tokens)
  seat = seat or redis.call('HINCRBY', KEYS[1], 'seats', 1)
  redis.call('HSET', KEYS[2], process, string.format('%d %d %.0f', seat, tokens, now + SEAT_HELD))
  redis.call('EXPIRE', KEYS[2], KEEP_FOR)
end

local function count_processes()
  redis.call('ZADD', KEYS[3], now, process)
  redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', now - SEEN_FOR)
  redis.call('EXPIRE', KEYS[3], KEEP_FOR)
  return redis.call('ZCARD', KEYS[3])
end

local function take(tokens, after_outage)
  if after_outage then
    used.requests = math.max(used.requests, depths.requests)
    used.tokens = math.max(used.tokens, depths.tokens)
  end
  local seat, requests_ahead, tokens_ahead = look_ahead()
  local wait, cause = wait_for('requests', requests_ahead, 1), 'requests'
  local tokens_wait = wait_for('tokens', tokens_ahead, tokens)
  if tokens_wait > wait then wait, cause = tokens_wait, 'tokens' end
  if paused_until - now > wait then wait, cause = paused_until - now, 'pause' end
  local admitted = wait == 0 and requests_ahead == 0
  if admitted then
    charge(1, tokens)
    redis.call('HDEL', KEYS[2], process)
  else
    wait = math.max(wait, 1000)     -- those ahead may go already, but have not asked yet
    keep_seat(seat, tokens)
  end
  save()
  return {admitted and 1 or 0, wait, cause, now, count_processes()}
end

if operation == 'take' then
  return take(tonumber(ARGV[7]), ARGV[8] == '1')
elseif operation == 'leave' then
  redis.call('HDEL', KEYS[2], process)
elseif operation == 'adjust' then
  charge(tonumber(ARGV[7]), tonumber(ARGV[8]))
  save()
elseif operation == 'pause' then
  paused_until = math.max(paused_until, now + tonumber(ARGV[7]))
  save()
end
return {}
