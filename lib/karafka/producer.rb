# frozen_string_literal: true

# Owns one native producer and the Ruby way to use it. Safe to call from any thread; every wait lets other threads run.
# Must not read settings: it gets ready properties.
module Karafka
  # Sends messages. `Karafka.producer` is the one of the process.
  # @example
  #   Karafka.producer.produce_sync(topic: "events", payload: event.to_json, key: "user-1")
  #   handle = Karafka.producer.produce_async(topic: "events", payload: "{}")
  #   handle.wait(5) # => [partition, offset], nil when 5 seconds were not enough
  class Producer
    # A delivered message. Its offset is -1 when no broker was asked to confirm (`required_acks` 0), or when the answer
    # was lost and only that to a later message has confirmed it.
    Report = Struct.new(:topic, :partition, :offset) # rubocop:disable Lint/StructNewOverride -- Kafka's own word
    # A message that was not delivered: its position in the call, its topic, why.
    Failure = Struct.new(:index, :topic, :error)

    # Seconds that {#close} waits by default, and that all producers together get when the process ends: `exit`, an
    # exception that nobody rescues, and signals that Ruby turns into one deliver what is on its way, for as long as
    # this, and then tell each message that is left as "producer.delivery_failed". `exit!` and KILL do neither.
    CLOSE_TIMEOUT = 10

    extend Counted

    # @param properties [Hash{String => String}] see {Setup::Librdkafka.producer}
    # @param name [String] under which it counts, in metrics and `/status`; producers of one name count together
    # @raise [Errors::InvalidConfiguration] librdkafka does not have such a property or value, or the name is none
    def initialize(properties, name = "own")
      Setup::Librdkafka.check_producer!(properties)
      check_name!(name)
      @native = Native::Producer.named(properties, name, Counted.registry)
      @failures = DeliveryFailures.new(@native)
      @pid = ::Process.pid
      OpenProducers.add(self)
      @failures.start if properties["statistics.interval.ms"].to_i.positive?
      Tracing.detect
    end

    # @return [Boolean] was it made by this process?
    # @api private
    def mine?
      @pid == ::Process.pid
    end

    # Sends a message and waits until Kafka has it.
    # @param topic [String] name in the cluster
    # @param payload [String, nil] nil is a tombstone
    # @param key [String, nil] same key, same partition
    # @param partition [Integer, nil] exactly this partition
    # @param partition_key [String, nil] chooses the partition in place of the key
    # @param headers [Hash{String => String, nil}, nil] each name once; nil is a null value
    # @param timestamp [Time, Integer, nil] Integer: milliseconds since 1970; default is now
    # @return [Report]
    # @raise [WaterDrop::Errors::InvalidMessageOptions]
    # @raise [Errors::DeliveryFailed] Kafka refused it, or did not take it within `delivery_timeout`
    # @raise [Errors::QueueFullError] there was no room for 10 seconds; the message was not taken
    # @raise [Errors::ClosedError, Errors::ForkError]
    def produce_sync(topic:, payload:, key: nil, partition: nil, partition_key: nil, headers: nil, timestamp: nil)
      report = @native.produce_plain_sync(topic, payload, key, partition, partition_key, timestamp, headers, Report)
      report ||= Report.new(topic, *put_checked(true, topic:, payload:, key:, partition:, partition_key:, headers:,
                                                      timestamp:).wait(nil))
    ensure
      # Interrupted: from now on nobody waits. Refused or failed: the client may have more to tell than that.
      @failures.start unless report
    end

    # Puts a message on its way. Takes the keywords of {#produce_sync}.
    # @param handle [Boolean] true: the caller gets a handle and is told by its `wait` whether Kafka took the message;
    #   false: nothing is returned, and a failure goes to the monitor as "producer.delivery_failed"
    # @return [Native::Delivery, nil] with `wait(seconds)` and `done?`
    # @raise [WaterDrop::Errors::InvalidMessageOptions]
    # @raise [Errors::QueueFullError, Errors::ClosedError, Errors::ForkError]
    def produce_async(topic:, payload:, key: nil, partition: nil, partition_key: nil, headers: nil, timestamp: nil,
                      handle: true)
      @failures.start unless @failures.running
      put = @native.produce_plain(topic, payload, key, partition, partition_key, timestamp, headers, handle)
      return put unless false == put

      put_checked(handle, topic:, payload:, key:, partition:, partition_key:, headers:, timestamp:)
    end

    # Sends messages together and waits until Kafka has all of them.
    # @param messages [Array<Hash>] each with the keywords of {#produce_sync}
    # @return [Array<Report>] in the same order
    # @raise [WaterDrop::Errors::InvalidMessageOptions] nothing was sent
    # @raise [Errors::DeliveryFailed] some were not taken; it names which were and which were not
    def produce_many_sync(messages)
      outcomes, failed = put_all(messages, Report)
      return outcomes if failed.zero?

      raise failure(outcomes, messages, delivered: outcomes.grep(Report))
    ensure
      # As in {#produce_sync}.
      @failures.start unless failed&.zero?
    end

    # Puts messages on their way.
    # @param messages [Array<Hash>] each with the keywords of {#produce_sync}
    # @param handle [Boolean] see {#produce_async}
    # @return [Array<Native::Delivery>, nil]
    # @raise [WaterDrop::Errors::InvalidMessageOptions] nothing was sent
    # @raise [Errors::DeliveryFailed] some could not be put on their way, because the queue was full for example;
    #   `failed` names them
    def produce_many_async(messages, handle: true)
      @failures.start unless @failures.running
      handles, failed = put_all(messages, handle ? true : nil)
      return (handles if handle) if failed.zero?

      raise failure(handles, messages)
    end

    # Waits until everything on its way is delivered.
    # @param timeout [Numeric, nil] seconds; nil waits for ever
    # @return [Integer] messages that are still on their way
    # @raise [ArgumentError] the time is none
    def flush(timeout = nil)
      @native.flush(seconds(timeout))
    end

    # @return [Integer] messages on their way
    def queue_size
      @native.queue_size
    end

    # Delivers what is on its way and closes. What is left after the time, and every failure nobody waits for, is told
    # to the monitor. Closing again does nothing, but tell what a close that was interrupted has not told.
    # @param timeout [Numeric, nil] seconds; nil waits for ever
    # @return [Integer] messages that were not delivered
    def close(timeout = CLOSE_TIMEOUT)
      timeout = seconds(timeout)
      left = @native.close(timeout)
      @failures.stop
      OpenProducers.remove(self)
      Karafka.monitor.instrument("producer.left_at_close", count: left, timeout: timeout) if left.positive?
      left
    end

    # @return [Boolean]
    def closed?
      @native.closed?
    end

    # @return [String, nil] why it can never send again: it and a broker differ about what was sent, or the brokers
    #   refuse numbered batches. Close it and make a new one; the process' own are replaced by themselves
    def fatal
      @native.fatal
    end

    private

    def check_name!(name)
      rule = Setup::Rules[:name]
      return unless rule.broken_by?(name)

      raise Errors::InvalidConfiguration, "the producer's name is #{Setup::Problems.show(:name, name)} but it " \
                                          "#{rule.text}; mend it"
    end

    def seconds(timeout)
      return if nil == timeout
      return timeout.to_f if Setup::Rules.seconds?(timeout)

      raise ArgumentError, "timeout is #{Setup::Problems.show(:timeout, timeout)}; give seconds from 0 up, or nil"
    end

    # What is not plain gets the full look, which says what is wrong with it.
    def put_checked(handle, topic:, payload:, key:, partition:, partition_key:, headers:, timestamp:)
      WaterDrop::MessageOptions.check!(topic:, payload:, key:, partition:, partition_key:, headers:, timestamp:)
      put(handle, topic:, payload:, key:, partition:, partition_key:, headers:, timestamp:)
    end

    # The message was checked before.
    def put(handle, topic:, payload:, key: nil, partition: nil, partition_key: nil, headers: nil, timestamp: nil)
      timestamp = WaterDrop::MessageOptions.milliseconds(timestamp) if timestamp
      headers = WaterDrop::MessageOptions.string_keys(headers) if headers
      @native.produce(topic, payload, key, partition, partition_key, timestamp, headers, handle)
    end

    # @param told [Class, true, nil] {Report}: the caller waits and gets these; true: handles; nil: nothing
    # @return [Array(Array, Integer)] outcomes, {Failure}s among them, and how many of these there are
    def put_all(messages, told)
      outcomes, failed = @native.produce_many_plain(messages, told) if Array === messages
      if outcomes
        outcomes = name_failures(outcomes, messages) if failed.positive?
      else
        outcomes = put_each(messages, told)
        failed = outcomes.count { |outcome| outcome.is_a?(Failure) }
      end
      [outcomes, failed]
    end

    def name_failures(outcomes, messages)
      outcomes.map.with_index do |outcome, index|
        outcome.is_a?(Exception) ? Failure.new(index, messages[index][:topic], outcome) : outcome
      end
    end

    def put_each(messages, told)
      validate(messages)
      handles = put_one_by_one(messages, told ? true : false)
      Report == told ? await(messages, handles) : handles
    end

    def validate(messages)
      Array === messages or
        raise WaterDrop::Errors::InvalidMessageOptions, "messages are a #{Setup::Problems.type(messages)}; " \
                                                        "give an Array of Hashes"

      messages.each do |message|
        WaterDrop::MessageOptions.check_names!(message, WaterDrop::MessageOptions::FIELDS)
        WaterDrop::MessageOptions.check!(topic: nil, payload: nil, **message)
      end
    end

    # A message that is wrong by itself does not hold up the others. When the queue is full or the producer is of no
    # more use, the rest is not tried: it would only wait as long again, and arrive out of order.
    def put_one_by_one(messages, handle)
      ended = nil
      messages.each_with_index.map do |message, index|
        next Failure.new(index, message[:topic], ended) if ended

        put(handle, payload: nil, **message)
      rescue Errors::BaseError => e
        ended = e if e.is_a?(Errors::QueueFullError) || !e.is_a?(Errors::KafkaError) || e.fatal?
        Failure.new(index, message[:topic], e)
      end
    end

    def await(messages, handles)
      handles.each_with_index.map do |handle, index|
        topic = messages[index][:topic]
        handle.is_a?(Failure) ? handle : Report.new(topic, *handle.wait(nil))
      rescue Errors::BaseError => e
        Failure.new(index, topic, e)
      end
    end

    def failure(outcomes, messages, delivered: [])
      index, topic, error = *(failed = outcomes.grep(Failure)).first
      text = "#{failed.size} of #{messages.size} messages were not delivered, first number #{index} to #{topic}: " \
             "#{error.message}; `failed` of this error names those to send again"
      Errors::DeliveryFailed.new(text, delivered: delivered, failed: failed)
    end
  end
end
