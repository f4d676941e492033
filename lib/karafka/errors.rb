# frozen_string_literal: true

# Owns the whole error hierarchy, so that `rescue` lists and docs have one home. Loaded before the native part, which
# looks the Kafka classes up by name. Must not require anything.
module Karafka
  # Every error this gem raises on purpose.
  module Errors
    # Parent of all errors below.
    BaseError = Class.new(StandardError)

    # A payload could not be parsed or generated. `cause` is the parser's own error.
    ParserError = Class.new(BaseError)

    # No route matches a topic id or a topic name.
    NonMatchingRouteError = Class.new(BaseError)

    # A responder did not use its topics as it declared them.
    InvalidResponderUsage = Class.new(BaseError)

    # The boot file (karafka.rb) does not exist.
    MissingBootFile = Class.new(BaseError)

    # `consumer` was used where no batch is being consumed.
    MissingConsumer = Class.new(BaseError)

    # A pause needs a time above 0.
    InvalidPauseTimeout = Class.new(BaseError)

    # A job of Active Job asks for what Kafka cannot do, or a record is no job.
    InvalidJob = Class.new(BaseError)

    # Someone subscribed to an event that does not exist.
    UnregisteredMonitorEvent = Class.new(BaseError)

    # What errors about settings carry beside their text.
    # @api private
    module WithProblems
      # @return [Array<Karafka::Setup::Problem>] one per broken rule, empty when raised with a plain text
      attr_reader :problems

      # @param message [String, nil]
      # @param problems [Array<Karafka::Setup::Problem>]
      def initialize(message = nil, problems: [])
        @problems = problems.freeze
        super(message)
      end
    end

    # Settings or routes break a rule. All broken rules are reported at once.
    class InvalidConfiguration < BaseError
      include WithProblems
    end

    # A route names a class that is not there.
    class MissingClass < InvalidConfiguration; end

    # A setting or a routing word that does not exist. A NoMethodError, as it was in Karafka 1.1.
    class UnknownSetting < NoMethodError
      # Ruby would add its own suggestion and the line of code that raised, which is ours and not the user's.
      def initialize(message = nil, *details, **options)
        @text = message
        super
      end

      # @return [String]
      def to_s
        @text
      end
    end

    # Kafka, or the way to it, failed.
    class KafkaError < BaseError
      # @return [String, nil] librdkafka's name of the error, for example "_TRANSPORT"
      attr_reader :code

      # @return [Boolean] may the same call succeed later?
      def retriable?
        @retriable ? true : false
      end

      # @return [Boolean] is the client unusable from now on?
      def fatal?
        @fatal ? true : false
      end
    end

    # No broker could be reached.
    ConnectionError = Class.new(KafkaError)

    # The brokers refused our credentials or our rights.
    AuthenticationError = Class.new(KafkaError)

    # Kafka did not answer in time.
    TimeoutError = Class.new(KafkaError)

    # The delivery queue stayed full for the whole waiting time.
    QueueFullError = Class.new(KafkaError)

    # Kafka did not take one or more messages.
    class DeliveryFailed < KafkaError
      # @return [Array<Karafka::Producer::Report>] the messages of the same call that Kafka did take
      attr_reader :delivered
      # @return [Array<Karafka::Producer::Failure>] the messages that Kafka did not take
      attr_reader :failed

      # @param message [String, nil]
      # @param delivered [Array<Karafka::Producer::Report>]
      # @param failed [Array<Karafka::Producer::Failure>]
      def initialize(message = nil, delivered: [], failed: [])
        @delivered = delivered
        @failed = failed
        first = failed.first&.error
        @code = first.code if first.is_a?(KafkaError)
        super(message)
      end
    end

    # A closed producer or consumer was used.
    ClosedError = Class.new(BaseError)

    # A handle made before `fork` was used in the child.
    ForkError = Class.new(BaseError)

    # The native part failed in a way that is our bug.
    NativePanicError = Class.new(BaseError)
  end
end
