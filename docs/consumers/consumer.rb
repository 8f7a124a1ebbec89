#!/usr/bin/env ruby
# Works off one Tapline queue with redis-rb (4.8 or newer). README.md tells the settings.
require "json"
require "open3"
require "redis"
require "socket"

BRAND, QUEUE = ENV.fetch("TAPLINE_BRAND"), ENV.fetch("TAPLINE_QUEUE")
WORKER = ENV["TAPLINE_WORKER"] || Socket.gethostname
CLAIM_MS = (ENV["TAPLINE_CLAIM_MS"] || 60_000).to_i
BLOCK_MS = [5_000, CLAIM_MS].min
url = (ENV["TAPLINE_REDIS"] || "redis://127.0.0.1").sub(%r{\Aunix:(//)?}, "")
abort "TAPLINE_REDIS must be redis://..., rediss://... or the absolute path of a socket" unless url.match?(%r{\A(rediss?:/)?/})
trap("INT", "SYSTEM_DEFAULT") # what is in hand comes again

STREAM, OUTCOMES = "tapline:{#{BRAND}}:queue:#{QUEUE}", "tapline:{#{BRAND}}:outcomes"
R = Redis.new(**(url.start_with?("/") ? { path: url } : { url: url }), reconnect_attempts: 0)

# Your code. `contact` is the parsed `data`; an exception means: not done, try again later.
def handle(contact, entry)
  command = ENV["TAPLINE_HANDLER"]
  return puts([entry["tracking_number"], entry["channel"], contact["data"]["text"]].join(" ")) unless command
  _, status = Open3.capture2(command, stdin_data: entry["data"])
  raise "the handler ended with #{status.exitstatus.inspect}" unless status.success?
end

def work(entry_id, entry)
  mark = "done:{#{BRAND}}:#{entry["tracking_number"]}:#{entry["id"]}"
  fresh = !R.exists?(mark)
  handle(JSON.parse(entry["data"]), entry) if fresh
  R.multi do |tx| # marked, reported and acknowledged together or not at all
    tx.set(mark, 1, ex: 14 * 86_400) if fresh
    tx.xadd(OUTCOMES, { "tracking_number" => entry["tracking_number"], "outcome" => "answered",
                        "id" => entry["id"], "entry" => entry_id }) if fresh
    tx.xack(STREAM, QUEUE, entry_id)
  end
rescue Redis::BaseError
  raise
rescue StandardError => e
  warn "entry #{entry_id} failed; it stays pending and comes again: #{e.full_message(highlight: false)}"
end

$stdout.sync = true
cursor = "0-0"
loop do
  # What a dead worker (or this one, before a crash) left, then what is new. One at a time:
  # an entry that waits behind another in this worker's hands looks abandoned to the others.
  cursor, stale = R.xautoclaim(STREAM, QUEUE, WORKER, CLAIM_MS, cursor, count: 1).values_at("next", "entries")
  stale.each { |entry_id, entry| work(entry_id, entry) }
  block = stale.any? || cursor != "0-0" ? 1 : BLOCK_MS
  fresh = R.xreadgroup(QUEUE, WORKER, STREAM, ">", count: 1, block: block).fetch(STREAM, [])
  fresh.each { |entry_id, entry| work(entry_id, entry) }
rescue Redis::BaseError => e # Redis is away, or NOGROUP: the gateway makes the group anew
  warn "redis: #{e.message}; trying again"
  sleep 1
end
