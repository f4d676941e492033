# frozen_string_literal: true

# Owns telling the monitor what a producer does. A producer gets it when somebody subscribes to one of the events, so
# that nothing is asked for each message before. Runs on the threads that produce. Must change nothing of what is sent.
module Karafka
  # @api private
  module ProducedEvents
    # As {Producer#produce_sync}, and told.
    def produce_sync(topic:, **)
      tell_produced(:produce_sync, -> { { topic => 1 } }) { super }
    end

    # As {Producer#produce_async}, and told.
    def produce_async(topic:, **)
      tell_produced(:produce_async, -> { { topic => 1 } }) { super }
    end

    # As {Producer#produce_many_sync}, and told.
    def produce_many_sync(messages)
      tell_produced(:produce_many_sync, -> { sizes(messages) }) { super }
    end

    # As {Producer#produce_many_async}, and told.
    def produce_many_async(messages, handle: true)
      tell_produced(:produce_many_async, -> { sizes(messages) }) { super }
    end

    private

    # @return [Object] what the block gave; nothing is told when it raises
    def tell_produced(call, sizes)
      listen
      return yield unless Karafka.monitor.listening?("producer.produced")

      start = Clock.milliseconds
      result = yield
      time = Clock.milliseconds - start
      sizes.call.each do |topic, size|
        Karafka.monitor.instrument("producer.produced", call: call, topic: topic, size: size, time: time)
      end
      result
    end

    def sizes(messages)
      messages.map { |message| message[:topic] }.tally
    end

    # Before the message leaves, so that its delivery is told.
    def listen
      wanted = Karafka.monitor.listening?("producer.delivered")
      @native.tell_deliveries(wanted)
      @failures.start if wanted && !@failures.running
    end
  end
end
