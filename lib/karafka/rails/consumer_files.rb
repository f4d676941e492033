# frozen_string_literal: true

require_relative "../templates"

# Owns the names of one consumer: its classes, files and topic, and what is no name. Pure. Writes nothing.
module Karafka
  module Rails
    # What `rails generate karafka_rs:controller NAME` makes.
    # @api private
    class ConsumerFiles
      # As typed: admin/orders, Admin::Orders, orders.
      NAME = %r{\A[[:alpha:]]\w*((/|::)[[:alpha:]]\w*)*\z}
      SUFFIX = /_?(consumer|controller|responder)\z/i
      # Names of the parents of all.
      TAKEN = %w[application base].freeze

      # @return [String] in the cluster
      attr_reader :topic

      # @param name [String]
      # @param topic [String, nil] nil: as the consumer is named
      # @param batch [Boolean]
      # @param responder [Boolean]
      # @raise [ArgumentError] one of the names is none
      def initialize(name, topic: nil, batch: false, responder: true)
        raise ArgumentError, refusal("the name #{name.inspect}", "give one like Orders or Admin::Orders") unless
          name.ascii_only? && name.match?(NAME)

        @path = name.underscore.sub(SUFFIX, "")
        raise ArgumentError, refusal("the name #{name.inspect}", "name what is consumed, such as Orders") if
          @path.empty? || @path.end_with?("/") || TAKEN.include?(File.basename(@path))

        @topic = topic || @path.tr("/", "_")
        raise ArgumentError, refusal("the topic #{topic.inspect}", "give letters, digits, dots, dashes, underscores") if
          Setup::Rules[:topic].broken_by?(@topic)

        @batch = batch
        @responder = responder
      end

      # @return [Boolean]
      def batch?
        @batch
      end

      # @return [Boolean]
      def responder?
        @responder
      end

      # @return [String]
      def class_name
        "#{@path.camelize}Consumer"
      end

      # @return [String]
      def responder_name
        "#{@path.camelize}Responder"
      end

      # @return [String] the topic that the responder sends to
      def answers
        "#{@path.tr("/", "_")}_processed"
      end

      # @return [String] as Ruby is written
      def topic_literal
        @topic.match?(/\A[a-z_]\w*\z/) ? ":#{@topic}" : @topic.inspect
      end

      # @param tests [Symbol, nil] a key of {Templates::TESTS}
      # @return [Hash{String => String}] template by path
      def templates(tests)
        files = { "app/consumers/#{@path}_consumer.rb" => "rails/consumer.rb.erb" }
        files["app/responders/#{@path}_responder.rb"] = "rails/responder.rb.erb" if responder?
        files["spec/consumers/#{@path}_consumer_spec.rb"] = "rails/consumer_spec.rb.erb" if tests == :rspec
        files["test/consumers/#{@path}_consumer_test.rb"] = "rails/consumer_test.rb.erb" if tests == :test_unit
        files
      end

      private

      def refusal(what, cure)
        "#{what} cannot be; #{cure}"
      end
    end
  end
end
