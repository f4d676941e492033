# frozen_string_literal: true

require "karafka_rs"
require_relative "meter"
require_relative "records"

# Owns when a run of the consuming program began, when it is through, and whether every record came once and in order.
# Shared by all workers; asked once for each batch. Ends the process with one line when something is wrong.
class Race
  # Seconds without any record after which the rest is lost.
  SILENCE = Float(ENV.fetch("SILENCE", "20"))

  # One partition's part of the race; belongs to its controller.
  class Lane
    def initialize(race)
      @race = race
      @share = race.share
      @seen = @bytes = @sum = 0
      race.start
    end

    # @param batch [Karafka::Params::ParamsBatch]
    # @param bytes [Integer] found in its payloads
    # @param sum [Integer] of a field
    def add(batch, bytes: 0, sum: 0)
      first, last, count = batch.first_offset, batch.last_offset, batch.size
      unless first == @seen && last == first + count - 1
        @race.refuse("partition #{batch.partition}: a batch of #{count} with offsets #{first} to #{last} came where " \
                     "#{@seen} is the next one")
      end
      @seen += count
      @bytes += bytes
      @sum += sum
      step(batch)
    end

    # Compares one payload of each batch with what was sent, byte for byte.
    # @param batch [Karafka::Params::ParamsBatch]
    # @param read [Integer] payloads that were there
    def look(batch, read)
      number = (batch.first_offset * @race.partitions) + batch.partition
      return if read == batch.size && batch.first.raw_payload == Records.json(number)

      @race.refuse("partition #{batch.partition}: of #{batch.size} payloads from #{batch.first_offset} on #{read} " \
                   "were there, the first #{batch.first.raw_payload.inspect}")
    end

    # Written for little: of a record alone, one in a thousand offsets tells of a loss as well as all of them.
    # @param params [Karafka::Params::Params]
    def add_one(params, bytes, sum)
      check(params) if (@seen % 1_000).zero?
      @seen += 1
      @bytes += bytes
      @sum += sum
      step(params) if @seen >= @share
    end

    private

    def check(params)
      @race.progress = @seen
      offset = params.offset
      return if offset == @seen

      @race.refuse("partition #{params.partition}: offset #{offset} came where #{@seen} is the next one")
    end

    def step(place)
      @race.progress = @seen
      return if @seen < @share

      @race.refuse("partition #{place.partition}: #{@seen} records came where #{@share} were sent") if @seen > @share
      @race.lane_done("bytes" => @bytes, "sum" => @sum)
    end
  end

  attr_reader :share, :partitions
  attr_writer :progress

  # @param partitions [Integer]
  # @param records [Integer]
  def initialize(partitions, records)
    @left = @partitions = partitions
    @records = records
    @share = records / partitions
    @found = Hash.new(0)
    @lock = Mutex.new
  end

  def start
    @lock.synchronize { @meter ||= Meter.new }
  end

  def lane_done(found)
    @lock.synchronize do
      found.each { |name, number| @found[name] += number }
      @left -= 1
      next if @left.positive?

      @measured = @meter.read(@records)
      Karafka::App.stop!
    end
  end

  # Gives up when nothing comes any more, so that lost records end the run. A group may take longer to begin.
  def watch
    Thread.new do
      before = nil
      until @meter && before == (now = [@left, @progress])
        before = now
        sleep(SILENCE)
      end
      refuse("nothing came for #{SILENCE} s and #{@left} of #{@partitions} partitions are not through") unless @measured
    end
  end

  # @param brokers [String]
  # @param topic [String] name in the cluster
  # @return [Hash] what was measured and found
  def result(brokers, topic)
    refuse("the server stopped and #{@left} of #{@partitions} partitions are not through") unless @measured
    # What is behind the last record that was wanted would not have been waited for.
    places = Array.new(@partitions) { |partition| [topic, partition] }
    Karafka::Native.positions({ "bootstrap.servers" => brokers }, places, 30.0).each do |place|
      there = place[:high]
      refuse("partition #{place[:partition]}: #{there} records are there in place of #{@share}") if there != @share
    end
    @measured.merge(@found.reject { |_, number| number.zero? })
  end

  # Ends the process, whichever thread finds out.
  def refuse(text)
    warn "consume: #{text}"
    exit!(1)
  end
end
