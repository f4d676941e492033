# frozen_string_literal: true

# Owns what other clients reached, measured earlier and apart from `rake bench`: on a machine of the same kind with Ruby
# 3.3.8 without YJIT, one million records of 100 bytes of JSON on 12 partitions, from a broker in another process that
# was faster than all of them. Medians of three. Pure.
module Peers
  # Who, and records a second by what was done.
  RATES = {
    "Karafka 2.6.0, WaterDrop 2.10.3" => { count: 93_000, raw: 93_000, json: 74_000, produce: 45_000, sync: 9_000 },
    "Racecar 2.12" => { count: 72_000, json: 66_000 },
    "rdkafka-ruby 0.29, a loop of one's own" => { count: 149_000, raw: 347_000, json: 159_000, produce: 46_000,
                                                  sync: 10_000 },
    "ruby-kafka 0.7, under Karafka 1.x" => { json: 47_000 }
  }.freeze
end
