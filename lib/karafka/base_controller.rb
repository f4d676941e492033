# frozen_string_literal: true

# Owns what a user's controller can do. An instance belongs to one partition of one topic and is only ever called by one
# worker thread at a time. Must not know how batches are fetched or retried.
module Karafka
  # Parent of all controllers.
  # @example
  #   class EventsController < Karafka::BaseController
  #     def consume
  #       params_batch.each { |params| Event.store(params.payload) }
  #     end
  #   end
  class BaseController
    include Controllers::Partition

    # Seconds that {#mark_as_consumed!} waits for Kafka.
    COMMIT_TIMEOUT = 30
    # What an instance may be told about its partition. An application without them pays nothing for them.
    HOOKS = %i[on_assigned on_revoked on_shutdown].freeze

    class << self
      # @return [Routing::Topic, nil] the last route of this class; what an instance made by hand uses
      attr_accessor :topic

      # @return [Array<Class>] all classes below this one
      def descendants
        subclasses.flat_map { |type| [type, *type.descendants] }
      end

      # @return [Boolean] has it callbacks of {Controllers::Callbacks} that need turns?
      # @api private
      def turns?
        false
      end
      alias empty_turns? turns?

      # @return [Boolean] does the class have one of the {HOOKS}?
      # @api private
      def hooks?
        HOOKS.any? { |name| instance_method(name).owner != BaseController }
      end

      # @return [Boolean] would an instance for each batch not do?
      # @api private
      def persistent_only?
        false
      end
    end

    # @return [Routing::Topic] the route this instance consumes for
    def topic
      @karafka_topic || self.class.topic
    end

    # Users own the plain names of instance variables, so ours have a prefix.
    # @api private
    def topic=(topic)
      @karafka_topic = topic
    end

    # Business logic; runs once per batch, or once per message when `batch_consuming` is false.
    # @return [void]
    def consume
      raise NotImplementedError, "#{self.class} has no consume; write `def consume ... end`"
    end

    # Runs once before the first message of an assignment, in the same instance and never beside it: the place to
    # restore state, and to {#seek}. While it raises, it is run again after the pause, and no message comes.
    # @return [void]
    def on_assigned; end

    # Runs once after the last message, when the partition goes to another member. Nothing is given away before it has
    # returned, for up to a second; what it marks until then is committed. Later, and when the partition was lost, it
    # runs all the same: {#mark_as_consumed} tells by its result.
    # @return [void]
    def on_revoked; end

    # Runs once after the last message, when the process stops. What it marks is committed.
    # @return [void]
    def on_shutdown; end

    # Gives the messages to consume. Specs call it too.
    # @param messages [Params::ParamsBatch, Native::Batch, Array<Hash>]
    # @example in a spec
    #   controller.params_batch = [{ "value" => '{"user":1}' }]
    #   controller.call
    def params_batch=(messages)
      karafka_hold(
        case messages
        when Params::ParamsBatch then messages
        when Array then Params::ParamsBatch.new(Params::HashRecords.new(messages), topic)
        else Params::ParamsBatch.new(messages, topic)
        end
      )
    end

    # Gives a batch, or one message. An instance lives long, and what it points at by itself would be as old to the
    # garbage collector as it is.
    # @api private
    def karafka_hold(messages)
      (@karafka_held ||= Params::Held.new).value = messages
    end

    # Lets go of the messages. An instance lives as long as its partition is ours, and its last batch would with it.
    # @api private
    def karafka_forget_batch
      @karafka_held&.value = nil
    end

    # The partition this instance was made for.
    # @api private
    attr_writer :karafka_lease

    # @api private
    def karafka_take_turn
      yield
    end

    # @param name [String] one of the {HOOKS}
    # @api private
    def karafka_call_hook(name)
      public_send(name)
    end

    # Consumes what was given.
    # @return [Object] what `consume` returned
    def call
      process
    end

    # Marks everything up to this message as done. Kafka is told soon (`offset_commit_interval`). Messages of earlier
    # batches may be marked too; the position never moves backwards.
    # @param params [Params::Params, #offset]
    # @return [Boolean] false when the partition is no longer ours
    def mark_as_consumed(params)
      karafka_mark(karafka_source_of(params), params.offset)
    end

    # As {#mark_as_consumed}, and Kafka is told now.
    # @param params [Params::Params, #offset]
    # @return [Boolean] false when the partition is no longer ours, or Kafka did not confirm within {COMMIT_TIMEOUT}
    def mark_as_consumed!(params)
      source = karafka_source_of(params)
      karafka_mark(source, params.offset) && source.commit(COMMIT_TIMEOUT)
    end

    # @return [Integer] 1 on first delivery, one more with each retry of the same messages
    def attempt
      karafka_batch.attempt
    end

    # Hands data to the responder of the route.
    # @param data [Array<Object>] arguments of the responder's `respond`
    # @return [Object]
    # @raise [Errors::InvalidResponderUsage]
    def respond_with(*data)
      unless topic.responder
        raise Errors::InvalidResponderUsage, "#{topic} has no responder; route one with `responder YourResponder`"
      end

      Karafka.monitor.instrument("controllers.respond_with", caller: self, data: data) do
        topic.responder.new(topic.parser).call(*data)
      end
    end

    private

    # @return [Params::ParamsBatch]
    def params_batch
      held = @karafka_held&.value
      Params::Params === held ? Params::Single.new(held) : held
    end

    # @return [Params::Params] the message; only when `batch_consuming` is false
    def params
      held = @karafka_held&.value
      return held if Params::Params === held

      if topic&.batch_consuming
        raise NoMethodError.new("params is not there with batch_consuming true; use params_batch", :params)
      end

      karafka_batch.first
    end

    # @return [Connection::Consumer]
    def consumer
      # Whoever got it once may use it later, from another thread too: messages know their own batch.
      @karafka_consumer ||= karafka_batch && Connection::Consumer.new(self)
    end

    def process
      monitor = Karafka.monitor
      # Once per message in the worst case, so nothing is built for an event that nobody hears.
      return consume unless monitor.listening?("controllers.process")

      monitor.instrument("controllers.process", caller: self) { consume }
    end

    def karafka_batch
      params_batch || raise(Errors::MissingConsumer, "#{self.class} has no messages yet; use this inside consume")
    end

    def karafka_mark(source, offset)
      Processing::Mark.set(source, offset, topic.consumer_group)
    end

    # A message knows its own batch. For another object with an offset it must be the partition at hand.
    def karafka_source_of(params)
      return params.batch.source if Params::Params === params

      unless karafka_offset?(params)
        raise ArgumentError, "#{Setup::Problems.show(:params, params)} cannot be marked; " \
                             "give a message, such as params or params_batch.last"
      end

      source = karafka_batch.source
      return source if params.partition == source.partition && [topic.name, source.topic].include?(params.topic)

      raise ArgumentError, "#{params.topic}/#{params.partition} is not the partition being consumed " \
                           "(#{topic.name}/#{source.partition}); mark the params that came with the batch"
    end

    def karafka_offset?(object)
      return false unless Setup::Rules.answers?(object, :topic, :partition, :offset)

      Integer === object.offset && OFFSETS.cover?(object.offset)
    end
  end

  # The name since Karafka 1.2: the same class.
  BaseConsumer = BaseController
end
