<?php
// Works off one Tapline queue with phpredis (5.3 or newer). README.md tells the settings.
declare(strict_types=1);

function setting(string $name, ?string $default = null): string
{
    $value = getenv($name);
    if ($value === false || $value === '') $value = $default;
    return $value ?? exit("$name must be set\n");
}

$brand = setting('TAPLINE_BRAND');
$queue = setting('TAPLINE_QUEUE');
$worker = setting('TAPLINE_WORKER', gethostname());
$claim_ms = (int) setting('TAPLINE_CLAIM_MS', '60000');
$block_ms = min(5000, $claim_ms);
$url = preg_replace('~^unix:(//)?~', '', setting('TAPLINE_REDIS', 'redis://127.0.0.1'));
if (!preg_match('~^(rediss?:/)?/~', $url)) {
    exit("TAPLINE_REDIS must be redis://..., rediss://... or the absolute path of a socket\n");
}
[$stream, $outcomes] = ["tapline:{{$brand}}:queue:$queue", "tapline:{{$brand}}:outcomes"];

/** A connection to TAPLINE_REDIS: a socket's path, redis://user:password@host:port or rediss://. */
function connect(string $url, float $read_timeout): Redis
{
    $redis = new Redis();
    $at = $url[0] === '/' ? ['path' => $url] : parse_url($url);
    $host = ($at['scheme'] ?? '') === 'rediss' ? "tls://{$at['host']}" : ($at['host'] ?? $at['path']);
    $redis->connect($host, isset($at['host']) ? $at['port'] ?? 6379 : 0, 5, null, 0, $read_timeout);
    $login = array_filter([urldecode($at['user'] ?? ''), urldecode($at['pass'] ?? '')]);
    if ($login) $redis->auth(array_values($login));
    return $redis;
}

/** phpredis keeps an error reply aside and answers false: this throws it. */
function checked(Redis $redis, mixed $answer): mixed
{
    if ($redis->getLastError() !== null) throw new RedisException($redis->getLastError());
    return $answer;
}

/** Your code. $contact is the parsed `data`; an exception means: not done, try again later. */
function handle(array $contact, array $entry): void
{
    $command = setting('TAPLINE_HANDLER', '');
    if ($command === '') {
        echo "{$entry['tracking_number']} {$entry['channel']} {$contact['data']['text']}\n";
        return;
    }
    $program = popen($command, 'w');
    fwrite($program, $entry['data']);
    $status = pclose($program);
    if ($status !== 0) throw new RuntimeException("the handler ended with $status");
}

$work = function (Redis $redis, string $id, array $entry) use ($brand, $queue, $stream, $outcomes): void {
    try {
        $mark = "done:{{$brand}}:{$entry['tracking_number']}:{$entry['id']}";
        $fresh = !checked($redis, $redis->exists($mark));
        if ($fresh) handle(json_decode($entry['data'], true, 512, JSON_THROW_ON_ERROR), $entry);
        $end = $redis->multi(); // marked, reported and acknowledged together or not at all
        if ($fresh) {
            $end->set($mark, '1', ['ex' => 14 * 86400]);
            $end->xAdd($outcomes, '*', ['tracking_number' => $entry['tracking_number'],
                                        'outcome' => 'answered', 'id' => $entry['id'], 'entry' => $id]);
        }
        checked($redis, $end->xAck($stream, $queue, [$id])->exec());
    } catch (RedisException $trouble) {
        throw $trouble;
    } catch (Throwable $trouble) {
        error_log("entry $id failed; it stays pending and comes again: $trouble");
    }
};

while (true) {
    try {
        $redis = connect($url, $block_ms / 1000 + 5);
        for ($cursor = '0-0'; ; ) {
            // What a dead worker (or this one, before a crash) left, then what is new. One at a time:
            // an entry that waits behind another in this worker's hands looks abandoned to the others.
            [$cursor, $stale] = checked($redis, $redis->rawCommand(
                'XAUTOCLAIM', $stream, $queue, $worker, $claim_ms, $cursor, 'COUNT', 1));
            foreach ($stale as [$id, $flat]) {
                $work($redis, $id, array_column(array_chunk($flat, 2), 1, 0));
            }
            $block = $stale || $cursor !== '0-0' ? 1 : $block_ms;
            $fresh = checked($redis, $redis->xReadGroup($queue, $worker, [$stream => '>'], 1, $block));
            foreach ($fresh[$stream] ?? [] as $id => $entry) $work($redis, $id, $entry);
        }
    } catch (RedisException $trouble) { // Redis is away, or NOGROUP: the gateway makes the group anew
        error_log("redis: {$trouble->getMessage()}; trying again");
        sleep(1);
    }
}
