"""The queue in Redis: fast, shared by many machines, as durable as the server's persistence is set to be.

Each queue is a handful of keys, changed only by the Lua functions below, which Redis runs one at a
time. So an item is always in exactly one of four sorted sets:

* ``ready``, by priority and age,
* ``running``, by the time its lease ends: every claim first takes back what is overdue,
* ``paused`` after a failure, by the time it is tried again,
* ``dead``, by the time of the last attempt.

Streams with consumer groups give the same safety, but neither priorities nor "the same item only
once", which here cost nothing. All keys of a queue share one hash tag, so they sit on one node of a
Redis Cluster.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from partitioncache.closing import Closing
from partitioncache.queues.protocol import (
    MAX_ATTEMPTS,
    QUEUES,
    Claim,
    DeadItem,
    Item,
    ItemState,
    Outcome,
    QueueName,
    check_queue,
)

if TYPE_CHECKING:
    from partitioncache.redis import Client

#: Items sent with one call; keeps each Lua call well below a millisecond or two.
BATCH = 500

_COMMON = """
local items, ready, running, paused, dead = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local meta, wake = KEYS[6], KEYS[7]
local function now()
    local t = redis.call('TIME')
    return t[1] * 1000 + math.floor(t[2] / 1000)
end
local function get(field, id) return redis.call('HGET', meta, field .. id) end
local function put(field, id, value) redis.call('HSET', meta, field .. id, value) end
local function forget(id)
    redis.call('HDEL', items, id)
    redis.call('HDEL', meta, 'p' .. id, 's' .. id, 'n' .. id, 't' .. id, 'e' .. id)
end
-- 2^40 pushes fit below one step of priority, and 4095 priorities into a double
local function to_ready(id)
    local priority = math.min(tonumber(get('p', id)), 4095)
    redis.call('ZADD', ready, tonumber(get('s', id)) - priority * 1099511627776, id)
end
local function to_dead(id, why)
    put('e', id, why)
    redis.call('ZADD', dead, now(), id)
end
local function wake_up(n)
    for _ = redis.call('LLEN', wake) + 1, math.min(n, 64) do redis.call('LPUSH', wake, '1') end
end
local function take_back(max_attempts)
    for _, id in ipairs(redis.call('ZRANGEBYSCORE', running, '-inf', now(), 'LIMIT', 0, 100)) do
        redis.call('ZREM', running, id)
        redis.call('HDEL', meta, 't' .. id)
        if tonumber(get('n', id)) >= max_attempts then
            to_dead(id, 'its worker did not report back before the lease ended')
        else
            to_ready(id)
        end
    end
    for _, id in ipairs(redis.call('ZRANGEBYSCORE', paused, '-inf', now(), 'LIMIT', 0, 100)) do
        redis.call('ZREM', paused, id)
        to_ready(id)
    end
end
"""

_PUSH = (
    _COMMON
    + """
local new, woken = 0, 0
for i = 1, #ARGV, 3 do
    local id, payload, priority = ARGV[i], ARGV[i + 1], tonumber(ARGV[i + 2])
    if redis.call('HSETNX', items, id, payload) == 1 then
        new = new + 1
        put('p', id, priority)
        put('s', id, redis.call('HINCRBY', meta, 'sequence', 1))
        put('n', id, 0)
        to_ready(id)
    else
        put('p', id, math.max(tonumber(get('p', id)) + 1, priority))
        if redis.call('ZREM', dead, id) == 1 then
            put('n', id, 0)
            to_ready(id)
            woken = woken + 1
        elseif redis.call('ZSCORE', ready, id) then
            to_ready(id)
        end
    end
end
wake_up(new + woken)
return new
"""
)

_CLAIM = (
    _COMMON
    + """
local limit, lease, max_attempts, worker = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4]
take_back(max_attempts)
local out = {}
for _, id in ipairs(redis.call('ZRANGE', ready, 0, limit - 1)) do
    redis.call('ZREM', ready, id)
    local attempt = redis.call('HINCRBY', meta, 'n' .. id, 1)
    local token = worker .. ':' .. attempt
    put('t', id, token)
    redis.call('ZADD', running, now() + lease, id)
    out[#out + 1] = {id, token, attempt, redis.call('HGET', items, id), get('p', id)}
end
return out
"""
)

_FINISH = (
    _COMMON
    + """
local id, token, outcome, why = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local max_attempts, pause = tonumber(ARGV[5]), tonumber(ARGV[6])
if get('t', id) ~= token then return 0 end
redis.call('ZREM', running, id)
redis.call('HDEL', meta, 't' .. id)
if outcome == 'done' then
    forget(id)
elseif outcome == 'released' then
    redis.call('HINCRBY', meta, 'n' .. id, -1)
    to_ready(id)
    wake_up(1)
else
    local attempts = tonumber(get('n', id))
    if attempts >= max_attempts then
        to_dead(id, why)
    else
        put('e', id, why)
        redis.call('ZADD', paused, now() + math.min(pause * 4 ^ (attempts - 1), 3600000), id)
    end
end
return 1
"""
)

_FINISH_ALL = (
    _COMMON
    + """
local held = {}
for i = 1, #ARGV, 2 do
    if get('t', ARGV[i]) == ARGV[i + 1] then
        redis.call('ZREM', running, ARGV[i])
        redis.call('HDEL', meta, 't' .. ARGV[i])
        forget(ARGV[i])
        held[#held + 1] = ARGV[i]
    end
end
return held
"""
)

_EXTEND = (
    _COMMON
    + """
local held = {}
for i = 2, #ARGV, 2 do
    if get('t', ARGV[i]) == ARGV[i + 1] then
        redis.call('ZADD', running, now() + tonumber(ARGV[1]), ARGV[i])
        held[#held + 1] = ARGV[i]
    end
end
return held
"""
)

_DEAD = (
    _COMMON
    + """
local out = {}
for _, id in ipairs(redis.call('ZREVRANGE', dead, 0, tonumber(ARGV[1]) - 1)) do
    out[#out + 1] = {id, get('n', id), get('e', id) or '', redis.call('HGET', items, id), get('p', id)}
end
return out
"""
)

_REQUEUE = (
    _COMMON
    + """
local ids, n = ARGV, 0
if #ids == 0 then ids = redis.call('ZRANGE', dead, 0, -1) end
for _, id in ipairs(ids) do
    if redis.call('ZREM', dead, id) == 1 then
        put('n', id, 0)
        to_ready(id)
        n = n + 1
    end
end
wake_up(n)
return n
"""
)

_CLEAR = """
local n = redis.call('HLEN', KEYS[1])
redis.call('DEL', unpack(KEYS))
return n
"""


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


class RedisQueue(Closing):
    """Both queues of one name in one Redis.

    Args:
        client: a connected ``redis.Redis`` or ``redis.cluster.RedisCluster``.
        name: queues of different names are independent.
        max_attempts: attempts after which an item is dead.
        pause: seconds before a failed item is tried again; four times as long after each further failure,
            an hour at most.

    Example::

        queue = RedisQueue(redis.Redis(), name="shop")
        queue.push("incoming", [Item("SELECT * FROM orders o WHERE o.total > 9", "customer_id")])
    """

    provider = "redis"

    def __init__(
        self,
        client: Client,
        name: str = "partitioncache",
        max_attempts: int = MAX_ATTEMPTS,
        pause: float = 10.0,
    ) -> None:
        self._client = client
        self._name = name
        self._max_attempts = max_attempts
        self._pause = pause
        self._worker = uuid.uuid4().hex
        self._push = client.register_script(_PUSH)
        self._claim = client.register_script(_CLAIM)
        self._finish = client.register_script(_FINISH)
        self._finish_all = client.register_script(_FINISH_ALL)
        self._extend = client.register_script(_EXTEND)
        self._dead = client.register_script(_DEAD)
        self._requeue = client.register_script(_REQUEUE)
        self._clear = client.register_script(_CLEAR)

    @property
    def _wake(self) -> str:
        return f"{{{self._name}:queue}}:wake"

    def _keys(self, queue: QueueName) -> list[str]:
        parts = ("items", *ItemState, "meta")
        return [*(f"{{{self._name}:queue}}:{check_queue(queue)}:{part}" for part in parts), self._wake]

    def push(self, queue: QueueName, items: Iterable[Item]) -> int:
        """Add items; return how many were new. Pushing what is there already raises its priority."""
        new = 0
        remaining = iter(items)
        while batch := list(islice(remaining, BATCH)):
            arguments: list[str | int] = []
            for item in batch:
                arguments += [item.identity, _payload(item), item.priority]
            new += int(self._push(keys=self._keys(queue), args=arguments))
        return new

    def claim(self, queue: QueueName, limit: int = 1, lease: float = 60.0) -> list[Claim]:
        """Borrow up to `limit` items for `lease` seconds, most urgent first. Never waits."""
        rows = self._claim(
            keys=self._keys(queue),
            args=[limit, int(lease * 1000), self._max_attempts, f"{self._worker}:{uuid.uuid4().hex[:8]}"],
        )
        return [
            Claim(_text(row_id), _text(token), int(attempt), _item(payload, priority))
            for row_id, token, attempt, payload, priority in rows
        ]

    def finish(
        self,
        queue: QueueName,
        claim: Claim,
        outcome: Outcome = "done",
        error: str = "",
        key_count: int | None = None,
    ) -> bool:
        """Acknowledge a claim. False: the lease had ended and somebody else has, or had, the item."""
        arguments: list[str | int] = [claim.id, claim.token, outcome, error]
        arguments += [self._max_attempts, int(self._pause * 1000)]
        return bool(self._finish(keys=self._keys(queue), args=arguments))

    def finish_all(
        self, queue: QueueName, claims: Sequence[Claim], key_counts: Sequence[int | None] = ()
    ) -> list[Claim]:
        """Acknowledge claims that are all done; return those that were still held."""
        arguments = [text for claim in claims for text in (claim.id, claim.token)]
        held = (
            {_text(each) for each in self._finish_all(keys=self._keys(queue), args=arguments)}
            if claims
            else ()
        )
        return [claim for claim in claims if claim.id in held]

    def extend(self, queue: QueueName, claims: Sequence[Claim], lease: float = 60.0) -> list[Claim]:
        """Prolong leases to `lease` seconds from now; return the claims that are still held."""
        if not claims:
            return []
        arguments: list[str | int] = [int(lease * 1000)]
        for claim in claims:
            arguments += [claim.id, claim.token]
        held = {_text(each) for each in self._extend(keys=self._keys(queue), args=arguments)}
        return [claim for claim in claims if claim.id in held]

    def wait(self, timeout: float) -> bool:
        """Sleep until something may have been pushed (True), or for `timeout` seconds (False)."""
        end = time.monotonic() + timeout
        while (remaining := end - time.monotonic()) > 0:
            # the client's own socket time-out must never come first
            if self._client.blpop([self._wake], timeout=max(0.01, min(remaining, 2.0))) is not None:
                return True
        return False

    def lengths(self) -> tuple[int, int]:
        """How many items are waiting or being worked on: (incoming, outgoing). Dead ones do not count."""
        incoming, outgoing = (self.counts(queue) for queue in QUEUES)
        return sum(incoming.values()) - incoming[ItemState.DEAD], sum(outgoing.values()) - outgoing[ItemState.DEAD]

    def counts(self, queue: QueueName) -> dict[ItemState, int]:
        """How many items are in each state."""
        pipeline = self._client.pipeline()
        for key in self._keys(queue)[1:5]:
            pipeline.zcard(key)
        return dict(zip(ItemState, map(int, pipeline.execute()), strict=True))

    def clear(self, queue: QueueName | None = None) -> int:
        """Remove all items of one queue, or of both, whatever their state; return how many."""
        return sum(int(self._clear(keys=self._keys(each)[:6])) for each in ([queue] if queue else QUEUES))

    def dead(self, queue: QueueName, limit: int = 100) -> list[DeadItem]:
        """The items whose attempts are used up, the latest first."""
        rows = self._dead(keys=self._keys(queue), args=[limit])
        return [
            DeadItem(_text(row_id), int(attempts), _text(error), _item(payload, priority))
            for row_id, attempts, error, payload, priority in rows
        ]

    def requeue(self, queue: QueueName, ids: Iterable[str] | None = None) -> int:
        """Put dead items back (all of them without `ids`), their attempts counted anew; return how many."""
        chosen = None if ids is None else list(ids)
        if chosen == []:
            return 0
        return int(self._requeue(keys=self._keys(queue), args=chosen or []))

    def close(self) -> None:
        """Give up the connections. A closed queue is of no further use."""
        self._client.close()


def _payload(item: Item) -> str:
    fields = {"q": item.query, "k": item.partition_key}
    optional = {"d": item.datatype, "h": item.hash, "s": list(item.parts) or None, "t": item.keyed_tables}
    return json.dumps(fields | {name: value for name, value in optional.items() if value is not None})


def _item(payload: Any, priority: Any) -> Item:
    fields = json.loads(payload)
    return Item(
        query=fields["q"],
        partition_key=fields["k"],
        datatype=fields.get("d"),
        hash=fields.get("h"),
        parts=tuple(fields.get("s", ())),
        priority=int(priority),
        keyed_tables=tuple(fields["t"]) if "t" in fields else None,
    )
